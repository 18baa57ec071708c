package redact

import (
	"bytes"
	"context"
	"encoding/hex"
	"path"
	"strings"
	"unicode/utf8"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/expose"
	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/peel/match"
)

// captured applies the rules to the captured bytes, one message at a time.
func (p *plan) captured(ctx context.Context, src *source) error {
	if err := p.authority(src); err != nil {
		return err
	}
	marks := match.CompileCoded(src.marks())
	seen := map[telltale.Digest]bool{}
	for _, f := range src.Record.Flows {
		for _, m := range f.Messages {
			if err := ctx.Err(); err != nil {
				return err
			}
			if m.Bytes == "" || seen[m.Bytes] {
				continue
			}
			seen[m.Bytes] = true
			b, err := src.Blob(m.Bytes)
			if err != nil {
				return err
			}
			p.message(src, f, m, seenBytes{b, marks})
		}
	}
	if err := p.layers(src); err != nil {
		return err
	}
	return p.fetched(src)
}

// seenBytes are the bytes of a message, and what marks those of the case.
type seenBytes struct {
	b     []byte
	marks *match.Set
}

func (p *plan) message(src *source, f telltale.Flow, m telltale.Message, s seenBytes) {
	if f.Sensor == sensorExpose {
		return // see fetched
	}
	parsed := flow.Response(s.b, "GET")
	if m.Out {
		parsed = flow.Request(s.b)
	}
	body := decoded(parsed)
	if p.on[RuleOthers] && arrives(src, f) && foreign(m, s, parsed, body) {
		p.withhold(m.Bytes, RuleOthers)
		for _, l := range src.layers[f.ID] {
			if len(l.Probes) == 0 {
				p.withhold(l.Bytes, RuleOthers)
			}
		}
	}
	if p.on[RuleCredentials] && p.credentials(parsed, body) {
		p.withhold(m.Bytes, RuleCredentials)
	}
	p.peopleIn(s.b)
	if !bytes.Equal(body, parsed.Body) {
		p.peopleIn(body)
	}
}

// foreign reports whether a message brings something in which no probe of the
// case can be seen.
func foreign(m telltale.Message, s seenBytes, parsed flow.Message, body []byte) bool {
	if m.Out || parsed.Head.Status != 0 && len(parsed.Body) == 0 {
		return false
	}
	return !s.marks.Has(s.b) && !s.marks.Has(body)
}

// arrives reports whether messages of others may come with a flow.
func arrives(src *source, f telltale.Flow) bool {
	if f.Sensor == sensorWitness {
		return true
	}
	for _, pattern := range src.Record.Scenario.Channel {
		if ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(f.Host)); err == nil && ok {
			return true
		}
	}
	return false
}

// decoded takes the content coding off a body; a body that cannot be read is
// returned as it is.
func decoded(m flow.Message) []byte {
	for _, field := range m.Head.Fields {
		if !strings.EqualFold(field.Name, "Content-Encoding") {
			continue
		}
		coat := strings.ToLower(strings.TrimSpace(field.Value))
		switch coat {
		case "br":
			coat = "brotli"
		case "deflate":
			coat = "zlib"
		}
		if b, err := peel.Replay([]string{coat}, nil, m.Body); err == nil {
			return b
		}
	}
	return m.Body
}

// peopleIn looks for people in bytes, in UTF-8 and in UTF-16.
func (p *plan) peopleIn(b []byte) {
	if !p.on[RuleMail] && !p.on[RulePhone] {
		return
	}
	p.people(string(b))
	if utf8.Valid(b) || bytes.Count(b, []byte{0}) < len(b)/4 {
		return
	}
	for _, charset := range []string{"utf-16le", "utf-16be"} {
		if text, err := match.Charset(charset).NewDecoder().Bytes(b); err == nil {
			p.people(string(text))
		}
	}
}

// layers looks for people in what the case itself opened.
func (p *plan) layers(src *source) error {
	seen := map[telltale.Digest]bool{"": true}
	for _, l := range src.Record.Layers {
		if seen[l.Bytes] || src.flows[l.Flow].Sensor == sensorExpose {
			continue
		}
		seen[l.Bytes] = true
		b, err := src.Blob(l.Bytes)
		if err != nil {
			return err
		}
		p.peopleIn(b)
	}
	return nil
}

// fetched withholds what the active checks fetched, and takes the names of
// people out of it.
func (p *plan) fetched(src *source) error {
	if p.on[RuleFetched] {
		for _, f := range src.Record.Flows {
			for _, m := range f.Messages {
				if f.Sensor == sensorExpose {
					p.withhold(m.Bytes, RuleFetched)
				}
			}
		}
		for _, l := range src.Record.Layers {
			for _, d := range src.chain(l) {
				if src.flows[l.Flow].Sensor == sensorExpose {
					p.withhold(d, RuleFetched)
				}
			}
		}
	}
	if !p.on[RuleUsers] {
		return nil
	}
	for _, v := range src.Record.Visits {
		if err := p.users(src, v); err != nil {
			return err
		}
	}
	return nil
}

// users adds the people in the records that a visit read. Files are read one
// by one, since each has columns of its own.
func (p *plan) users(src *source, v telltale.Visit) error {
	known := expose.Known{Own: src.marks()}
	for _, id := range v.Flows {
		for _, m := range src.flows[id].Messages {
			if m.Out || m.Bytes == "" {
				continue
			}
			b, err := src.Blob(m.Bytes)
			if err != nil {
				return err
			}
			p.peopleIn(b)
			p.usersIn(decoded(flow.Response(b, "GET")), v, known)
		}
	}
	return nil
}

// usersIn reads one file in every way in which records of the visit were read.
func (p *plan) usersIn(body []byte, v telltale.Visit, known expose.Known) {
	var lines [][]byte
	for line := range bytes.Lines(body) {
		lines = append(lines, bytes.TrimSpace(line))
	}
	for _, r := range v.Recovered {
		key, err := hex.DecodeString(r.Key)
		if err != nil {
			continue
		}
		records, _ := expose.Decode(lines, expose.Scheme{Path: r.Path, Key: keyOf(key)})
		for _, name := range expose.Parties([]expose.Log{{Name: r.Family, Records: records}}, known) {
			p.texts.find(RuleUsers, name)
		}
		for _, record := range records {
			p.people(record)
		}
	}
}

func keyOf(key []byte) *peel.Key {
	if len(key) == 0 {
		return nil
	}
	return &peel.Key{Bytes: key}
}

// authority withholds what holds a private key among the files of the sensors'
// authority, whatever its name.
func (p *plan) authority(src *source) error {
	for file := range src.sealed {
		if !p.on[RuleKeys] || !under(file, format.AuthorityDir) {
			continue
		}
		b, err := src.file(file)
		if err != nil {
			return err
		}
		if bytes.Contains(b, []byte("PRIVATE KEY")) {
			p.files[file] = RuleKeys
		}
	}
	return nil
}
