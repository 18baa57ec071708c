package verify

import (
	"crypto/sha256"
	"math/bits"
)

// sum is a SHA-256.
type sum = [sha256.Size]byte

// leafOf hashes a record of the tree (RFC 6962, section 2.1).
func leafOf(record []byte) sum {
	h := sha256.New()
	h.Write([]byte{0x00})
	h.Write(record)
	return sum(h.Sum(nil))
}

func nodeOf(left, right sum) sum {
	var b [1 + 2*sha256.Size]byte
	b[0] = 0x01
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// tree is the right edge of a Merkle tree that grows: the roots of the full
// subtrees that it is made of, largest first. It holds one hash for each bit
// that is set in its size.
type tree struct {
	size int64
	edge []sum
}

func (t *tree) add(leaf sum) {
	// Every bit that the carry of size+1 clears joins two subtrees.
	for range bits.TrailingZeros64(^uint64(t.size)) {
		last := len(t.edge) - 1
		leaf = nodeOf(t.edge[last], leaf)
		t.edge = t.edge[:last]
	}
	t.edge = append(t.edge, leaf)
	t.size++
}

// root hashes the tree as it stands.
func (t *tree) root() sum {
	if t.size == 0 {
		return sha256.Sum256(nil)
	}
	root := t.edge[len(t.edge)-1]
	for i := len(t.edge) - 2; i >= 0; i-- {
		root = nodeOf(t.edge[i], root)
	}
	return root
}
