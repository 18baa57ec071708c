// Package wordlist keeps keyword lists of filters as they were published or
// fetched: it reads them in the layouts that they come in, enciphered ones
// included, writes one canonical form, compares snapshots, and sets lists
// against the triggers that probing found. It is pure: bytes in, values out.
//
// # Layouts
//
// One entry a line, in UTF-8, UTF-16, GB18030 or Big5; CSV with a column of
// entries, and perhaps one that names the lists an entry stands on; CSV that
// names for each exception the combinations it disables; the ciphers of the
// historic clients over any of them (see [Read]); and the canonical form.
package wordlist

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"example.org/telltale"
)

// Format is the version of the canonical form.
const Format = 1

// Bounds on what is read.
const (
	// MostBytes of one file.
	MostBytes = 32 << 20
	// MostEntries of one file.
	MostEntries = 1_000_000
	// LongestEntry in bytes.
	LongestEntry = 4096
	// MostSnapshots of one file.
	MostSnapshots = 2000
)

// List is any number of snapshots of one list or of several.
type List struct {
	// Format is the version of the form, 1.
	Format int `json:"wordlist"`
	// Snapshots by name of the list, date, version and file.
	Snapshots []Snapshot `json:"snapshots"`
}

// Snapshot is one list as it was at one time.
type Snapshot struct {
	// List names what this is a snapshot of, as in "dlist-4.0/keyfile".
	List string `json:"list"`
	// Date as YYYY-MM-DD, if known; Version as in "v24", if it has one.
	Date    string `json:"date,omitempty"`
	Version string `json:"version,omitempty"`
	Source  Source `json:"source"`
	// Entries in order, duplicates kept.
	Entries []Entry `json:"entries"`
}

// Source says where a snapshot comes from.
type Source struct {
	// File is its name, and Digest that of its bytes.
	File   string          `json:"file,omitempty"`
	Digest telltale.Digest `json:"digest,omitempty"`
	// Coats that were taken off to read it, outermost first, as in
	// ["aes-256-ecb"], then a charset other than UTF-8.
	Coats []string `json:"coats,omitempty"`
	// Key of the cipher in hex, and where it came from.
	Key       string `json:"key,omitempty"`
	KeySource string `json:"key_source,omitempty"`
}

// Entry is one line of a list.
type Entry struct {
	// Text of the line, blanks around it included.
	Text string `json:"text"`
	// Words of a combination, which all must be in a message; empty if the
	// text is one word.
	Words []string `json:"words,omitempty"`
	// Unless holds combinations of which each disables the entry.
	Unless [][]string `json:"unless,omitempty"`
	// Pattern says that the text is a regular expression.
	Pattern bool `json:"pattern,omitempty"`
}

// plain reports whether the text says all.
func (e Entry) plain() bool { return len(e.Words) == 0 && len(e.Unless) == 0 && !e.Pattern }

// entryForm is Entry without its methods.
type entryForm Entry

// MarshalJSON writes an entry that is just a text as a string.
func (e Entry) MarshalJSON() ([]byte, error) {
	if e.plain() {
		return marshal(e.Text)
	}
	return marshal(entryForm(e))
}

// UnmarshalJSON reads both forms.
func (e *Entry) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '"' {
		*e = Entry{}
		return json.Unmarshal(b, &e.Text)
	}
	return json.Unmarshal(b, (*entryForm)(e))
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// Name is what a snapshot is called: its list, and its date or version.
func (s Snapshot) Name() string {
	if at := s.When(); at != "" {
		return s.List + " " + at
	}
	return s.List
}

// When is the date, or else the version, or else empty.
func (s Snapshot) When() string {
	if s.Date != "" {
		return s.Date
	}
	return s.Version
}

// Texts of the entries, in order.
func (s Snapshot) Texts() []string {
	out := make([]string, len(s.Entries))
	for i, e := range s.Entries {
		out[i] = e.Text
	}
	return out
}

// Join puts lists together: snapshots are sorted, and one that stands in
// several of them (same list, date, version and entries) is kept once.
func Join(lists ...List) List {
	out := List{Format: Format, Snapshots: []Snapshot{}}
	for _, l := range lists {
		out.Snapshots = append(out.Snapshots, l.Snapshots...)
	}
	slices.SortStableFunc(out.Snapshots, order)
	out.Snapshots = slices.CompactFunc(out.Snapshots, same)
	return out
}

// Write gives the canonical form: JSON, indented, the same for the same list.
func (l List) Write() ([]byte, error) {
	l = Join(l)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(l)
	return b.Bytes(), err
}

// canonical reports whether b is meant to be the canonical form.
func canonical(b []byte) bool {
	head := bytes.TrimSpace(b[:min(len(b), 256)])
	return bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head, []byte(`"wordlist"`))
}

// parse reads the canonical form.
func parse(name string, b []byte) (List, error) {
	var l List
	dec := json.NewDecoder(bytes.NewReader(b))
	if err := dec.Decode(&l); err != nil {
		return List{}, fmt.Errorf("%s: offset %d: not a list in the canonical form: %w; import its sources again", name, dec.InputOffset(), err)
	}
	if l.Format != Format {
		return List{}, fmt.Errorf("%s: form %d of lists is not known, this program reads form %d: import its sources again", name, l.Format, Format)
	}
	if len(l.Snapshots) > MostSnapshots {
		return List{}, fmt.Errorf("%s: more than %d snapshots: split it", name, MostSnapshots)
	}
	n := 0
	for _, s := range l.Snapshots {
		if n += len(s.Entries); n > MostEntries {
			return List{}, tooMany(name)
		}
		for i, e := range s.Entries {
			if e.Text == "" || len(e.Text) > LongestEntry || strings.ContainsAny(e.Text, "\r\n") {
				return List{}, fmt.Errorf("%s: %s: entry %d is empty, longer than %d bytes or more than a line", name, s.Name(), i+1, LongestEntry)
			}
		}
	}
	return Join(l), nil
}

func tooMany(name string) error {
	return fmt.Errorf("%s: more than %d entries: split it", name, MostEntries)
}
