package sample_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/isolate/filter"
	"example.org/telltale/internal/isolate/sample"
)

const file = `{"id":"a1","set":"main","text":"one ABC","rules":[{"parts":["abc"],"ext":[["x","y"]]}],"match":{"ordered":true,"fold":["lower"]},"sep":"\n","max_len":null,"noise":null}
{"id":"a2","set":"norm","text":"馬","rules":[{"parts":["马"]}],"match":{"fold":["t2s"],"t2s":{"馬":"马"}},"sep":"\n","max_len":9,"noise":{"fn":0.1,"fp":0.2,"seed":3}}
{"pool":"p","terms":["a","b","c"]}
{"id":"l1","set":"pairs","of":"p","pick":[2,0],"rules":[["a","c"]],"sep":"-","max_len":5,"max_k":2,"fold":[],"noise":null,"traps":true}
{"id":"l2","set":"traps","terms":["x"],"rules":[["x"]],"sep":"-","max_len":5,"max_k":1,"fold":["strip_space"],"noise":null}
`

func TestRead(t *testing.T) {
	t.Parallel()
	got, err := sample.Read(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	none := map[rune]rune{}
	want := sample.File{
		Articles: []sample.Article{
			{ID: "a1", Set: "main", Text: "one ABC", Filter: filter.Config{
				Rules: []filter.Rule{{Parts: []string{"abc"}, Except: [][]string{{"x", "y"}}}}, Ordered: true, Folds: []filter.Fold{filter.Lower}, Sep: "\n", Simple: none,
			}},
			{ID: "a2", Set: "norm", Text: "馬", Filter: filter.Config{
				Rules: []filter.Rule{{Parts: []string{"马"}}}, Folds: []filter.Fold{filter.Simplify}, Simple: map[rune]rune{'馬': '马'}, Sep: "\n", MaxLen: 9,
				Noise: filter.Noise{Miss: 0.1, False: 0.2, Seed: 3},
			}},
		},
		Lists: []sample.List{
			{ID: "l1", Set: "pairs", Terms: []string{"c", "a"}, MaxSize: 2, Joins: true, Filter: filter.Config{
				Rules: []filter.Rule{{Parts: []string{"a", "c"}}}, Sep: "-", MaxLen: 5, Simple: none,
			}},
			{ID: "l2", Set: "traps", Terms: []string{"x"}, MaxSize: 1, Filter: filter.Config{
				Rules: []filter.Rule{{Parts: []string{"x"}}}, Folds: []filter.Fold{filter.StripSpace, filter.Lower}, Sep: "-", MaxLen: 5, Simple: none,
			}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"no JSON":         `{"id":`,
		"nothing":         `{"id":"x"}`,
		"no pool":         `{"id":"x","of":"q","pick":[0]}`,
		"beyond the pool": `{"id":"x","of":"p","pick":[3]}`,
		"empty rule":      `{"id":"x","text":"t","rules":[{"parts":[]}]}`,
		"rule is text":    `{"id":"x","text":"t","rules":["a"]}`,
		"unknown folding": `{"id":"x","text":"t","rules":[{"parts":["a"]}],"match":{"fold":["rot13"]}}`,
		"long mapping":    `{"id":"x","text":"t","rules":[{"parts":["a"]}],"match":{"t2s":{"ab":"c"}}}`,
		"certain noise":   `{"id":"x","text":"t","rules":[{"parts":["a"]}],"noise":{"fn":1.5}}`,
	} {
		_, err := sample.Read(strings.NewReader(`{"pool":"p","terms":["a"]}` + "\n" + line + "\n"))
		if err == nil || !strings.HasPrefix(err.Error(), "line 2: ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// FuzzRead wants no panic, and filters that can be made.
func FuzzRead(f *testing.F) {
	f.Add([]byte(file))
	f.Add([]byte(`{"text":"t","rules":[["a"],{"parts":["b"],"ext":[[]]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := sample.Read(strings.NewReader(string(data)))
		if err != nil {
			return
		}
		for _, a := range got.Articles {
			if _, err := filter.New(a.Filter); err != nil {
				t.Errorf("article %q: %v", a.ID, err)
			}
		}
		for _, l := range got.Lists {
			if _, err := filter.New(l.Filter); err != nil {
				t.Errorf("list %q: %v", l.ID, err)
			}
		}
	})
}
