package inspect_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/inspect"
	"example.org/telltale/internal/signer"
)

// hostile is a text with all that must not reach a terminal as it is.
const hostile = "\x1b]0;gotcha\x07\x1b[2J\r\x00\u202egnp.exe\u200b\u0085\u2028\u0301\u0301\u0301\u0301\u0301é<script>\tfire 火"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newCase writes a small case in which every text is hostile.
func newCase(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "case")
	key, err := signer.New(rand.Reader, "tester")
	must(t, err)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := func() time.Time { at = at.Add(time.Second); return at }
	c, err := casefile.Create(dir, casefile.Options{Clock: clock, Random: rand.Reader, Signer: key})
	must(t, err)
	must(t, c.PutScenario(telltale.Scenario{Name: "s" + hostile}))
	must(t, c.PutPlan(telltale.Plan{Program: "p", Seed: 7, Questions: 3, Analysis: []string{"fisher" + hostile}, Stop: []string{"never" + hostile}}))
	must(t, c.PutApp(telltale.App{Name: "app" + hostile, Vantage: hostile}))
	must(t, c.PutStage(telltale.Stage{Name: "contact", At: clock()}))
	canary := c.Canary("p000001")
	must(t, c.PutProbe(telltale.Probe{ID: "p000001", Key: "k" + hostile, Text: hostile, Word: hostile, Canary: canary}))
	must(t, c.PutProbe(telltale.Probe{ID: "p000002", Text: "never typed", Canary: c.Canary("p000002")}))
	body, err := c.Keep([]byte("GET /" + hostile + "\xff\xfe"))
	must(t, err)
	opened, err := c.Keep([]byte(strings.Repeat("火", 1000) + canary.Latin))
	must(t, err)
	must(t, c.Record(telltale.Flow{
		Sensor: "proxy", Host: "a.test" + hostile, Process: hostile, Error: hostile,
		Messages: []telltale.Message{{Leg: telltale.LegApp, Out: true, Bytes: body, Size: 99}, {Leg: telltale.LegServer, Size: 5}},
	}))
	must(t, c.PutReceipt(telltale.Receipt{Probe: "p000001", Outcome: telltale.Void, Reason: hostile}))
	must(t, c.PutReceipt(telltale.Receipt{Probe: "p000001", Outcome: telltale.Altered, Typed: hostile, Got: hostile}))
	must(t, c.PutLayer(telltale.Layer{Flow: "f000001", Path: []string{"http", "hex" + hostile}, Key: "00", KeySource: hostile, Bytes: opened, Steps: []telltale.Digest{body}, Probes: []string{"p000001"}, List: []string{hostile}}))
	must(t, c.PutStage(telltale.Stage{Name: "contact", At: clock(), Done: true, Note: hostile}))
	must(t, c.PutStatement(
		[]telltale.Observation{{Probe: "p000001", Flow: "f000001", Host: hostile, Feature: "copy", Value: 1, Text: hostile}},
		[]telltale.Finding{{
			ID: "F01", Statement: "They copy " + hostile, Verdict: telltale.Supported, Claim: telltale.Claim{Kind: telltale.KindCopy, Words: []string{hostile}},
			Effect: &telltale.Effect{What: hostile}, Probes: []string{"p000001"}, Flows: []string{"f000001"}, Digests: []telltale.Digest{opened}, Coverage: []string{hostile}, Method: hostile,
		}}))
	must(t, c.PutFile("report.txt", func(w io.Writer) error {
		_, err := w.Write([]byte("report"))
		return err
	}))
	must(t, c.PutEnd("a limit "+hostile))
	must(t, c.Close())
	return dir
}

func inspector(t *testing.T, dir string, most int) *inspect.Inspector {
	t.Helper()
	r, err := casefile.Read(dir)
	must(t, err)
	return inspect.New(r, most)
}

// harmless fails if a text would act in a terminal or hide something.
func harmless(t *testing.T, text []byte) {
	t.Helper()
	if !utf8.Valid(text) {
		t.Error("it is not UTF-8")
	}
	for _, r := range string(text) {
		if r != '\n' && (!unicode.IsPrint(r) || unicode.Is(unicode.Cf, r)) {
			t.Fatalf("%U stands in\n%q", r, text)
		}
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	dir := newCase(t)
	s, err := inspector(t, dir, 0).Summary()
	must(t, err)
	if s.Finished != true || !strings.HasPrefix(s.Stopped, "a limit") || s.Plan.Seed != 7 || len(s.Findings) != 1 || s.Blobs != 2 {
		t.Errorf("%+v", s)
	}
	if len(s.Stages) != 1 || !s.Stages[0].To.After(s.Stages[0].From) || !s.To.After(s.From) {
		t.Errorf("stages %+v, from %v to %v", s.Stages, s.From, s.To)
	}
	if want := []inspect.Count{{What: "altered", N: 1}, {What: "void", N: 1}}; !slices.Equal(s.Outcomes, want) {
		t.Errorf("outcomes %v, want %v", s.Outcomes, want)
	}
	if s.Signed != s.Entries || s.Entries == 0 {
		t.Errorf("%d of %d entries are signed", s.Signed, s.Entries)
	}
	var b bytes.Buffer
	must(t, s.Text(&b))
	harmless(t, b.Bytes())
	for _, want := range []string{"ended before its plan: a limit", "seed 7, 3 questions", "report.txt  6 bytes", "F01  supported", "messages: 1 altered, 1 void"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, b.String())
		}
	}
}

func TestThings(t *testing.T) {
	t.Parallel()
	dir := newCase(t)
	digest := string(telltale.DigestOf([]byte("GET /" + hostile + "\xff\xfe")))
	for _, tt := range []struct {
		name string
		says []string
	}{
		{"0", []string{"Entry 0, begin", `"program"`}},
		{"p000001", []string{"receipts; the last one counts (2)", "⟨ESC⟩]0;gotcha", "f000001", "http › hex", "F01  supported", "00 from"}},
		{"p000002", []string{"No receipt: whether it was typed is not known"}},
		{"f000001", []string{"message 0: sent", "47 45 54 20 2f 1b", "not shown: only its size is known", "p000001  altered", "more bytes; --bytes shows more", "    | 火火火", "a list of 1"}},
		{"F01", []string{"Finding F01: supported", "p000001  altered", "f000001  ", "not seen, and so not denied (1)"}},
		{digest, []string{"Blob of", "flow f000001, message 0", "layer of f000001, message 0, after no coat"}},
		{digest[:len("sha256:")+8], []string{"Blob of"}},
		{strings.ToUpper(digest[len("sha256:"):][:12]), []string{"Blob of"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v, err := inspector(t, dir, 300).Show(tt.name)
			must(t, err)
			var b bytes.Buffer
			must(t, v.Text(&b))
			harmless(t, b.Bytes())
			for _, want := range tt.says {
				if !strings.Contains(b.String(), want) {
					t.Errorf("it does not say %q:\n%s", want, b.String())
				}
			}
			doc, err := json.Marshal(v)
			must(t, err)
			harmless(t, inspect.EscapeHidden(doc))
		})
	}
}

func TestNothingOfThatName(t *testing.T) {
	t.Parallel()
	i := inspector(t, newCase(t), 0)
	for _, name := range []string{"", "p000009", "17000", "-1", "sha256:", "abc", "sha256:" + strings.Repeat("0", 64), "F02", hostile} {
		if v, err := i.Show(name); !errors.Is(err, inspect.ErrNothing) {
			t.Errorf("%q shows %+v, %v", name, v, err)
		}
	}
}

func TestABlobThatIsNotThere(t *testing.T) {
	t.Parallel()
	dir := newCase(t)
	must(t, os.RemoveAll(filepath.Join(dir, "blobs")))
	v, err := inspector(t, dir, 0).Show("f000001")
	must(t, err)
	var b bytes.Buffer
	must(t, v.Text(&b))
	if !strings.Contains(b.String(), "not shown: ") {
		t.Errorf("it says\n%s", b.String())
	}
}

func TestEscapeHidden(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"a":"火é"}`:      `{"a":"火é"}`,
		"\"\u202e\"":      `"\u202e"`,
		"\"\x1b[2J\"":     `"\u001b[2J"`,
		"\"\U000e0041\"":  `"\udb40\udc41"`,
		"\"\xff\"":        `"\ufffd"`,
		"\"e\u0301\"\n[]": "\"e\\u0301\"\n[]",
		"\"\u3164\"":      `"\u3164"`,
	} {
		if got := string(inspect.EscapeHidden([]byte(in))); got != want {
			t.Errorf("%q is written as %q, want %q", in, got, want)
		}
	}
}

// FuzzEscapeHidden: what is escaped means the same, and hides nothing.
func FuzzEscapeHidden(f *testing.F) {
	f.Add(hostile)
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		doc, err := json.Marshal(text)
		must(t, err)
		out := inspect.EscapeHidden(doc)
		harmless(t, out)
		var back string
		if err := json.Unmarshal(out, &back); err != nil || back != text {
			t.Errorf("%q came back as %q (%v)", text, back, err)
		}
	})
}
