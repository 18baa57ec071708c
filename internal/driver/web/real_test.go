package web_test

import (
	"fmt"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/driver/realserver"
)

// Rules of a proxy, in the words of no other.
const (
	actions = `{+filter{others} +filter{gone}}
/
{+block{not wanted}}
/search\?.*q=[^&]*(vermilion|%E6%B2%99%E6%BC%A0)
/search\?.*q=([^&]*quince[^&]*badger|[^&]*badger[^&]*quince)
/t/[^/]*closed
`
	filter = `FILTER: others words become others
s@\btreacle\b@honey@ig
s@沙漠@***@g
FILTER: gone a message with both words is taken off the page
s@<p class="msg x">(?=[^<]*velvet)(?=[^<]*anchor)[^<]*</p>@@ig
`
)

// behind gives the board's options with alice, or both, behind a proxy. Its
// threads and its search are places.
func behind(board, proxy string, both bool) string {
	bob := "direct"
	if both {
		bob = proxy
	}
	return fmt.Sprintf(`{"base": %q, "proxy": %q, "proxies": {"bob": %q},
		"places": [
			{"name": "post", "thread": "x{{nonce}}", "send": {"url": "/t/{{thread}}", "form": {"text": "{{text}}"}}},
			{"name": "closed", "thread": "x{{nonce}}closed", "send": {"url": "/t/{{thread}}", "form": {"text": "{{text}}"}}},
			{"name": "search", "send": {"url": "/search?q={{text}}"}, "answer": {"normal": "nothing found"}}
		],
		"read": {"url": "/t/{{thread}}", "items": {"css": "p.msg"}}}`, board, proxy, bob)
}

func privoxy(t *testing.T, o realserver.Privoxy) string {
	t.Helper()
	s, err := o.Start(t.Context())
	realserver.Need(t, err)
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return "http://" + s.Addr
}

func TestRealContract(t *testing.T) {
	t.Parallel()
	proxy := privoxy(t, realserver.Privoxy{})
	contract(t, drive(t, behind(newBoard(t).URL, proxy, true)))
}

func TestRealFilter(t *testing.T) {
	t.Parallel()
	proxy := privoxy(t, realserver.Privoxy{Actions: actions, Filter: filter})
	board := newBoard(t).URL
	for _, both := range []bool{false, true} {
		d := drive(t, behind(board, proxy, both))
		for _, c := range []struct {
			place, text string
			want        telltale.Outcome
			got         string
			reader      bool
		}{
			{"", "good morning", telltale.Delivered, "good morning", false},
			{"", "toast and Treacle", telltale.Altered, "toast and honey", false},
			{"", "一片沙漠", telltale.Altered, "一片***", false},
			{"", "anchor", telltale.Delivered, "anchor", false},
			{"", "an anchor on velvet", telltale.Dropped, "", false},
			{"search", "quince", telltale.Delivered, "quince", false},
			{"search", "badger and quince", telltale.Refused, "", false},
			{"search", "沙漠", telltale.Refused, "", false},
			{"", "good night", telltale.Delivered, "good night", false},
		} {
			want, got := c.want, c.got
			if !both && c.place == "" {
				// The one who reads is past the proxy.
				want, got = telltale.Delivered, c.text
			}
			wait := soon
			if want == telltale.Dropped {
				wait = short
			}
			if r := send(t, d, c.place, c.text, wait); r.Outcome != want || r.Got != got || r.Reader != c.reader {
				t.Errorf("both %v, %q: %+v, want %s %q", both, c.text, r, want, got)
			}
		}
	}
}

// The page is closed by its address: bob cannot read what alice could write.
func TestRealReaderIsRefused(t *testing.T) {
	t.Parallel()
	proxy := privoxy(t, realserver.Privoxy{Actions: actions, Filter: filter})
	board := newBoard(t).URL
	options := fmt.Sprintf(`{"base": %q, "proxies": {"bob": %q},
		"places": [{"name": "post", "thread": "{{nonce}}{{text|raw}}", "send": {"url": "/t/{{thread}}", "form": {"text": "{{text}}"}}}],
		"read": {"url": "/t/{{thread}}", "items": {"css": "p.msg"}}}`, board, proxy)
	d := drive(t, options)
	for text, refused := range map[string]bool{"open": false, "closed": true} {
		r := send(t, d, "", text, soon)
		if r.Reader != refused || (r.Outcome == telltale.Refused) != refused {
			t.Errorf("%s: %+v", text, r)
		}
	}
}
