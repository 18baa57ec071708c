package mask

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"example.org/telltale/internal/casefile/format"
)

// Hash is a commitment.
type Hash = [sha256.Size]byte

// Entry is one line of a log that was read to be masked, or to be checked.
type Entry struct {
	root *Value
	// salt of the whole; nil if something is masked already.
	salt []byte
	// salts by pointer of what is whole in an entry of which something is
	// masked.
	salts map[string][]byte
}

// ParseEntry reads one line of the log, without its newline.
func ParseEntry(line []byte) (*Entry, error) {
	root, err := Parse(line)
	if err != nil {
		return nil, err
	}
	if !root.IsObject() {
		return nil, errors.New("not an entry: want an object")
	}
	e := &Entry{root: &Value{Raw: root.Raw, Names: []string{}}}
	for i, name := range root.Names {
		switch name {
		case "salt":
			e.salt, err = bytesOf(root.Values[i], format.SaltSize)
		case "salts":
			err = e.readSalts(root.Values[i])
		default:
			e.root.Names = append(e.root.Names, name)
			e.root.Values = append(e.root.Values, root.Values[i])
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if (e.salt == nil) == (e.salts == nil) {
		return nil, errors.New("an entry has either salt or salts")
	}
	return e, nil
}

func (e *Entry) readSalts(v *Value) (err error) {
	if !v.IsObject() {
		return errors.New("want an object")
	}
	e.salts = map[string][]byte{}
	for i, pointer := range v.Names {
		if e.salts[pointer], err = bytesOf(v.Values[i], format.SaltSize); err != nil {
			return err
		}
	}
	return nil
}

// bytesOf reads a string of base64 that stands for n bytes.
func bytesOf(v *Value, n int) ([]byte, error) {
	text, _ := v.Text()
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != n {
		return nil, fmt.Errorf("%.60s is not %d bytes in base64", v.Raw, n)
	}
	return b, nil
}

// Whole reports whether nothing of the entry is masked.
func (e *Entry) Whole() bool { return e.salt != nil }

// Root is the entry's own object, without salts.
func (e *Entry) Root() *Value { return e.root }

// Body is the fact.
func (e *Entry) Body() *Value { return e.root.Member("body") }

// Type tells what the body is.
func (e *Entry) Type() string {
	if v := e.root.Member("type"); v != nil {
		text, _ := v.Text()
		return text
	}
	return ""
}

// Commitment is the hash by which the entry stands in the tree.
func (e *Entry) Commitment() (Hash, error) {
	if e.salt != nil {
		return commit(e.root, e.salt), nil
	}
	c := checker{salts: e.salts}
	h, err := c.commitment("", e.root)
	if err == nil && c.used != len(e.salts) {
		err = errors.New("a salt belongs to nothing")
	}
	return h, err
}

// Derive gives the salt of a part: a member by its name, an element by its
// number.
func Derive(salt []byte, name string) []byte {
	h := sha256.New()
	h.Write([]byte{format.PrefixSalt})
	h.Write(salt)
	h.Write([]byte(name))
	return h.Sum(nil)[:format.SaltSize]
}

// commit hashes a value of which nothing is masked.
func commit(v *Value, salt []byte) Hash {
	if !v.IsObject() && !v.IsArray() {
		return sha256.Sum256(append(append([]byte{format.PrefixScalar}, salt...), v.Raw...))
	}
	return combine(v, func(i int) Hash { return commit(v.Values[i], Derive(salt, v.name(i))) })
}

// combine hashes an object or array from the commitments of its parts.
func combine(v *Value, part func(i int) Hash) Hash {
	h := sha256.New()
	if v.IsArray() {
		h.Write([]byte{format.PrefixArray})
	} else {
		h.Write([]byte{format.PrefixObject})
	}
	for i := range v.Values {
		if v.Names != nil {
			name := sha256.Sum256([]byte(v.Names[i]))
			h.Write(name[:])
		}
		c := part(i)
		h.Write(c[:])
	}
	return Hash(h.Sum(nil))
}

// checker hashes an entry of which something is masked.
type checker struct {
	salts map[string][]byte
	used  int
}

func (c *checker) commitment(pointer string, v *Value) (Hash, error) {
	if hash, masked, err := maskedHash(v); masked {
		return hash, err
	}
	if salt, ok := c.salts[pointer]; ok {
		c.used++
		return commit(v, salt), nil
	}
	if !v.IsObject() && !v.IsArray() {
		return Hash{}, fmt.Errorf("%q is neither masked nor has it a salt", pointer)
	}
	var failed error
	h := combine(v, func(i int) Hash {
		part, err := c.commitment(pointer+"/"+escape(v.name(i)), v.Values[i])
		if failed == nil {
			failed = err
		}
		return part
	})
	return h, failed
}

// maskedHash reads the commitment of what stands for a masked value.
func maskedHash(v *Value) (Hash, bool, error) {
	if !v.IsObject() || len(v.Names) != 1 || v.Names[0] != format.MaskedMember {
		return Hash{}, false, nil
	}
	stands := v.Values[0]
	if !slices.Equal(stands.Names, []string{"as", "hash"}) {
		return Hash{}, true, errors.New("what stands for a masked value has the members as and hash")
	}
	b, err := bytesOf(stands.Member("hash"), sha256.Size)
	if err != nil {
		return Hash{}, true, err
	}
	return Hash(b), true, nil
}
