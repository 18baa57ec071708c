package mail_test

import (
	"os"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/driver/mail"
	"example.org/telltale/internal/driver/paired"
	"example.org/telltale/internal/driver/realserver"
	"example.org/telltale/internal/driver/wire"
)

// rules of a mail filter, in the words of no other.
const rules = `
regexp {
  W_ONE   { re = '/quagmire/i{mime}'; score = 0.1; }
  W_LEFT  { re = '/\bamber\b/i{mime}'; score = 0.1; }
  W_RIGHT { re = '/\bthistle\b/i{mime}'; score = 0.1; }
  W_LATER { re = '/tundra/i{mime}'; score = 0.1; }
  W_GONE  { re = '/橡皮图章/u{mime}'; score = 0.1; }
  W_TITLE { re = 'Subject=/parsnip/i'; score = 0.1; }
}
force_actions {
  rules {
    ONE   { action = "reject"; expression = "W_ONE"; message = "not here"; }
    PAIR  { action = "reject"; expression = "W_LEFT & W_RIGHT"; message = "not both"; }
    LATER { action = "soft reject"; expression = "W_LATER"; message = "Try again later"; }
    GONE  { action = "discard"; expression = "W_GONE"; }
    TITLE { action = "rewrite subject"; expression = "W_TITLE"; subject = "[seen] %s"; }
  }
}
`

// bodyChecks look at the lines of a mail as they are sent, so base64 hides
// words from them.
const bodyChecks = `/lighthouse/ REDIRECT bob+Junk@example.test
/gherkin/ FILTER error:5.7.1 returned to sender
/walrus/ REJECT no walrus
`

// system starts a whole mail system and gives options to use it.
func system(t *testing.T, filter bool) mail.Options {
	t.Helper()
	if testing.Short() {
		t.Skip("a whole mail system takes a while")
	}
	if os.Getuid() != 0 {
		t.Skip("Postfix and Dovecot need root")
	}
	keep := func(s *realserver.Server, err error) *realserver.Server {
		t.Helper()
		realserver.Need(t, err)
		t.Cleanup(func() {
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
		})
		return s
	}
	var lmtp string
	boxes := keep(func() (s *realserver.Server, err error) {
		s, lmtp, err = realserver.Dovecot{TLS: true}.Start(t.Context())
		return s, err
	}())
	post := realserver.Postfix{LMTP: lmtp}
	if filter {
		post.Milter = keep(realserver.Rspamd{Rules: rules}.Start(t.Context())).Addr
		post.BodyChecks = bodyChecks
	}
	return mail.Options{
		SMTP: mail.SMTP{Settings: wire.Settings{Server: keep(post.Start(t.Context())).Addr}},
		IMAP: &mail.IMAP{Settings: wire.Settings{Server: boxes.Addr, CA: boxes.CA}},
	}
}

func TestRealContract(t *testing.T) {
	t.Parallel()
	o := system(t, false)
	contract(t, drive(t, func(string) mail.Options { return o }))
}

func TestRealFilter(t *testing.T) {
	t.Parallel()
	o := system(t, true)
	d := drive(t, func(string) mail.Options { return o })
	for _, c := range []struct {
		place, text string
		want        telltale.Outcome
		detail      string
	}{
		{"", "good morning", telltale.Delivered, ""},
		{"", "into the Quagmire", telltale.Refused, "554 5.7.1"},
		{"body-base64", "into the Quagmire", telltale.Refused, "554 5.7.1"},
		{"html", "into the Quagmire", telltale.Refused, "554 5.7.1"},
		{"subject", "into the Quagmire", telltale.Delivered, ""},
		{"header", "into the Quagmire", telltale.Delivered, ""},
		{"", "a thistle", telltale.Delivered, ""},
		{"", "thistle and amber", telltale.Refused, "not both"},
		{"", "tundra", telltale.Refused, "451 4.7.1"},
		{"", "一个橡皮图章", telltale.Dropped, ""},
		{"subject", "parsnip soup", telltale.Altered, "[seen] parsnip soup"},
		{"", "parsnip soup", telltale.Delivered, ""},
		{"", "the lighthouse keeper", telltale.Diverted, "Junk"},
		{"body-base64", "the lighthouse keeper", telltale.Delivered, ""},
		{"", "a jar of gherkins", telltale.Refused, "returned to sender"},
		{"", "walrus", telltale.Refused, "no walrus"},
		{"body-base64", "walrus", telltale.Delivered, ""},
		{"nobody", "good morning", telltale.Delivered, ""},
		{"nobody", "walrus", telltale.Refused, "no walrus"},
		{"", "good night", telltale.Delivered, ""},
	} {
		check(t, d, c.place, c.text, c.want, c.detail)
	}
}

func check(t *testing.T, d *paired.Driver, place, text string, want telltale.Outcome, detail string) {
	t.Helper()
	wait := soon
	if want == telltale.Dropped {
		wait = short
	}
	r := send(t, d, place, text, wait)
	if r.Outcome != want || !strings.Contains(r.Reason+r.Got+r.Place, detail) {
		t.Errorf("%q in %q: %s, got %q, place %q, reason %q; want %s with %q", text, place, r.Outcome, r.Got, r.Place, r.Reason, want, detail)
	}
}
