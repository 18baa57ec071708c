// Package inspect shows what a case holds, for a person or a program to look
// at: the whole of it in brief, or one thing with everything that hangs
// together with it. It checks nothing; internal/verify does.
//
// Captured bytes come from whoever is accused, and so do names and texts. What
// is shown of them is bounded, and Text writes no character that would act in a
// terminal or not be seen.
package inspect

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
)

// View is one thing of a case: exactly one of its fields is set.
type View struct {
	Entry   *Entry   `json:"entry,omitempty"`
	Probe   *Probe   `json:"probe,omitempty"`
	Flow    *Flow    `json:"flow,omitempty"`
	Finding *Finding `json:"finding,omitempty"`
	Blob    *Blob    `json:"blob,omitempty"`
}

// Entry is an entry of the log.
type Entry struct {
	N    int64           `json:"n"`
	At   time.Time       `json:"at"`
	Type string          `json:"type"`
	Body json.RawMessage `json:"body"`
}

// Bytes are the first bytes of a blob.
type Bytes struct {
	Digest telltale.Digest `json:"digest,omitempty"`
	// Size of the whole blob.
	Size int `json:"size"`
	// Shown are the first of them; Cut says that there are more.
	Shown []byte `json:"bytes"`
	Cut   bool   `json:"cut,omitempty"`
	// Missing says why they cannot be shown.
	Missing string `json:"missing,omitempty"`
}

// Inspector looks into one case.
type Inspector struct {
	r *casefile.Reader
	// most is how many bytes of a blob are shown; 0 for all.
	most int
	last map[string]telltale.Receipt
}

// New makes an inspector that shows at most so many bytes of a blob; 0 for
// all.
func New(r *casefile.Reader, most int) *Inspector {
	return &Inspector{r: r, most: most, last: r.Record.LastReceipts()}
}

// ErrNothing says that a name names nothing in a case.
var ErrNothing = errors.New("there is nothing of that name in the case: want the number of an entry (17), a probe (p000001), a flow (f000001), a finding (F01), or the digest of a blob or its beginning")

// Show finds a thing by its name.
func (i *Inspector) Show(name string) (*View, error) {
	rec := i.r.Record
	for _, p := range rec.Probes {
		if p.ID == name {
			return &View{Probe: i.probe(p)}, nil
		}
	}
	for _, f := range rec.Flows {
		if f.ID == name {
			return &View{Flow: i.flow(f)}, nil
		}
	}
	for _, f := range rec.Findings {
		if f.ID == name {
			return &View{Finding: i.finding(f)}, nil
		}
	}
	if n, err := strconv.ParseInt(name, 10, 64); err == nil && n >= 0 && n < i.r.Entries {
		e, err := i.entry(n)
		return &View{Entry: e}, err
	}
	b, err := i.blob(name)
	if err != nil {
		return nil, fmt.Errorf("%.100q: %w", name, err)
	}
	return &View{Blob: b}, nil
}

var errFound = errors.New("found")

// entry reads the log up to one entry.
func (i *Inspector) entry(n int64) (*Entry, error) {
	var out *Entry
	err := casefile.EachEntry(i.r.Dir, func(e format.Entry, _ []byte) error {
		if e.N != n {
			return nil
		}
		out = &Entry{N: e.N, At: e.At, Type: e.Type, Body: append(json.RawMessage(nil), e.Body...)}
		return errFound
	})
	if err != nil && !errors.Is(err, errFound) {
		return nil, err
	}
	if out == nil {
		return nil, ErrNothing
	}
	return out, nil
}

// shortest is how many digits of a digest are enough to try.
const shortest = 6

// Blob is kept bytes and who names them.
type Blob struct {
	Bytes
	// Named lists the places of the record that name it.
	Named []string `json:"named"`
}

func (i *Inspector) blob(name string) (*Blob, error) {
	digest, err := i.digest(strings.ToLower(name))
	if err != nil {
		return nil, err
	}
	return &Blob{Bytes: i.bytes(digest), Named: i.namers(digest)}, nil
}

// digest completes the beginning of a digest that the record names.
func (i *Inspector) digest(begin string) (telltale.Digest, error) {
	const kind = "sha256:"
	begin = strings.TrimPrefix(begin, kind)
	if len(begin) < shortest {
		return "", ErrNothing
	}
	var found telltale.Digest
	for _, d := range casefile.Digests(i.r.Record) {
		if !strings.HasPrefix(string(d), kind+begin) {
			continue
		}
		if found != "" {
			return "", errors.New("more than one blob begins so: give more digits")
		}
		found = d
	}
	if found == "" {
		return "", ErrNothing
	}
	return found, nil
}

// namers lists who names a blob.
func (i *Inspector) namers(d telltale.Digest) []string {
	out := []string{}
	for _, f := range i.r.Record.Flows {
		for n, m := range f.Messages {
			if m.Bytes == d {
				out = append(out, fmt.Sprintf("flow %s, message %d", f.ID, n))
			}
		}
	}
	for _, l := range i.r.Record.Layers {
		if l.Bytes == d {
			out = append(out, fmt.Sprintf("layer of %s, message %d, after %s", l.Flow, l.Message, path(l.Path)))
		}
		for n, step := range l.Steps {
			if step == d {
				out = append(out, fmt.Sprintf("layer of %s, message %d, after %s", l.Flow, l.Message, path(l.Path[:min(n, len(l.Path))])))
			}
		}
	}
	for _, f := range i.r.Record.App.Files {
		if f.Digest == d {
			out = append(out, "the app's file "+f.Path)
		}
	}
	return out
}

// path writes coats, outermost first.
func path(coats []string) string {
	if len(coats) == 0 {
		return "no coat"
	}
	return strings.Join(coats, " › ")
}

func (i *Inspector) bytes(d telltale.Digest) Bytes {
	b, err := i.r.Blob(d)
	if err != nil {
		return Bytes{Digest: d, Shown: []byte{}, Missing: err.Error()}
	}
	out := Bytes{Digest: d, Size: len(b), Shown: b}
	if i.most > 0 && len(b) > i.most {
		out.Shown, out.Cut = b[:i.most], true
	}
	return out
}
