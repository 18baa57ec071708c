package casefile

import (
	"bytes"
	"errors"

	"example.org/telltale/internal/casefile/format"
)

// Visible returns the body of an entry of a redacted copy with every masked
// value replaced by what stands for it, in canonical form. Bodies without any
// come back as they are.
func Visible(body []byte) ([]byte, error) {
	if !bytes.Contains(body, []byte(format.MaskedMember)) {
		return body, nil
	}
	e := encoder{unmask: true}
	return e.whole(body)
}

// masked reads the rest of an object that stands for a masked value, after
// the name of its only member, and writes its alias over what was written of
// it since from.
func (e *encoder) masked(from int) error {
	if !e.unmask {
		return errors.New("a member is named " + format.MaskedMember + ": that name is kept for redacted copies")
	}
	if e.out[from-1] != '{' {
		return e.wrong("a masked value has other members")
	}
	e.out = e.out[:from-1]
	if err := e.expect(":", "{", `"as"`, ":"); err != nil {
		return err
	}
	e.unmask = false // what stands for a value is not masked itself
	_, err := e.value(salt{})
	e.unmask = true
	if err != nil {
		return err
	}
	if err := e.expect(",", `"hash"`, ":"); err != nil {
		return err
	}
	kept := len(e.out)
	if err := e.scalar(); err != nil {
		return err
	}
	e.out = e.out[:kept]
	return e.expect("}", "}")
}

func (e *encoder) expect(tokens ...string) error {
	for _, token := range tokens {
		e.blanks()
		if !bytes.HasPrefix(e.in[e.pos:], []byte(token)) {
			return e.wrong("a masked value is written otherwise: want " + token)
		}
		e.pos += len(token)
	}
	return nil
}
