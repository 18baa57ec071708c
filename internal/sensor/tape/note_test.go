package tape_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/sensor/tape"
)

func TestNotes(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]tape.Process{
		"pid 12 curl": {PID: 12, Name: "curl"},
		`pid 12 curl: curl -s "a b" https://a.test/?q=1&r=:2`: {PID: 12, Name: "curl", Command: []string{"curl", "-s", "a b", "https://a.test/?q=1&r=:2"}},
		`pid 3 "node: x": node "" "x:" "…" "y;" "\""`:         {PID: 3, Name: "node: x", Command: []string{"node", "", "x:", "…", "y;", `"`}},
		"pid 7 get; parents sh, make":                         {PID: 7, Name: "get", Ancestors: []string{"sh", "make"}},
		`pid 7 get: ./get --x=y; parents sh, "a b"`:           {PID: 7, Name: "get", Command: []string{"./get", "--x=y"}, Ancestors: []string{"sh", "a b"}},
	} {
		if got := p.Note(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if got, ok := tape.ParseNote(want); !ok || !cmp.Equal(got, p) {
			t.Errorf("%s is read as %+v", want, got)
		}
	}
}

// TestLongNotes are short, and say so.
func TestLongNotes(t *testing.T) {
	t.Parallel()
	p := tape.Process{PID: 1, Name: "x", Command: []string{"x", "short", strings.Repeat("long", 300)}, Ancestors: []string{"sh"}}
	note := p.Note()
	got, ok := tape.ParseNote(note)
	p.Command = p.Command[:2]
	if len(note) > 1000 || !strings.Contains(note, "…") || !ok || !cmp.Equal(got, p) {
		t.Errorf("%q is read as %+v, %v", note, got, ok)
	}
	p.Ancestors = strings.Split(strings.Repeat("parent ", 300), " ")
	got, ok = tape.ParseNote(p.Note())
	p.Ancestors = nil
	if !ok || !cmp.Equal(got, p) {
		t.Errorf("read as %+v, %v", got, ok)
	}
}

func TestWhatIsNoNote(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "u-10123", "pid", "pid x y", "pid -1 x", "pid 1 ", "pid 1", "pid 1 a b", `pid 1 "a`, "pid 1 a: b,", "pid 1 a; b", "pid 1 a; parents ", "pid 1 a\xff",
		"pid 1 a: … b", "pid 12 " + strings.Repeat("a", 3000),
	} {
		if p, ok := tape.ParseNote(s); ok {
			t.Errorf("%q is read as %+v", s, p)
		}
	}
}

// TestAnyProcess is read as it was written.
func TestAnyProcess(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 5))
	text := func() string {
		const of = "ab \";:,…\\\n'漢\xfe="
		b := make([]byte, random.IntN(8))
		for i := range b {
			b[i] = of[random.IntN(len(of))]
		}
		return string(b)
	}
	for range 5000 {
		p := tape.Process{PID: random.IntN(1 << 20), Name: text()}
		for range random.IntN(4) {
			p.Command = append(p.Command, text())
		}
		for range random.IntN(3) {
			p.Ancestors = append(p.Ancestors, text())
		}
		if got, ok := tape.ParseNote(p.Note()); !ok || !cmp.Equal(got, p) {
			t.Fatalf("%s: %+v, want %+v", p.Note(), got, p)
		}
	}
}

func FuzzParseNote(f *testing.F) {
	f.Add(`pid 7 get: ./get "--x=y"; parents sh, "a b"`)
	f.Add("pid 1 a: … b")
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := tape.ParseNote(s)
		if !ok || len(p.Name) > 200 {
			return
		}
		again, ok := tape.ParseNote(p.Note())
		if !ok || again.PID != p.PID || again.Name != p.Name {
			t.Fatalf("%q: %+v, then %+v", s, p, again)
		}
	})
}
