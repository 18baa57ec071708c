package report

import (
	"encoding/hex"
	"strings"

	"example.org/telltale"
)

// Opened is one copied message with its coats taken off one by one.
type Opened struct {
	Probe string `json:"probe"`
	Flow  string `json:"flow"`
	Host  string `json:"host"`
	When  string `json:"when,omitempty"`
	Going string `json:"going"`
	// Typed is what we typed, the mark set apart.
	Typed []Segment `json:"typed"`
	Coats []Coat    `json:"coats"`
	// Moments are what came of the message, in order of time.
	Moments []Moment `json:"-"`
	// Text is what stands under the last coat, as text.
	Text []Segment `json:"text,omitempty"`
	// Others is the number of other messages that were copied, too.
	Others Count `json:"others"`
}

// Segment is a run of text; Mark is "canary", "word", "control"
// (the name of a control character) or empty.
type Segment struct {
	Text string `json:"text"`
	Mark string `json:"mark,omitempty"`
}

// Coat is one state of the bytes: what came off, and what then showed.
type Coat struct {
	// Name of the coat that came off; empty for the bytes as they left. Coats
	// that only say what the bytes are, and change none, are joined to the next.
	Name string `json:"name,omitempty"`
	Note string `json:"note"`
	// Key in hex and, where it can be read, as text; KeyFrom is its source.
	Key     string `json:"key,omitempty"`
	KeyText string `json:"key_text,omitempty"`
	KeyFrom string `json:"key_from,omitempty"`
	// Size of the bytes, and the first of them; empty if not at hand.
	Size  Count     `json:"size"`
	First []DumpRow `json:"first,omitempty"`
	// Then are more rows, folded away on the page.
	Then []DumpRow `json:"then,omitempty"`
	More Count     `json:"more,omitempty"`
	// Missing is true when the bytes were not at hand, Masked when they were
	// taken out of a redacted copy.
	Missing bool `json:"missing,omitempty"`
	Masked  bool `json:"masked,omitempty"`
}

// mostCoats bounds the coats shown of one message.
const mostCoats = 24

// opened picks the copied message that shows most and opens it.
func (x *index) opened(in Input) *Opened {
	best, id := x.mostTelling(in)
	if best == nil {
		return nil
	}
	p := x.probes[id]
	o := &Opened{
		Probe: p.ID, Flow: best.flow.ID, Host: cut(best.flow.Host, 80), When: moment(best.at),
		Going: x.directionWords(p.Direction), Typed: segments(cut(p.Text, 400), p),
	}
	o.Coats = x.coats(in, best, p)
	o.Moments = x.moments(p)
	if b := in.bytesOf(best.layer.Bytes); len(b) > 0 {
		o.Text = segments(around(b, p), p)
	}
	for other := range x.copies {
		if other != id {
			o.Others++
		}
	}
	return o
}

// mostTelling chooses the copy to open: of a tested word, of which all bytes
// are at hand, with most coats, surest; the first of equals.
func (x *index) mostTelling(in Input) (*copied, string) {
	var best *copied
	var id string
	rank := -1.0
	for i := range x.rec.Probes {
		p := &x.rec.Probes[i]
		for j := range x.copies[p.ID] {
			c := &x.copies[p.ID][j]
			r := float64(min(len(c.layer.Path), mostCoats)) + c.layer.Score
			if p.Arm == telltale.ArmTreatment {
				r += 100
			}
			if r > rank && len(in.bytesOf(c.layer.Bytes)) > 0 {
				best, id, rank = c, p.ID, r+0.0
			}
		}
	}
	if best != nil {
		return best, id
	}
	for i := range x.rec.Probes {
		if cs := x.copies[x.rec.Probes[i].ID]; len(cs) > 0 {
			return &cs[0], x.rec.Probes[i].ID
		}
	}
	return nil, ""
}

// coats lists the states of the bytes from the wire to the text.
func (x *index) coats(in Input, c *copied, p *telltale.Probe) []Coat {
	l := c.layer
	states := append([]telltale.Digest{}, l.Steps[:min(len(l.Steps), len(l.Path))]...)
	if len(states) == 0 {
		states = []telltale.Digest{c.flow.Messages[l.Message].Bytes}
	}
	out := []Coat{x.state(in, states[0], p)}
	out[0].Note = x.Say("coat.none")
	var pending []string
	for i, name := range l.Path[:min(len(l.Path), mostCoats)] {
		next := l.Bytes
		if i+1 < len(states) {
			next = states[i+1]
		} else if i+1 < len(l.Path) {
			next = ""
		}
		pending = append(pending, name)
		if i < len(states) && next != "" && states[i] == next && i+1 < len(l.Path) {
			continue
		}
		out = append(out, x.coat(in, coatStep{pending, next, l}, p))
		pending = nil
	}
	return out
}

// coatStep is one or more coats that came off together, and what then showed.
type coatStep struct {
	names []string
	bytes telltale.Digest
	layer *telltale.Layer
}

func (x *index) coat(in Input, s coatStep, p *telltale.Probe) Coat {
	c := x.state(in, s.bytes, p)
	c.Name = pathWords(s.names)
	for _, name := range s.names {
		c.Note = strings.TrimSpace(c.Note + " " + x.coatNote(name))
		if usesKey(name) {
			c.Key, c.KeyText, c.KeyFrom = cut(s.layer.Key, 128), x.keyText(s.layer.Key), x.keySource(s.layer.KeySource)
		}
	}
	return c
}

func (x *index) state(in Input, d telltale.Digest, p *telltale.Probe) Coat {
	b := in.bytesOf(d)
	c := Coat{Size: Count(len(b)), Missing: b == nil, Masked: b == nil && x.redacted}
	rows := dump(b, p)
	c.First = rows[:min(len(rows), dumpFirst)]
	c.Then = rows[len(c.First):]
	c.More = Count(max(0, len(b)-dumpMost))
	return c
}

// usesKey reports whether a coat is a cipher.
func usesKey(coat string) bool {
	for _, c := range []string{"des-", "3des-", "aes-", "rc4", "xor", "add"} {
		if strings.HasPrefix(coat, c) {
			return true
		}
	}
	return false
}

// keyText reads a key in hex as text, if every byte of it, or every byte of
// its UTF-16 form, is printable or a closing zero.
func (x *index) keyText(key string) string {
	b, err := hex.DecodeString(key)
	if err != nil || len(b) == 0 || len(b) > 64 {
		return ""
	}
	if len(b)%2 == 0 && wide(b) {
		half := make([]byte, 0, len(b)/2)
		for i := 0; i < len(b); i += 2 {
			half = append(half, b[i])
		}
		return x.quoted(half, "key.utf-16")
	}
	return x.quoted(b, "key.text")
}

// wide reports whether b is ASCII in UTF-16, little end first.
func wide(b []byte) bool {
	for i := 1; i < len(b); i += 2 {
		if b[i] != 0 || b[i-1] == 0 {
			return false
		}
	}
	return len(b) > 2
}

func (x *index) quoted(b []byte, key string) string {
	text := strings.TrimRight(string(b), "\x00")
	if text == "" || !plain(text) {
		return ""
	}
	zeros := len(b) - len(text)
	s := x.Say(key, "text", text)
	if zeros > 0 {
		s = x.Count("key.zeros", zeros, "key", s)
	}
	return s
}

// keySource says where a key came from.
func (x *index) keySource(s string) string {
	if file, ok := strings.CutPrefix(s, "app-file:"); ok {
		return x.Say("key.app-file", "file", cut(file, 100))
	}
	if place, ok := strings.CutPrefix(s, "http:"); ok {
		return x.Say("key.web", "place", cut(place, 100))
	}
	return cut(s, 120)
}
