package keyspeed

import (
	"crypto/hmac"
	"encoding/binary"
	"hash"
)

// pbkdf2Fast is PBKDF2 for SHA-1 and SHA-256 with AVX-512.
func pbkdf2Fast(h Hash, passwords [][]byte, salt []byte, rounds, n int) [][]byte {
	out := make([][]byte, len(passwords))
	l := newHMACLanes(h)
	mac := func(key []byte) hash.Hash { return hmac.New(h.New, key) }
	for from := 0; from < len(passwords); from += kdfLanes {
		keys := passwords[from:min(len(passwords), from+kdfLanes)]
		l.keys(h, keys)
		l.pad()
		for block := uint32(1); (int(block)-1)*h.Size() < n; block++ {
			l.first(keys, mac, binary.BigEndian.AppendUint32(append([]byte(nil), salt...), block))
			sum := l.sum(rounds)
			for lane := range keys {
				for w := range l.words {
					out[from+lane] = binary.BigEndian.AppendUint32(out[from+lane], sum[w][lane])
				}
			}
		}
	}
	for i := range out {
		out[i] = out[i][:n]
	}
	return out
}

// sum adds up, without carries, the digest in state and those of the further
// rounds.
func (l *hmacLanes) sum(rounds int) *wide {
	sum := l.state
	for range rounds - 1 {
		l.next()
		for w := range l.words {
			from, to := &l.state[w], &sum[w]
			for lane := range to {
				to[lane] ^= from[lane]
			}
		}
	}
	return &sum
}
