package oracle_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"example.org/telltale/internal/isolate"
	"example.org/telltale/internal/isolate/bayes"
	"example.org/telltale/internal/isolate/oracle"
)

func settings() oracle.Settings {
	return oracle.Settings{Begin: func(t oracle.Task) (oracle.Search, error) {
		s, err := isolate.New(isolate.Config{Text: t.Text})
		return oracle.Plain{Search: s}, err
	}}
}

func TestServe(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, out, err string }{
		{"no task", "", "", ""},
		{"a word", `{"task":{"id":"t","text":"麒麟"}}` + "\n" + `{"hits":[true,false]}` + "\n", `"rules":[["麒麟"]]`, ""},
		{"an empty text is an outcome", `{"task":{"id":"t","text":""}}` + "\n", `"exact":false`, ""},
		{"not JSON", "hello\n", "", "line 1"},
		{"no task in the line", "{}\n", "", "want"},
		{"too few answers", `{"task":{"text":"麒麟"}}` + "\n" + `{"hits":[true]}` + "\n", "", "1 answers to 2 messages"},
		{"cut off", `{"task":{"text":"麒麟"}}` + "\n", "", "unexpected EOF"},
		{"a strange hit", `{"task":{"text":"麒麟"}}` + "\n" + `{"hits":[true,"no"]}` + "\n", "", "line 2"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			err := oracle.Serve(strings.NewReader(c.in), &out, settings())
			if !strings.Contains(out.String(), c.out) {
				t.Errorf("wrote %q, want %q in it", out.String(), c.out)
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}

func TestAskPutsOneAtATime(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	got, err := oracle.Ask(strings.NewReader("{\"hit\":true}\n{\"hit\":false}\n"), &out, oracle.Task{Text: "麒麟"}, settings())
	if err != nil || !got.Exact || strings.Count(out.String(), `"test"`) != 2 {
		t.Errorf("outcome %+v, %v after %q", got, err, out.String())
	}
}

// guided begins searches with a prior, with a budget, that characterise what
// they find.
func guided(t testing.TB) oracle.Settings {
	t.Helper()
	d, err := bayes.NewDictionary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return oracle.Settings{Begin: func(t oracle.Task) (oracle.Search, error) {
		cost, err := t.Cost.Ratio()
		if err != nil {
			return nil, err
		}
		c := bayes.Config{
			Text: t.Text, Dictionary: d, Sep: t.Sep, MaxLen: t.MaxLen, Noisy: t.Noisy, All: t.Want == "all",
			TriggerCost: cost, Accounts: t.Accounts, Budget: isolate.Budget{Questions: 60, Triggering: 30, Rounds: 50},
		}
		h, err := bayes.New(c)
		if err != nil {
			return nil, err
		}
		return oracle.Deepen{Characterise: t.Characterise, Passed: t.Passed}.After(oracle.Guided{Hunt: h}, c), nil
	}}
}

// TestOraclesOfAllSorts serves tasks to oracles that are of no use.
func TestOraclesOfAllSorts(t *testing.T) {
	t.Parallel()
	task := `{"task":{"id":"t","text":"我们在车站见面，然后去博物馆。","characterise":true,"passed":["x"]}}` + "\n"
	cases := []struct{ name, in, out, err string }{
		{"never reacts", task + strings.Repeat(`{"hit":false}`+"\n", 70), `"exact":false,"why":"`, ""},
		{"always reacts", task + strings.Repeat(`{"hit":true}`+"\n", 70), `"exact":false,"why":"`, ""},
		{"refuses all", task + strings.Repeat(`{"error":"no"}`+"\n", 70), `"exact":false,"why":"`, ""},
		{"refuses all as too long", task + strings.Repeat(`{"error":"too long","max_len":1}`+"\n", 70), `"exact":false,"why":"`, ""},
		{"every other time", task + strings.Repeat(`{"hit":true}`+"\n"+`{"hit":false}`+"\n", 40), `"exact":`, ""},
		{"hangs up", task + `{"hit":false}` + "\n", `"test"`, "unexpected EOF"},
		{"half a line", task + `{"hit":`, "", "line 2 of the oracle is not an answer"},
		{"a cost of nothing", `{"task":{"text":"a b","cost":{"message":0,"trigger":9}}}` + "\n", `"exact":false,"why":"a cost of`, ""},
		{"too many accounts", `{"task":{"text":"a b","accounts":1000}}` + "\n", `"exact":false,"why":"1000 accounts`, ""},
		{"a number as text", `{"task":{"text":7}}` + "\n", "", "line 1 of the oracle is not an answer"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			in := strings.NewReader(c.in)
			err := oracle.Serve(&untilResult{in, &out}, &out, guided(t))
			if !strings.Contains(out.String(), c.out) {
				t.Errorf("wrote %q, want %q in it", out.String(), c.out)
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}

// untilResult ends the input once a result was written.
type untilResult struct {
	in  *strings.Reader
	out *bytes.Buffer
}

func (u *untilResult) Read(p []byte) (int, error) {
	if strings.Contains(u.out.String(), `"result"`) {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) {
		b, err := u.in.ReadByte()
		if err != nil {
			return n, err
		}
		p[n] = b
		if n++; b == '\n' {
			break
		}
	}
	return n, nil
}

func FuzzServe(f *testing.F) {
	f.Add(`{"task":{"id":"t","text":"麒麟"}}` + "\n" + `{"hits":[true,false]}` + "\n")
	f.Add(`{"task":{"text":"a b c","want":"all","noisy":true}}` + "\n" + `{"hit":true}` + "\n" + `{"error":"too long","max_len":2}`)
	f.Fuzz(func(t *testing.T, in string) {
		if err := oracle.Serve(strings.NewReader(in), io.Discard, settings()); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}

// FuzzGuided puts any answers to tasks of any kind.
func FuzzGuided(f *testing.F) {
	f.Add("a b c", true, 3, `{"hits":[true,false,{"error":"no"}]}`)
	f.Add("我们在车站见面", false, 0, `{"hit":true}`+"\n"+`{"hit":false}`+"\n"+`{"error":"too long","max_len":2}`+"\n"+`{"hit":false}`)
	set := guided(f)
	f.Fuzz(func(t *testing.T, text string, noisy bool, accounts int, answers string) {
		if len(text)+len(answers) > 1000 {
			return
		}
		task, err := json.Marshal(map[string]any{"task": map[string]any{
			"text": text, "noisy": noisy, "accounts": accounts, "characterise": noisy, "passed": []string{text}, "want": "all",
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := oracle.Serve(strings.NewReader(string(task)+"\n"+answers), io.Discard, set); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
