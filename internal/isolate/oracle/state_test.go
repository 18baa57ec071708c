package oracle_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/isolate/bayes"
	"example.org/telltale/internal/isolate/oracle"
)

func problem(t testing.TB, text string) bayes.Config {
	t.Helper()
	d, err := bayes.NewDictionary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return bayes.Config{Text: text, Dictionary: d}
}

// TestResumeAtEveryCut cuts the stored search at every byte: it goes on from
// the last whole line and ends as it would have.
func TestResumeAtEveryCut(t *testing.T) {
	t.Parallel()
	c := problem(t, "我们在车站见面，然后去博物馆。")
	reacts := func(text string) bool { return strings.Contains(text, "博物馆") }
	var whole bytes.Buffer
	want := finish(t, c, oracle.State{}, &whole, reacts)
	if !want.Exact {
		t.Fatalf("%+v", want)
	}
	for cut := 0; cut <= whole.Len(); cut += 7 {
		state, n, err := oracle.ReadState(bytes.NewReader(whole.Bytes()[:cut]))
		if err != nil {
			t.Fatal(err)
		}
		rest := bytes.NewBuffer(bytes.Clone(whole.Bytes()[:n]))
		if diff := cmp.Diff(want, finish(t, c, state, rest, reacts)) + cmp.Diff(whole.String(), rest.String()); diff != "" {
			t.Fatalf("cut at %d: %s", cut, diff)
		}
	}
}

func finish(t *testing.T, c bayes.Config, s oracle.State, out *bytes.Buffer, reacts func(string) bool) oracle.Outcome {
	t.Helper()
	search, err := oracle.Resume(c, oracle.Deepen{Characterise: true}, s, out)
	if err != nil {
		t.Fatal(err)
	}
	for {
		open := search.Next()
		if len(open) == 0 {
			return search.Outcome()
		}
		if err := search.Answer(open[0].ID, oracle.Reply{Hit: reacts(open[0].Text)}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestResumeRefusesAnotherSearch(t *testing.T) {
	t.Parallel()
	c := problem(t, "我们在车站见面")
	other := oracle.State{Head: oracle.HeadOf(c)}
	c.Noisy = true
	if _, err := oracle.Resume(c, oracle.Deepen{}, other, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "settings") {
		t.Errorf("other settings: %v", err)
	}
	mine := oracle.State{Head: oracle.HeadOf(c), Records: []bayes.Record{{ID: "q001", Text: "x", Round: 1}}}
	if _, err := oracle.Resume(c, oracle.Deepen{}, mine, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "record 1") {
		t.Errorf("records of another search: %v", err)
	}
}

func TestCostRatio(t *testing.T) {
	t.Parallel()
	for _, c := range []oracle.Cost{{Message: 1}, {Trigger: 1}, {Message: -1, Trigger: 1}, {Message: 2, Trigger: 1}, {Message: 1, Trigger: math.Inf(1)}, {Message: math.NaN(), Trigger: 1}} {
		if r, err := c.Ratio(); err == nil {
			t.Errorf("%+v gives %v", c, r)
		}
	}
	before := 0.0
	for _, trigger := range []float64{1, 2, 10, 100, 1e9} {
		r, err := oracle.Cost{Message: 1, Trigger: trigger}.Ratio()
		if err != nil || r <= before || r > 100 {
			t.Errorf("%v: %v, %v after %v", trigger, r, err, before)
		}
		before = r
	}
	if r, err := (oracle.Cost{}).Ratio(); r != 0 || err != nil {
		t.Errorf("no cost: %v, %v", r, err)
	}
}

func FuzzReadState(f *testing.F) {
	f.Add(`{"format":1,"text_sha256":"00"}` + "\n" + `{"id":"q001","text":"a","round":1,"reacted":true}` + "\n" + `{"id"`)
	f.Add("{}\n")
	f.Fuzz(func(t *testing.T, in string) {
		s, whole, err := oracle.ReadState(strings.NewReader(in))
		if whole > int64(len(in)) || err == nil && strings.Contains(in, "\n") && s.Head.Format != 1 {
			t.Errorf("%d bytes of %d, %+v, %v", whole, len(in), s.Head, err)
		}
	})
}
