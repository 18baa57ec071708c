package report_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"example.org/telltale"
	"example.org/telltale/internal/report"
	"github.com/google/go-cmp/cmp"
)

func letterOf(t *testing.T, in report.Input) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Letter(&b, in); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGoldenLetter(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]*world{"tom-2011": tom2011(), "clean": clean()} {
		golden(t, name+".letter.md", letterOf(t, w.input()))
	}
}

// golden compares with a file, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; go test -update writes it anew):\n%s", file, diff)
	}
}

// foreign lists the texts of a case that are not ours: what was fetched, what
// opened under it, names in listings, masked samples, notes, and what services
// said. Each is taken apart at whatever does not belong to a word.
func foreign(w *world) []string {
	var all []string
	for _, f := range w.rec.Flows {
		for _, m := range f.Messages {
			if !m.Out {
				all = append(all, string(w.blobs[m.Bytes]))
			}
		}
	}
	for _, l := range w.rec.Layers {
		all = append(all, string(w.blobs[l.Bytes]))
		all = append(all, l.List...)
		for _, step := range l.Steps {
			all = append(all, string(w.blobs[step]))
		}
	}
	for _, v := range w.rec.Visits {
		all = append(all, v.Notes...)
		for _, e := range v.Entries {
			all = append(all, e.Name)
		}
		for _, r := range v.Recovered {
			all = append(append(all, r.Sample...), r.Key)
		}
	}
	for _, f := range w.rec.Findings {
		if r := f.Claim.Rule; r != nil {
			all = append(append(all, r.Reply, r.Becomes, r.Into), r.Copies...)
		}
	}
	var out []string
	for _, text := range all {
		out = append(out, strings.FieldsFunc(text, func(r rune) bool {
			return unicode.IsSpace(r) || !unicode.IsGraphic(r) || strings.ContainsRune("\"'?&=;:,<>()[]{}|█", r)
		})...)
	}
	return out
}

// The letter holds nothing of what others wrote, unless it is a word that we
// typed, a name of a host, or the path of a list.
func TestLetterHoldsNothingOfOthers(t *testing.T) {
	t.Parallel()
	w := tom2011()
	w.surveyed()
	w.rec.Flows = append(w.rec.Flows, telltale.Flow{ID: "f9", Sensor: "witness", Host: "carol.somebody.tom.test"})
	for _, host := range []string{"carol.somebody.tom.test", "192.0.2.77", "2001:db8::77", "somebody@tom.test"} {
		w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindDestination, Host: host, Detail: "tcp"}, Statement: "Copies go to " + host + " and it said " + secret + "."})
	}
	letter := letterOf(t, w.input())
	ours := []string{hostCopy, hostList, "/agent/keyfile", "/agent/keyfile_u"}
	for _, f := range w.rec.Findings {
		ours = append(append(ours, f.Claim.Words...), f.Claim.Without...)
	}
	own := strings.Join(ours, " ")
	checked := 0
	for _, text := range foreign(w) {
		if len(text) < 5 || strings.Contains(own, text) || commonWords(text) {
			continue
		}
		checked++
		if strings.Contains(letter, text) {
			t.Errorf("the letter holds %q", text)
		}
	}
	if checked < 100 {
		t.Errorf("%d texts of others were looked for, want at least 100", checked)
	}
	for _, text := range []string{secret, "192.0.2.77", "2001:db8", "carol.somebody", "somebody@", "no such word", "Junk", "watcher", "l█████", "X7sRUjL", "client.dat` `sha256"} {
		if strings.Contains(letter, text) != (text == "client.dat` `sha256") {
			t.Errorf("%q: in the letter %v", text, strings.Contains(letter, text))
		}
	}
}

// commonWords are English ones that stand in our notes and in the letter alike.
func commonWords(s string) bool {
	return strings.Contains(" folders listed opened requests budget ", " "+s+" ")
}

func TestLetterAsksForEachMendOnce(t *testing.T) {
	t.Parallel()
	letter := letterOf(t, tom2011().input())
	for _, text := range []string{"Use TLS 1.2 or newer", "Single DES has been broken", "Withdraw it, and never keep a key", "Switch directory listings off", "Take the filter on words out", "telltale case diff BEFORE AFTER", "[your name]", "[date]", "Deadline: ["} {
		if n := strings.Count(strings.Join(strings.Fields(letter), " "), text); n != 1 {
			t.Errorf("%q stands %d times in the letter, want once", text, n)
		}
	}
}

func TestHostileLetterIsPlain(t *testing.T) {
	t.Parallel()
	for from := 0; from < len(attacks()); from += 5 {
		markdownIsDead(t, letterOf(t, sealed(attackedWorld(from, itself), itself)))
	}
	if testing.Short() {
		return
	}
	if got := letterOf(t, hostileInput()); len(got) > 100_000 {
		t.Errorf("the letter of a hostile case has %d bytes", len(got))
	}
}
