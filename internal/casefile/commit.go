package casefile

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"

	"example.org/telltale/internal/casefile/format"
)

// Derive returns the salt of a member, or of an item named by its index in
// decimal, from the salt of what it belongs to. See docs/format.md.
func Derive(from []byte, name string) []byte {
	b := append(append([]byte{format.PrefixSalt}, from...), name...)
	c := sha256.Sum256(b)
	return c[:format.SaltSize]
}

// Commit returns the commitment to a JSON text with a salt of 16 bytes.
func Commit(raw, with []byte) ([32]byte, error) {
	if len(with) != format.SaltSize {
		return sum{}, fmt.Errorf("a salt of %d bytes: want %d", len(with), format.SaltSize)
	}
	e := encoder{commits: true}
	e.reset(raw, 0)
	return e.text(salt(with))
}

// derived is Derive while there are commitments to make.
func (e *encoder) derived(s salt, name []byte) salt {
	if !e.commits {
		return s
	}
	e.scratch = append(append(append(e.scratch[:0], format.PrefixSalt), s[:]...), name...)
	c := sha256.Sum256(e.scratch)
	return salt(c[:])
}

func (e *encoder) indexed(s salt, i int) salt {
	if !e.commits {
		return s
	}
	var digits [20]byte
	return e.derived(s, strconv.AppendInt(digits[:0], int64(i), 10))
}

// leaf commits to a scalar in canonical form.
func (e *encoder) leaf(s salt, canonical []byte) sum {
	if !e.commits {
		return sum{}
	}
	e.scratch = append(append(append(e.scratch[:0], format.PrefixScalar), s[:]...), canonical...)
	return sha256.Sum256(e.scratch)
}

// object256 commits to an object by its members, which are in order.
func (e *encoder) object256(members []member) sum {
	e.scratch = append(e.scratch[:0], format.PrefixObject)
	for i := range members {
		name := e.nameSum(e.name(members[i]))
		e.scratch = append(append(e.scratch, name[:]...), members[i].sum[:]...)
	}
	return sha256.Sum256(e.scratch)
}

// mostNames bounds how many hashes of names are kept: the bodies of entries
// have about a hundred names between them.
const mostNames = 256

func (e *encoder) nameSum(name []byte) sum {
	if c, ok := e.nameSums[string(name)]; ok {
		return c
	}
	c := sha256.Sum256(name)
	if len(e.nameSums) < mostNames && len(name) <= mostNames {
		if e.nameSums == nil {
			e.nameSums = map[string]sum{}
		}
		e.nameSums[string(name)] = c
	}
	return c
}

// encoded is an entry as a line of the log. It holds until the encoder is used
// again.
type encoded struct {
	line []byte
	// body is the part of line that holds the fact.
	body []byte
	// sum is the commitment to the entry.
	sum sum
}

// entry encodes an entry. N, At, Type, Salt and Body must be set.
func (e *encoder) entry(x format.Entry) (encoded, error) {
	if len(x.Salt) != format.SaltSize {
		return encoded{}, fmt.Errorf("a salt of %d bytes: want %d", len(x.Salt), format.SaltSize)
	}
	s := salt(x.Salt)
	e.reset(x.Body, 1)
	e.commits = true
	e.open(s, `{"at":`, "at", appendString(nil, x.At.UTC().Format(time.RFC3339Nano)))
	e.out = append(e.out, `,"body":`...)
	from := len(e.out)
	body, err := e.text(e.derived(s, []byte("body")))
	if err != nil {
		return encoded{}, fmt.Errorf("the body, %w", err)
	}
	to := len(e.out)
	e.part("body", body)
	e.open(s, `,"n":`, "n", strconv.AppendInt(nil, x.N, 10))
	e.out = append(append(append(e.out, `,"salt":"`...), base64.StdEncoding.EncodeToString(x.Salt)...), '"')
	e.open(s, `,"type":`, "type", appendString(nil, x.Type))
	e.out = append(e.out, '}')
	return encoded{line: e.out, body: e.out[from:to:to], sum: e.object256(e.members)}, nil
}

// open writes a member of an entry that is a scalar.
func (e *encoder) open(s salt, before, name string, canonical []byte) {
	e.out = append(append(e.out, before...), canonical...)
	e.part(name, e.leaf(e.derived(s, []byte(name)), canonical))
}

// part notes a member of an entry. They come in order.
func (e *encoder) part(name string, c sum) {
	m := member{name: len(e.names), sum: c}
	e.names = append(e.names, name...)
	m.nameEnd = len(e.names)
	e.members = append(e.members, m)
}
