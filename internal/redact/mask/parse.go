// Package mask takes values out of the entries of a case's log so that what
// remains can still be proved: docs/format.md, "The commitment of an entry" and
// "Redacted copies". It reads lines in canonical form and works on the bytes as
// they stand, so that nothing is written anew that was not masked.
package mask

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"example.org/telltale/internal/casefile/format"
)

// Value is one value of an entry.
type Value struct {
	// Raw is the value as it stands in the line.
	Raw []byte
	// Names of the members of an object, decoded, in the order in which they
	// stand; nil of anything else.
	Names []string
	// Values of the members, or of the elements of an array.
	Values []*Value
}

// IsObject and IsArray tell what v is; if neither, it is a scalar.
func (v *Value) IsObject() bool { return v.Raw[0] == '{' }

// IsArray reports whether v is an array.
func (v *Value) IsArray() bool { return v.Raw[0] == '[' }

// Text returns the string that v is.
func (v *Value) Text() (string, bool) {
	if v.Raw[0] != '"' {
		return "", false
	}
	var s string
	err := json.Unmarshal(v.Raw, &s)
	return s, err == nil
}

// Member returns the member of an object by its name, or nil.
func (v *Value) Member(name string) *Value {
	for i, n := range v.Names {
		if n == name {
			return v.Values[i]
		}
	}
	return nil
}

// Walk calls use for v and every value within it, with the JSON pointer (RFC
// 6901) of each from v's own. It goes into a value if use returns true.
func (v *Value) Walk(use func(pointer string, v *Value) bool) { v.walk("", use) }

func (v *Value) walk(pointer string, use func(string, *Value) bool) {
	if !use(pointer, v) {
		return
	}
	for i, child := range v.Values {
		child.walk(pointer+"/"+escape(v.name(i)), use)
	}
}

// name is that of the i-th part: a member's, or an element's number.
func (v *Value) name(i int) string {
	if v.Names != nil {
		return v.Names[i]
	}
	return strconv.Itoa(i)
}

// escape writes a name for a JSON pointer.
func escape(name string) string {
	if !strings.ContainsAny(name, "~/") {
		return name
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// Parse reads one JSON text without blanks.
func Parse(text []byte) (*Value, error) {
	if !json.Valid(text) {
		return nil, errors.New("not JSON")
	}
	if bytes.ContainsAny(text, "\r\n\t") {
		return nil, errors.New("not in canonical form: there are blanks outside of strings")
	}
	p := parser{text: text}
	v, err := p.value(0)
	if err == nil && p.at != len(text) {
		err = fmt.Errorf("not in canonical form: something follows at byte %d", p.at)
	}
	return v, err
}

// parser reads text that is known to be JSON; blanks are refused.
type parser struct {
	text []byte
	at   int
}

var errBlank = errors.New("not in canonical form: there are blanks outside of strings")

func (p *parser) value(depth int) (*Value, error) {
	if depth > format.MaxDepth {
		return nil, fmt.Errorf("values are nested more than %d deep", format.MaxDepth)
	}
	from := p.at
	v := &Value{}
	var err error
	switch p.text[p.at] {
	case ' ':
		return nil, errBlank
	case '{':
		err = p.object(v, depth)
	case '[':
		err = p.array(v, depth)
	case '"':
		p.skipString()
	default:
		for p.at < len(p.text) && !bytes.ContainsRune([]byte(",]} "), rune(p.text[p.at])) {
			p.at++
		}
	}
	v.Raw = p.text[from:p.at]
	return v, err
}

func (p *parser) object(v *Value, depth int) error {
	v.Names = []string{}
	for p.at++; p.text[p.at] != '}'; {
		from := p.at
		if p.text[p.at] != '"' {
			return errBlank
		}
		p.skipString()
		var name string
		if err := json.Unmarshal(p.text[from:p.at], &name); err != nil {
			return err
		}
		if p.text[p.at] != ':' {
			return errBlank
		}
		if n := len(v.Names); n > 0 && compareNames(v.Names[n-1], name) >= 0 || !bytes.Equal(Quote(name), p.text[from:p.at]) {
			return fmt.Errorf("not in canonical form: member %.40q is out of order, there twice, or escaped without need", name)
		}
		p.at++
		if err := p.part(v, depth); err != nil {
			return err
		}
		v.Names = append(v.Names, name)
	}
	p.at++
	return nil
}

func (p *parser) array(v *Value, depth int) error {
	for p.at++; p.text[p.at] != ']'; {
		if err := p.part(v, depth); err != nil {
			return err
		}
	}
	p.at++
	return nil
}

// part reads one part of an object or array, and the comma behind it.
func (p *parser) part(v *Value, depth int) error {
	child, err := p.value(depth + 1)
	if err != nil {
		return err
	}
	v.Values = append(v.Values, child)
	switch p.text[p.at] {
	case ' ':
		return errBlank
	case ',':
		p.at++
	}
	return nil
}

func (p *parser) skipString() {
	for p.at++; p.text[p.at] != '"'; p.at++ {
		if p.text[p.at] == '\\' {
			p.at++
		}
	}
	p.at++
}
