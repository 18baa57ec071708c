package casefile

import (
	"bytes"
	"encoding/json"
	"fmt"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
)

// state is what the entries of a log come to.
type state struct {
	record telltale.Record
	begin  format.Begin
	plan   *telltale.Plan
	// ended is what the log ends with, apart from files.
	ended *format.End
	// files by name, as they were sealed last.
	files map[string]format.File
	// torn are the names of torn lines that were set aside.
	torn map[string]bool
	// owed: the last entry is one that is signed before anything follows.
	owed bool
	// program is the one that went on last.
	program string
}

func newState() *state {
	return &state{files: map[string]format.File{}, torn: map[string]bool{}}
}

// apply adds an entry of the written version.
func (s *state) apply(e format.Entry) error {
	if e.Type != format.TypeFile {
		s.ended = nil
	}
	s.owed = signedAtOnce(e)
	switch e.Type {
	case format.TypeBegin:
		return decode(e, &s.begin)
	case format.TypePlan:
		return decode(e, &s.plan)
	case format.TypeEnd:
		return decode(e, &s.ended)
	case format.TypeResume:
		return decode(e, &s.program)
	case format.TypeFile:
		var f format.File
		err := decode(e, &f)
		s.files[f.File] = f
		return err
	case format.TypeTorn:
		var t format.Torn
		err := decode(e, &t)
		s.torn[t.File] = true
		return err
	}
	return apply(&s.record, e)
}

// signedAtOnce reports whether nothing may follow an entry before it is signed.
func signedAtOnce(e format.Entry) bool {
	var stage telltale.Stage
	switch e.Type {
	case format.TypePlan, format.TypeEnd:
		return true
	case format.TypeStage:
		return decode(e, &stage) == nil && stage.Done
	}
	return false
}

// apply adds an entry to the record. This table is the list of its types. The
// sets "observations" and "findings" replace what an earlier run stated.
func apply(r *telltale.Record, e format.Entry) error {
	switch e.Type {
	case format.TypeScenario:
		return decode(e, &r.Scenario)
	case format.TypeApp:
		return decode(e, &r.App)
	case format.TypeCoverage:
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
		return extend(e, &r.Layers)
	case format.TypeIsolation:
		return extend(e, &r.Isolations)
	case format.TypeVisit:
		return extend(e, &r.Visits)
	case format.TypeStage:
		return extend(e, &r.Stages)
	case format.TypeObservations:
		r.Observations = nil
		return decode(e, &r.Observations)
	case format.TypeFindings:
		r.Findings = nil
		return decode(e, &r.Findings)
	}
	return fmt.Errorf("entry %d has the unknown type %.40q", e.N, e.Type)
}

func extend[T any](e format.Entry, to *[]T) error {
	var one T
	if err := decode(e, &one); err != nil {
		return err
	}
	*to = append(*to, one)
	return nil
}

func decode(e format.Entry, to any) error {
	dec := json.NewDecoder(bytes.NewReader(e.Body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(to); err != nil {
		return fmt.Errorf("entry %d (%s): %w", e.N, e.Type, err)
	}
	return nil
}

// parseLine reads one line of a log of a version, without its newline.
func parseLine(version int, line []byte) (format.Entry, error) {
	var e format.Entry
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		return format.Entry{}, fmt.Errorf("not an entry: %w", err)
	}
	if dec.More() {
		return format.Entry{}, fmt.Errorf("bytes after the entry at offset %d", dec.InputOffset())
	}
	if version == 1 {
		return upgrade1to2(e)
	}
	return e, nil
}
