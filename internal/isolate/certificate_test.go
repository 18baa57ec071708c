package isolate_test

import (
	"strings"
	"testing"

	"example.org/telltale/internal/isolate"
)

func TestCheckCertificate(t *testing.T) {
	t.Parallel()
	const fill = "\n〇\n"
	words := []string{"rain", "roof"}
	lines := []isolate.Proof{
		{Text: "rain" + fill + "roof", Reacts: true, Held: true},
		{Text: "rai" + fill + "ain" + fill + "roof", Held: true},
		{Text: "rain" + fill + "roo" + fill + "oof", Held: true},
	}
	sent := map[string]isolate.Tally{lines[0].Text: {Reacted: 1}, lines[1].Text: {Silent: 1}, lines[2].Text: {Silent: 2, Reacted: 1}}
	if err := isolate.CheckCertificate(words, lines, fill, 1, sent); err != nil {
		t.Errorf("a good one: %v", err)
	}
	change := func(i int, text string) []isolate.Proof {
		out := append([]isolate.Proof{}, lines...)
		out[i].Text = text
		sent[text] = isolate.Tally{Reacted: 1 - min(i, 1), Silent: min(i, 1)}
		return out
	}
	for _, c := range []struct {
		name  string
		words []string
		lines []isolate.Proof
		votes int
		says  string
	}{
		{"a line too few", words, lines[:2], 1, "3 lines"},
		{"another word", []string{"rain", "reef"}, lines, 1, "stands where"},
		{"not often enough", words, lines, 2, "line 1 reacted 1 times"},
		{"more than the words", words, change(0, "rain"+fill+"roof"+fill+"tin"), 1, "3 pieces"},
		{"a word that is whole", words, change(1, "rain"+fill+"ain"+fill+"rai"+fill+"roof"), 1, "still whole"},
		{"half of it gone", words, change(1, "rai"+fill+"roof"), 1, "missing"},
		{"another gone", words, change(1, "rai"+fill+"ain"+fill+"roo"), 1, "missing"},
		{"something else", words, change(1, "rai"+fill+"ain"+fill+"roof!"), 1, "something else"},
		{"never sent", words, append([]isolate.Proof{{Text: "x", Reacts: true, Held: true}}, lines[1:]...), 1, "0 times"},
		{"turned round", words, []isolate.Proof{lines[1], lines[0], lines[2]}, 1, "does not say"},
		{"nothing", nil, nil, 1, "need"},
	} {
		if err := isolate.CheckCertificate(c.words, c.lines, fill, c.votes, sent); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
