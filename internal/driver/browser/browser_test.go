package browser_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
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
			map[string]any{"into": "[name=nick]", "type": "{user}"},
			map[string]any{"into": "[name=secret]", "type": "{password}"},
			map[string]any{"click": "#login button"},
		},
		"input":    "#field",
		"messages": map[string]any{"selector": ".message", "text": ".text", "from": ".from", "own": ".own"},
		"errors":   []any{map[string]any{"selector": "[role=alert]", "match": "could not be delivered"}},
		"ended":    []any{map[string]any{"selector": "body[data-out]"}},
		"dialog":   "not sent",
	}
}

func end(t *testing.T, a ends.Account, options map[string]any) *browser.End {
	t.Helper()
	raw, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	o, err := browser.Parse(raw)
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
	d := drive(t, serve(t), "area")
	_, err := d.Describe(t.Context())
	need(t, err)
	for _, r := range drivertest.Check(context.Background(), d, drivertest.Options{Wait: 30 * time.Second, Patience: 2 * time.Minute}) {
		if !r.OK {
			t.Errorf("%s: %s", r.Name, r.Detail)
		} else if r.Detail != "" {
			t.Logf("%s: %s", r.Name, r.Detail)
		}
	}
}
