package bayes_test

import (
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/isolate/bayes"
)

func TestWords(t *testing.T) {
	t.Parallel()
	d, err := bayes.NewDictionary([]bayes.Term{{Word: "中国的"}})
	if err != nil {
		t.Fatal(err)
	}
	words := d.Words()
	level := map[string]int{}
	for _, w := range words {
		level[w.Text] = w.Level
	}
	if len(words) < 50_000 || len(level) != len(words) || level["的"] <= level["国家"] || level["国家"] <= level["口袋"] || level["口袋"] == 0 {
		t.Errorf("%d words, of which %d differ; levels of 的, 国家, 口袋: %d, %d, %d", len(words), len(level), level["的"], level["国家"], level["口袋"])
	}
	if !slices.IsSortedFunc(words, func(a, b bayes.Word) int { return strings.Compare(a.Text, b.Text) }) {
		t.Error("the words are not sorted")
	}
	if _, ok := level["中国的"]; ok {
		t.Error("a term of the user is among the shipped words")
	}
}
