package chromium_test

import (
	"context"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/report/chromium"
)

// start starts a browser that ends with the test.
func start(t *testing.T) *chromium.Browser {
	t.Helper()
	if _, err := chromium.Find(); err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	b, err := chromium.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// A page that does what a report must never do: all of it has to be seen.
func TestWhatAPageDoesIsSeen(t *testing.T) {
	t.Parallel()
	b := start(t)
	page := `<title>x</title><meta http-equiv="Content-Security-Policy" content="script-src 'none'"><script>window.ran = 1; alert("dialog here"); fetch("http://a.test/fetched"); open("http://a.test/window")</script><img src="http://a.test/image">`
	if err := b.Open("data:text/html," + url.PathEscape(page)); err != nil {
		t.Fatal(err)
	}
	var ran int
	if err := b.Eval("new Promise(done => setTimeout(() => done(window.ran), 0))", &ran); err != nil || ran != 1 {
		t.Errorf("ran %d, error %v; want 1, whatever the page's own policy says", ran, err)
	}
	for _, want := range []string{"http://a.test/fetched", "http://a.test/image"} {
		if !slices.Contains(b.Requests(), want) {
			t.Errorf("the request for %s was not seen: %q", want, b.Requests())
		}
	}
	if got := strings.Join(b.Opened(), " "); !strings.Contains(got, "dialog here") {
		t.Errorf("opened %q, want the dialog", got)
	}
	if err := b.Eval("throw new Error('no')", nil); err == nil || !strings.Contains(err.Error(), "no") {
		t.Errorf("an expression that throws gives %v", err)
	}
}

func TestABrowserEndsWithItsContext(t *testing.T) {
	t.Parallel()
	if _, err := chromium.Find(); err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	b, err := chromium.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := b.Eval("new Promise(() => {})", nil); err == nil {
		t.Error("want an error from a browser that has ended")
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}
