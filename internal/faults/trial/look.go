package trial

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"example.org/telltale"
)

// maxLine bounds a line of a log.
const maxLine = 64 << 20

// state is what a case's log holds. It is read here line by line, with nothing
// of what wrote it.
type state struct {
	lines    [][]byte // whole ones
	scenario bool
	probes   map[string]telltale.Probe
	settled  map[string]bool
	outcomes map[string]string // by probe; of the last statement
	findings []string          // with their verdicts, sorted
}

// read reads the log as far as it is there.
func (t *one) read() (*state, error) {
	s := &state{probes: map[string]telltale.Probe{}, settled: map[string]bool{}}
	text, err := os.ReadFile(t.logFile())
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	for {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			return s, nil
		}
		if err := s.take(line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", t.logFile(), len(s.lines)+1, err)
		}
		text = rest
	}
}

func (s *state) take(line []byte) error {
	var entry struct {
		Type string          `json:"type"`
		Body json.RawMessage `json:"body"`
	}
	if err := json.Unmarshal(line, &entry); err != nil {
		return err
	}
	s.lines = append(s.lines, line)
	switch entry.Type {
	case "scenario":
		s.scenario = true
	case "probe":
		var p telltale.Probe
		err := json.Unmarshal(entry.Body, &p)
		s.probes[p.ID] = p
		return err
	case "receipt":
		var r telltale.Receipt
		err := json.Unmarshal(entry.Body, &r)
		s.settled[r.Probe] = true
		return err
	case "observations":
		return s.takeObservations(entry.Body)
	case "findings":
		return s.takeFindings(entry.Body)
	}
	return nil
}

func (s *state) takeObservations(body []byte) error {
	var all []telltale.Observation
	err := json.Unmarshal(body, &all)
	s.outcomes = map[string]string{}
	for _, o := range all {
		if o.Feature == "outcome" {
			s.outcomes[o.Probe] = o.Text
		}
	}
	return err
}

func (s *state) takeFindings(body []byte) error {
	var all []telltale.Finding
	err := json.Unmarshal(body, &all)
	s.findings = nil
	for _, f := range all {
		s.findings = append(s.findings, f.Claim.Key()+" "+string(f.Verdict))
	}
	slices.Sort(s.findings)
	return err
}

// typed is what the driver has written down.
func (t *one) typed() ([]Typed, error) {
	text, err := os.ReadFile(t.typedFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []Typed
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var one Typed
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			return nil, fmt.Errorf("%s: %w", t.typedFile(), err)
		}
		out = append(out, one)
	}
	return out, errors.Join(err, lines.Err())
}

// checkTyped compares what was typed with what was recorded. lost is how many
// messages may have no receipt.
func (t *one) checkTyped(s *state, lost int) error {
	typed, err := t.typed()
	if err != nil {
		return err
	}
	seen, unsettled := map[string]bool{}, 0
	for _, m := range typed {
		switch p, ok := s.probes[m.Probe]; {
		case !ok:
			t.problem("%s was typed and is not recorded", m.Probe)
		case p.Text != m.Text:
			t.problem("%s: %q was typed and %q is recorded", m.Probe, m.Text, p.Text)
		case seen[m.Probe]:
			t.problem("%s was typed twice", m.Probe)
		}
		seen[m.Probe] = true
		if !s.settled[m.Probe] {
			unsettled++
		}
	}
	if unsettled > lost {
		t.problem("%d messages were typed and have no receipt; %d may", unsettled, lost)
	}
	return nil
}

// checkOnce: no question of the plan has two answers that count.
func (t *one) checkOnce(s *state) {
	counted := map[string]string{}
	for id, p := range s.probes {
		if s.outcomes[id] == "" || s.outcomes[id] == string(telltale.Void) {
			continue
		}
		if other, ok := counted[p.Key]; ok {
			t.problem("%s and %s both count for %s", other, id, p.Key)
		}
		counted[p.Key] = id
	}
	if len(counted) == 0 {
		t.problem("no message counts")
	}
}

// checkKept: every line that was there is there.
func (t *one) checkKept(before, after *state) {
	if len(after.lines) < len(before.lines) {
		t.problem("the log had %d lines and has %d", len(before.lines), len(after.lines))
		return
	}
	for i, line := range before.lines {
		if !bytes.Equal(line, after.lines[i]) {
			t.problem("line %d of the log has changed", i+1)
			return
		}
	}
}

// verify asks whether the case holds.
func (t *one) verify(when string) error {
	problems, err := t.opts.Verify(t.caseDir())
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		t.problem("%s the case does not hold: %q", when, problems)
	}
	return nil
}
