package oracle_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"example.org/telltale/internal/isolate"
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

func FuzzServe(f *testing.F) {
	f.Add(`{"task":{"id":"t","text":"麒麟"}}` + "\n" + `{"hits":[true,false]}` + "\n")
	f.Add(`{"task":{"text":"a b c","want":"all","noisy":true}}` + "\n" + `{"hit":true}` + "\n" + `{"error":"too long","max_len":2}`)
	f.Fuzz(func(t *testing.T, in string) {
		if err := oracle.Serve(strings.NewReader(in), io.Discard, settings()); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
