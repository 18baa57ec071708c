package verify

import (
	"bytes"
	"encoding/json"
	"fmt"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
)

// book is what the log says, with the line (from 1) on which it stands.
type book struct {
	rec    *telltale.Record
	begin  format.Begin
	plan   *telltale.Plan
	end    *format.End
	sealed map[string]seal // by file
	torn   map[string]seal
	// breaks are the entries before which a run was cut off.
	breaks map[int64]bool
	named  map[telltale.Digest]int // blobs, by the first line that names them
	// aliases stand for digests that were taken out: nothing is named so.
	aliases map[telltale.Digest]bool

	seen                     map[string]int // types of entries that come once
	layers                   []int
	unread                   int // lines that could not be read
	masked                   int
	maskedDerived, maskedRaw int             // of them
	maskedLayers             map[string]bool // flows of layers with masked values
	scenario                 digestAt
	observations, findings   int
	firstProbe               int
	owed                     string // what the entry before is, if it has to be signed
	ended                    bool   // nothing but files behind the last "end"
}

// seal is what an entry says of a file.
type seal struct {
	format.File
	line int
	// before are the digests that earlier entries gave.
	before []telltale.Digest
}

type digestAt struct {
	digest telltale.Digest
	line   int
	masked bool
}

func newBook(rec *telltale.Record) book {
	return book{
		rec: rec, sealed: map[string]seal{}, torn: map[string]seal{}, named: map[telltale.Digest]int{},
		aliases: map[telltale.Digest]bool{}, seen: map[string]int{}, breaks: map[int64]bool{}, maskedLayers: map[string]bool{},
	}
}

// apply adds an entry to the record; line is where it stands. The sets
// "observations" and "findings" replace what was stated before.
func (b *book) apply(e entry, line int) error {
	r := b.rec
	switch e.Type {
	case format.TypeBegin, format.TypePlan, format.TypeFile, format.TypeCapture, format.TypeTorn, format.TypeEnd, format.TypeResume:
		return b.applyOwn(e, line)
	case format.TypeScenario:
		b.scenario = digestAt{telltale.DigestOf(e.Body), line, len(e.masked) > 0}
		return decode(e, &r.Scenario)
	case format.TypeApp:
		return decode(e, &r.App)
	case format.TypeCoverage:
		r.Coverage = nil
		return decode(e, &r.Coverage)
	case format.TypeListening:
		return extend(e, &r.Listening)
	case format.TypeProbe:
		return extend(e, &r.Probes)
	case format.TypeReceipt:
		return extend(e, &r.Receipts)
	case format.TypeFlow:
		return extend(e, &r.Flows)
	case format.TypeLayer:
		b.layers = append(b.layers, line)
		return extend(e, &r.Layers)
	case format.TypeIsolation:
		return extend(e, &r.Isolations)
	case format.TypeVisit:
		return extend(e, &r.Visits)
	case format.TypeStage:
		return extend(e, &r.Stages)
	case format.TypeObservations:
		r.Observations, b.observations = nil, line
		return decode(e, &r.Observations)
	case format.TypeFindings:
		r.Findings, b.findings = nil, line
		return decode(e, &r.Findings)
	}
	return fmt.Errorf("entry %d has the unknown type %.40q", e.N, e.Type)
}

// applyOwn takes in what is about the case itself.
func (b *book) applyOwn(e entry, line int) error {
	switch e.Type {
	case format.TypeBegin:
		return decode(e, &b.begin)
	case format.TypePlan:
		b.plan = &telltale.Plan{}
		return decode(e, b.plan)
	case format.TypeEnd:
		b.end = &format.End{}
		return decode(e, b.end)
	case format.TypeFile, format.TypeCapture:
		var f format.File
		if err := decode(e, &f); err != nil {
			return err
		}
		one := seal{File: f, line: line, before: b.sealed[f.File].before}
		if before, ok := b.sealed[f.File]; ok {
			one.before = append(one.before, before.Digest)
		}
		b.sealed[f.File] = one
	case format.TypeTorn:
		var t format.Torn
		if err := decode(e, &t); err != nil {
			return err
		}
		b.torn[t.File] = seal{File: format.File{File: t.File, Size: int64(t.Bytes), Digest: t.Digest}, line: line}
	}
	return nil
}

func extend[T any](e entry, to *[]T) error {
	var one T
	if err := decode(e, &one); err != nil {
		return err
	}
	*to = append(*to, one)
	return nil
}

func decode(e entry, to any) error {
	dec := json.NewDecoder(bytes.NewReader(e.Body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(to); err != nil {
		return fmt.Errorf("entry %d (%s): %w", e.N, e.Type, err)
	}
	return nil
}

// names notes the blobs that an entry names. It looks at the record, where the
// entry is the last of its type.
func (b *book) names(e entry, line int) {
	name := func(d telltale.Digest) {
		if _, known := b.named[d]; !known && d != "" {
			b.named[d] = line
		}
	}
	r := b.rec
	switch e.Type {
	case format.TypeFlow:
		for _, m := range r.Flows[len(r.Flows)-1].Messages {
			name(m.Bytes)
		}
	case format.TypeLayer:
		l := r.Layers[len(r.Layers)-1]
		name(l.Bytes)
		for _, step := range l.Steps {
			name(step)
		}
	case format.TypeApp:
		for _, f := range r.App.Files {
			if f.Harvest {
				name(f.Digest)
			}
		}
	}
}

// takenOut notes what was masked in an entry.
func (b *book) takenOut(e entry) {
	b.masked += len(e.masked)
	switch e.Type {
	case format.TypeObservations, format.TypeFindings:
		b.maskedDerived += len(e.masked)
	case format.TypeBegin, format.TypePlan, format.TypeFile, format.TypeTorn, format.TypeResume, format.TypeEnd:
		// Nothing is derived from these.
	case format.TypeLayer:
		b.maskedLayers[b.rec.Layers[len(b.rec.Layers)-1].Flow] = true
		b.maskedRaw += len(e.masked)
	default:
		b.maskedRaw += len(e.masked)
	}
	for _, m := range e.masked {
		if text := m.text(); text != "" {
			b.aliases[telltale.Digest(text)] = true
		}
	}
}
