package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/report"
)

// junit is what a CI server reads.
type junit struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Skipped  int `xml:"skipped,attr"`
	Suite    struct {
		Name      string `xml:"name,attr"`
		Timestamp string `xml:"timestamp,attr"`
		Cases     []struct {
			Class   string  `xml:"classname,attr"`
			Name    string  `xml:"name,attr"`
			Failure *answer `xml:"failure"`
			Skipped *answer `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

type answer struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func readJUnit(t *testing.T, in report.Input) junit {
	t.Helper()
	var b bytes.Buffer
	if err := report.JUnit(&b, in); err != nil {
		t.Fatal(err)
	}
	var out junit
	if err := xml.Unmarshal(b.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// outcomes maps each check to what became of it.
func (j junit) outcomes() map[string]string {
	out := map[string]string{}
	for _, c := range j.Suite.Cases {
		name := c.Class
		for _, d := range []string{"(sent)", "(received)"} {
			if strings.HasSuffix(c.Name, d) {
				name += d
			}
		}
		switch {
		case c.Failure != nil:
			out[name] = "failed"
		case c.Skipped != nil:
			out[name] = "skipped: " + c.Skipped.Message
		default:
			out[name] = "passed"
		}
	}
	return out
}

func TestJUnitOfAMonitoredClient(t *testing.T) {
	t.Parallel()
	w := tom2011()
	j := readJUnit(t, w.input())
	got := j.outcomes()
	for name, want := range map[string]string{
		"telltale.copy(sent)": "failed", "telltale.copy(received)": "failed", "telltale.trigger(sent)": "failed", "telltale.list": "failed",
		"telltale.weak-protection": "failed", "telltale.exposure": "failed",
		"telltale.targeting": "skipped: F27: Whether carol is watched whatever she writes could not be settled. 12 more trials would decide.",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	if j.Tests != len(j.Suite.Cases) || j.Failures != 11 || j.Skipped != 1 {
		t.Errorf("%d tests, %d failures, %d skipped; want %d, 11 and 1", j.Tests, j.Failures, j.Skipped, len(j.Suite.Cases))
	}
}

func TestNothingPassesThatWasNotAsked(t *testing.T) {
	t.Parallel()
	w := clean()
	if got := readJUnit(t, w.input()).outcomes(); got["telltale.copy(sent)"] != "passed" || got["telltale.exposure"] != "passed" {
		t.Errorf("a clean client: %v, want copy and exposure passed", got)
	}
	w.rec.Scenario.Scope, w.rec.Scenario.Accounts = nil, w.rec.Scenario.Accounts[1:]
	got := readJUnit(t, w.input()).outcomes()
	for _, name := range []string{"telltale.exposure", "telltale.targeting"} {
		if !strings.HasPrefix(got[name], "skipped: Not asked") {
			t.Errorf("%s: %q, want it skipped", name, got[name])
		}
	}
	w.rec.Stages = append(w.rec.Stages, telltale.Stage{Name: "screen"}, telltale.Stage{Name: "screen", Done: true, Note: "the limit of 5 messages is reached"})
	for _, in := range []report.Input{w.input(), {Record: &telltale.Record{}}, {Record: &clean().rec, Stopped: "interrupted"}} {
		for name, outcome := range readJUnit(t, in).outcomes() {
			if !strings.HasPrefix(outcome, "skipped: ") {
				t.Errorf("%s: %q, want all skipped", name, outcome)
			}
		}
	}
}

// A run that was stopped and went on to its end is whole.
func TestAResumedRunIsWhole(t *testing.T) {
	t.Parallel()
	w := clean()
	w.rec.Stages = append([]telltale.Stage{{Name: "screen"}, {Name: "screen", Done: true, Note: "interrupted"}}, w.rec.Stages...)
	if why, err := report.Undecided(w.input()); err != nil || why != "" {
		t.Errorf("undecided because %q, error %v; want neither", why, err)
	}
	w.rec.Stages = w.rec.Stages[:2]
	if why, err := report.Undecided(w.input()); err != nil || !strings.Contains(why, "interrupted") {
		t.Errorf("undecided because %q, error %v; want the reason", why, err)
	}
}

// Why a run was stopped may be what a hostile case says.
func TestWhyARunWasStoppedIsMadeVisible(t *testing.T) {
	t.Parallel()
	stopped := clean().input()
	stopped.Stopped = attack
	staged := clean()
	staged.rec.Stages = append(staged.rec.Stages, telltale.Stage{Name: attack})
	noted := clean()
	noted.rec.Stages = append(noted.rec.Stages, telltale.Stage{Name: "screen", Done: true, Note: attack})
	for _, in := range []report.Input{stopped, staged.input(), noted.input()} {
		why, err := report.Undecided(in)
		if err != nil || why == "" {
			t.Errorf("undecided because %q, error %v; want a reason", why, err)
		}
		harmless(t, why)
		unasked, err := report.Unasked(in, report.Kinds())
		if err != nil || len(unasked) == 0 {
			t.Errorf("not asked: %q, error %v; want all", unasked, err)
		}
		for _, line := range unasked {
			harmless(t, line)
		}
	}
}

func TestHostileJUnitIsOneDocument(t *testing.T) {
	t.Parallel()
	for from := 0; from < len(attacks()); from += 7 {
		var b bytes.Buffer
		if err := report.JUnit(&b, attackedWorld(from, itself).input()); err != nil {
			t.Fatal(err)
		}
		harmless(t, strings.ReplaceAll(b.String(), "\n", ""))
		dec := xml.NewDecoder(&b)
		for {
			token, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if e, ok := token.(xml.StartElement); ok && !strings.Contains("testsuites testsuite properties property testcase failure skipped", e.Name.Local) {
				t.Errorf("an element %q came in", e.Name.Local)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "testcase" && !strings.HasPrefix(e.Attr[0].Value, "telltale.") {
				t.Errorf("a forged test case %q", e.Attr)
			}
		}
	}
}
