package browser_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/driver/browser"
)

// What is typed is the text, whatever keys there are for it.
func TestStrokesAreTheText(t *testing.T) {
	t.Parallel()
	want := []string{"key a", "key B", "key  ", "key 7", "key ~", "method 明天ありがとう", "insert ж🌞", "key !", "insert שלום"}
	if diff := cmp.Diff(want, browser.Strokes("aB 7~明天ありがとうж🌞!שלום")); diff != "" {
		t.Error(diff)
	}
}

func TestEveryKeyOfTheKeyboard(t *testing.T) {
	t.Parallel()
	for r := rune(0x20); r < 0x7f; r++ {
		if got := browser.Strokes(string(r)); len(got) != 1 || got[0] != "key "+string(r) {
			t.Errorf("%q is typed by %q", r, got)
		}
	}
}

func TestTheWayOut(t *testing.T) {
	t.Parallel()
	flags, err := browser.ProxyFlags([]string{"PATH=/bin"})
	if err != nil || strings.Join(flags, " ") != "--no-proxy-server" {
		t.Errorf("without a proxy: %q, %v", flags, err)
	}
	flags, err = browser.ProxyFlags([]string{"https_proxy=http://127.0.0.1:8080"})
	if err != nil || len(flags) != 2 || flags[0] != "--proxy-server=http://127.0.0.1:8080" || !strings.Contains(flags[1], "<-loopback>") {
		t.Errorf("with a proxy: %q, %v", flags, err)
	}
	if _, err = browser.ProxyFlags([]string{"HTTPS_PROXY=http://127.0.0.1:8080", "TELLTALE_CA=/nowhere/ca.pem"}); err == nil {
		t.Error("an authority that is not there: want an error")
	}
}
