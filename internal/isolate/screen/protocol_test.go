package screen_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/isolate/screen"
)

func TestAnswersAreRead(t *testing.T) {
	t.Parallel()
	cases := []struct {
		line string
		n    int
		want []screen.Answer
		bad  bool
	}{
		{line: `{"hit":true}`, n: 1, want: []screen.Answer{{Hit: true}}},
		{line: `{"hits":[true,false,{"error":"too long","max_len":9}]}`, n: 3, want: []screen.Answer{{Hit: true}, {}, {Refused: true, MaxLen: 9}}},
		{line: `{"error":"too long","max_len":40}`, n: 1, want: []screen.Answer{{Refused: true, MaxLen: 40}}},
		{line: `{"hit":true}`, n: 2, bad: true},
		{line: `{"hits":[true]}`, n: 2, bad: true},
		{line: `{"hits":[null]}`, n: 1, bad: true},
		{line: `{"error":"out of order"}`, n: 1, bad: true},
		{line: `{}`, n: 1, bad: true},
		{line: `hit`, n: 1, bad: true},
	}
	for _, c := range cases {
		got, err := screen.ReadAnswers([]byte(c.line), c.n)
		if (err != nil) != c.bad || err == nil && !cmp.Equal(got, c.want) {
			t.Errorf("%s: %+v, %v", c.line, got, err)
		}
	}
}

func TestTasksAreRead(t *testing.T) {
	t.Parallel()
	task, err := screen.ReadTask([]byte(`{"task":{"id":"x","terms":["a","b"],"sep":"\n","max_len":50,"max_k":1,"noisy":true,"want":"all","cost":{"message":2,"trigger":8}}}`))
	if err != nil {
		t.Fatal(err)
	}
	c, err := task.Config()
	want := screen.Config{Terms: []string{"a", "b"}, Sep: "\n", MaxLen: 50, MaxSize: 1, Noisy: true, TriggerCost: 4}
	if err != nil || !cmp.Equal(c, want) {
		t.Errorf("got %+v, %v", c, err)
	}
	for _, bad := range []string{`{}`, `[]`, `{"task":{"terms":"a"}}`, ``} {
		if _, err := screen.ReadTask([]byte(bad)); err == nil {
			t.Errorf("%s: want an error", bad)
		}
	}
}

// FuzzProtocol reads hostile lines: no panic, and as many answers as were
// asked for.
func FuzzProtocol(f *testing.F) {
	f.Add([]byte(`{"task":{"id":"1","terms":["a","b"],"max_k":1}}`), 1)
	f.Add([]byte(`{"hits":[true,{"error":"too long","max_len":-4}]}`), 2)
	f.Add([]byte(`{"hit":false,"hits":null}`), 1)
	f.Fuzz(func(t *testing.T, line []byte, n int) {
		if answers, err := screen.ReadAnswers(line, n); err == nil {
			if len(answers) != n {
				t.Fatalf("%d answers for %d", len(answers), n)
			}
			for _, a := range answers {
				if a.Hit && a.Refused || a.MaxLen < 0 {
					t.Fatalf("impossible answer %+v", a)
				}
			}
		}
		task, err := screen.ReadTask(line)
		if err != nil {
			return
		}
		if c, err := task.Config(); err == nil && len(c.Terms) < 200 {
			if _, err := screen.New(c); err != nil {
				t.Fatalf("a task that was accepted cannot be searched: %v", err)
			}
		}
	})
}
