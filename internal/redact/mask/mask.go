package mask

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf16"

	"example.org/telltale/internal/casefile/format"
)

// Mask returns the entry's line, without a newline, with the values at the
// pointers (from the entry's own object) replaced. as holds what readers may
// take in each one's place, as canonical JSON. Pointers within a value that is
// masked as a whole must not be named. An entry can be masked once.
func (e *Entry) Mask(as map[string][]byte) ([]byte, error) {
	if !e.Whole() {
		return nil, errors.New("something of this entry is masked already: redact the case that it was made of")
	}
	m := masker{as: as, dirty: map[*Value]bool{}, hashes: map[string]Hash{}, salts: map[string][]byte{}}
	if !m.mark("", e.root) || m.found != len(as) {
		return nil, errors.New("a pointer leads to no value of the entry")
	}
	m.descend("", e.root, e.salt)
	m.root(e.root, saltsOf(m.salts))
	return m.out.Bytes(), nil
}

// masker writes one line.
type masker struct {
	as    map[string][]byte
	found int
	// dirty values are masked, or hold masked ones.
	dirty map[*Value]bool
	// hashes of masked values by pointer; salts of whole ones.
	hashes map[string]Hash
	salts  map[string][]byte
	out    bytes.Buffer
}

// mark finds the values that are masked or hold masked ones.
func (m *masker) mark(pointer string, v *Value) bool {
	if _, ok := m.as[pointer]; ok {
		m.found++
		m.dirty[v] = true
		return true
	}
	for i, child := range v.Values {
		if m.mark(pointer+"/"+escape(v.name(i)), child) {
			m.dirty[v] = true
		}
	}
	return m.dirty[v]
}

// descend hashes what is masked and gathers the salts of the rest.
func (m *masker) descend(pointer string, v *Value, salt []byte) {
	if !m.dirty[v] {
		m.salts[pointer] = salt
		return
	}
	if _, ok := m.as[pointer]; ok {
		m.hashes[pointer] = commit(v, salt)
		return
	}
	for i, child := range v.Values {
		m.descend(pointer+"/"+escape(v.name(i)), child, Derive(salt, v.name(i)))
	}
}

// saltsOf writes the member salts in canonical form.
func saltsOf(salts map[string][]byte) []byte {
	pointers := make([]string, 0, len(salts))
	for p := range salts {
		pointers = append(pointers, p)
	}
	slices.SortFunc(pointers, compareNames)
	var out bytes.Buffer
	out.WriteByte('{')
	for i, p := range pointers {
		if i > 0 {
			out.WriteByte(',')
		}
		out.Write(Quote(p))
		fmt.Fprintf(&out, ":%q", base64.StdEncoding.EncodeToString(salts[p]))
	}
	out.WriteByte('}')
	return out.Bytes()
}

// compareNames orders names as RFC 8785 does: by their UTF-16 code units.
func compareNames(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// root writes the entry's own object: at, body, n, salts, type.
func (m *masker) root(v *Value, salts []byte) {
	m.out.WriteByte('{')
	written := false
	for i, name := range v.Names {
		if !written && name > "salts" {
			fmt.Fprintf(&m.out, `"salts":%s,`, salts)
			written = true
		}
		fmt.Fprintf(&m.out, "%q:", name)
		m.value("/"+escape(name), v.Values[i])
		m.comma(i, len(v.Names))
	}
	if !written {
		fmt.Fprintf(&m.out, `,"salts":%s`, salts)
	}
	m.out.WriteByte('}')
}

func (m *masker) comma(i, n int) {
	if i < n-1 {
		m.out.WriteByte(',')
	}
}

func (m *masker) value(pointer string, v *Value) {
	if !m.dirty[v] {
		m.out.Write(v.Raw)
		return
	}
	if as, ok := m.as[pointer]; ok {
		hash := m.hashes[pointer]
		fmt.Fprintf(&m.out, `{%q:{"as":%s,"hash":%q}}`, format.MaskedMember, as, base64.StdEncoding.EncodeToString(hash[:]))
		return
	}
	open, shut := byte('['), byte(']')
	if v.IsObject() {
		open, shut = '{', '}'
	}
	m.out.WriteByte(open)
	for i, child := range v.Values {
		if v.Names != nil {
			m.out.Write(append(Quote(v.Names[i]), ':'))
		}
		m.value(pointer+"/"+escape(v.name(i)), child)
		m.comma(i, len(v.Values))
	}
	m.out.WriteByte(shut)
}

// Quote writes a string as RFC 8785 does. What is not UTF-8 in it is replaced.
func Quote(s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string is always written, to a buffer always
	// The encoder escapes three characters more than RFC 8785 does.
	return unescape(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// unescape writes U+2028, U+2029 and U+FFFD as they are.
func unescape(quoted []byte) []byte {
	var out []byte
	for i := 0; i < len(quoted); i++ {
		if quoted[i] != '\\' {
			out = append(out, quoted[i])
			continue
		}
		switch {
		case bytes.HasPrefix(quoted[i:], []byte(`\u2028`)):
			out = append(out, "\u2028"...)
			i += 5
		case bytes.HasPrefix(quoted[i:], []byte(`\u2029`)):
			out = append(out, "\u2029"...)
			i += 5
		case bytes.HasPrefix(quoted[i:], []byte(`\ufffd`)):
			out = append(out, "\ufffd"...)
			i += 5
		default:
			out = append(out, quoted[i], quoted[i+1])
			i++
		}
	}
	return out
}
