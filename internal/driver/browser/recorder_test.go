package browser_test

import (
	"bytes"
	_ "embed"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/driver/browser"
	"example.org/telltale/internal/driver/ends"
)

//go:embed testdata/recording.json
var recording []byte

func TestRecordings(t *testing.T) {
	t.Parallel()
	steps, err := browser.ParseRecording(recording)
	if err != nil || len(steps) != 9 {
		t.Fatalf("%d steps, %v: want 9", len(steps), err)
	}
	for _, test := range []struct{ file, want string }{
		{`{`, "no JSON"},
		{`{"steps":[]}`, "no steps"},
		{`{"steps":[{"type":"click","selectors":[["#a"]],"frame":[0]}]}`, "another frame"},
		{`{"steps":[{"type":"navigate","url":"http://a.test"},{"type":"customStep","selectors":["#a"]}]}`, "step 2 (customStep)"},
		{`{"steps":[{"type":"keyDown","key":"NoSuchKey"}]}`, `"NoSuchKey" is no key`},
		{`{"steps":[{"type":"click","selectors":[[]]}]}`, "no selector"},
	} {
		if _, err := browser.ParseRecording([]byte(test.file)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want an error with %q", test.file, err, test.want)
		}
	}
}

// A recorded login leads to the chat, in a browser that is linked to by a port.
func TestRecordedLogin(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a long one")
	}
	c := serve(t)
	file := filepath.Join(t.TempDir(), "login.json")
	if err := os.WriteFile(file, bytes.ReplaceAll(recording, []byte("http://chat.test/chat"), []byte(c.url)), 0o600); err != nil {
		t.Fatal(err)
	}
	options := settings("about:blank")
	delete(options, "login")
	options["recording"] = file
	e := end(t, account("alice"), options)
	e.OverSocket()
	need(t, e.Open(t.Context(), heard{make(chan ends.Event, 100)}.hear))
	sent, err := e.Put(t.Context(), ends.Post{To: account("bob"), Text: "recorded"})
	if err != nil || sent.Typed != "recorded" || sent.Outcome != "" {
		t.Errorf("put: %+v, %v", sent, err)
	}
	about := e.About()
	if !about.ReadBack || about.App.Version == "" || !about.Same("Alice/phone", ends.Account{Name: "a", Address: "alice@example.test"}) || about.Same("bob", account("alice")) {
		t.Errorf("about: %+v", about)
	}
}

func TestOptionsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ raw, want string }{
		{`{}`, `options.url: "" is no address`},
		{`{"url":"http://a.test"}`, "options.input"},
		{`{"url":"http://a.test","input":"#a","mesages":{}}`, `did you mean "messages"`},
		{`{"url":"http://a.test","input":"#a","messages":{"order":"up"}}`, "options.messages.order"},
		{`{"url":"http://a.test","input":"#a","send":{"key":"Enter","click":"#b"}}`, "options.send"},
		{`{"url":"http://a.test","input":"#a","send":{"key":"Entr"}}`, `options.send.key: "Entr"`},
		{`{"url":"http://a.test","input":"#a","login":[{"type":"x"}]}`, "options.login[0]"},
		{`{"url":"http://a.test","input":"#a","login":[{"click":"#a"},{"click":"#a","wait":"#b"}]}`, "options.login[1]: the step does more"},
		{`{"url":"http://a.test","input":"#a","typing":"shout"}`, "options.typing"},
		{`{"url":"http://a.test","input":"#a","dialog":"("}`, "options.dialog"},
	} {
		if _, err := browser.ParseOptions([]byte(test.raw)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want an error with %q", test.raw, err, test.want)
		}
	}
	o, err := browser.ParseOptions([]byte(`{"url":"http://a.test","input":"#a","send":{"key":"Control+Enter"},"recording":"none.json"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := browser.New(browser.Config{Options: o, Clock: time.Now}); err == nil || !strings.Contains(err.Error(), "options.recording") {
		t.Errorf("a recording that is not there: %v", err)
	}
}

func FuzzRecording(f *testing.F) {
	f.Add(recording)
	f.Add([]byte(`{"steps":[{"type":"change","selectors":[["a","b"]],"value":"x"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		steps, err := browser.ParseRecording(b)
		if err == nil && len(steps) == 0 && !bytes.Contains(b, []byte("type")) {
			t.Fatal("neither steps nor an error")
		}
	})
}
