package browser_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/browser"
	"example.org/telltale/internal/driver/drivertest"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/paired"
)

func account(name string) ends.Account {
	return ends.Account{Name: name, Password: "secret of " + name}
}

// settings of the chat's page.
func settings(address string) map[string]any {
	return map[string]any{
		"url": address,
		"login": []any{
			map[string]any{"into": "[name=nick]", "type": "{{user}}"},
			map[string]any{"into": "[name=secret]", "type": "{{password}}"},
			map[string]any{"click": "#login button"},
		},
		"input":    "#field",
		"messages": map[string]any{"selector": ".message", "text": ".text", "from": ".from", "own": ".own"},
		"errors":   []any{map[string]any{"selector": "[role=alert]", "match": "could not be delivered"}},
		"ended":    []any{map[string]any{"selector": "body[data-out]"}},
		"dialog":   "not sent",
		"patience": "1m", // machines may be busy
	}
}

func rawOptions(t *testing.T, options map[string]any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func end(t *testing.T, a ends.Account, options map[string]any) *browser.End {
	t.Helper()
	o, err := browser.ParseOptions(rawOptions(t, options))
	if err != nil {
		t.Fatal(err)
	}
	e, err := browser.New(browser.Config{Account: a, Options: o, Env: os.Environ(), Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// need skips a test where no browser is, or fails it where none may lack.
func need(t *testing.T, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, browser.ErrMissing) && os.Getenv("TELLTALE_REQUIRE_REAL") == "":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}

// drive makes a driver of two browsers.
func drive(t *testing.T, c *chat, field string) *paired.Driver {
	t.Helper()
	options := settings(c.url + "?" + field)
	alice, bob := account("alice"), account("bob")
	d, err := paired.New(paired.Config{
		Parties: []paired.Party{
			{Account: alice, Side: telltale.SideApp, End: end(t, alice, options)},
			{Account: bob, Side: telltale.SidePeer, End: end(t, bob, settings(c.url))},
		},
		Timeout: 2 * time.Minute, Clock: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTwoPages(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a long one")
	}
	d := drive(t, serve(t), "editable")
	_, err := d.Describe(t.Context())
	need(t, err)
	for _, r := range drivertest.Check(context.Background(), d, drivertest.Options{Wait: time.Minute, Patience: 2 * time.Minute}) {
		if !r.OK {
			t.Errorf("%s: %s", r.Name, r.Detail)
		} else if r.Detail != "" {
			t.Logf("%s: %s", r.Name, r.Detail)
		}
	}
}

func send(t *testing.T, d telltale.Driver, text string) telltale.Receipt {
	t.Helper()
	wait := time.Minute
	if strings.Contains(text, "rotten") {
		wait = 3 * time.Second // nothing will come
	}
	r, err := d.Send(t.Context(), telltale.Typing{Probe: "p1", From: "alice", To: "bob", Text: text, Wait: wait})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The fates of a message, each as the page and the chat make it.
func TestWhatBecomesOfMessages(t *testing.T) {
	t.Parallel()
	d := drive(t, serve(t), "controlled")
	_, err := d.Describe(t.Context())
	need(t, err)
	t.Cleanup(func() { _ = d.Close() })
	for _, test := range []struct {
		text, got string
		want      telltale.Outcome
		reason    string
	}{
		{"good morning, 明天 at twelve", "good morning, 明天 at twelve", telltale.Delivered, ""},
		{"two  blanks", "two  blanks", telltale.Delivered, ""},
		{"some forbidden fruit", "", telltale.Refused, "Message could not be delivered"},
		{"sour grapes", "sweet grapes", telltale.Altered, ""},
		{"a whisper", "", telltale.Void, "SHOUT"},
		{"some rotten fruit", "", telltale.Dropped, ""},
		{"fields that write themselves: 火竹果玉 🌞", "fields that write themselves: 火竹果玉 🌞", telltale.Delivered, ""},
		{"one\nbreak", "", telltale.Void, "line break"},
		{"as before", "as before", telltale.Delivered, ""},
	} {
		r := send(t, d, test.text)
		if r.Outcome != test.want || r.Got != test.got || !strings.Contains(r.Reason, test.reason) {
			t.Errorf("%q: %+v, want %s %q %q", test.text, r, test.want, test.got, test.reason)
		}
	}
	if r := send(t, d, "some poison"); r.Outcome != telltale.Refused || !r.Ended {
		t.Errorf("the session ended over it: %+v", r)
	}
	if r := send(t, d, "back again"); r.Outcome != telltale.Delivered {
		t.Errorf("after a new login: %+v", r)
	}
}

// heard collects events.
type heard struct{ all chan ends.Event }

func (h heard) hear(ev ends.Event) {
	select {
	case h.all <- ev:
	default: // nobody waits for so many
	}
}

func TestPagesThatFail(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a long one")
	}
	c := serve(t)
	options := settings(c.url + "?alarm")
	options["send"] = map[string]any{"click": "aria/Send"}
	e := end(t, account("alice"), options)
	h := heard{make(chan ends.Event, 100)}
	need(t, e.Open(t.Context(), h.hear))
	put := func(text string) (ends.Sent, error) {
		return e.Put(t.Context(), ends.Post{To: account("bob"), Text: text})
	}
	if sent, err := put("some forbidden fruit"); err != nil || sent.Outcome != "" {
		t.Fatalf("a text that is refused by a dialog: %+v, %v", sent, err)
	}
	if ev := <-h.all; ev.Kind != ends.Bounced || ev.Reason != "That message was not sent." {
		t.Errorf("the dialog was heard as %+v", ev)
	}
	if err := e.Probe(t.Context()); err != nil {
		t.Errorf("after a dialog that means something: %v", err)
	}
	for what, script := range map[string]string{
		"went to":   "location.href = '/elsewhere'",
		"a dialog":  "setTimeout(() => confirm('really?'), 0)",
		"crashed":   "crash",
		"has ended": "end",
	} {
		if err := e.Open(t.Context(), h.hear); err != nil {
			t.Fatal(err)
		}
		if err := e.Disturb(script); err != nil {
			t.Fatal(err)
		}
		if _, err := put("hello"); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v, want an error with %q", script, err, what)
		}
	}
}
