package mail_test

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/driver/mail"
)

const ref = "<b.0123456789abcdef01234567@example.test>"

func crlf(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n") + "\r\n") }

// What servers and filters make of mails.
func TestReading(t *testing.T) {
	t.Parallel()
	head := []string{"From: Alice <alice@example.test>", "Message-ID: " + ref}
	with := func(lines ...string) []byte { return crlf(append(head[:2:2], lines...)...) }
	for _, c := range []struct {
		name string
		raw  []byte
		want mail.Read
	}{
		{"the subject is marked, the text is not", with("Subject: [checked] note", "", "hello"),
			mail.Read{ID: ref, From: "alice@example.test", Text: "hello", Notes: `the subject was changed to "[checked] note"`}},
		{"a field is added", with("Subject: note", "X-Spam: yes", "", "hello"),
			mail.Read{ID: ref, From: "alice@example.test", Text: "hello", Notes: "fields were added: X-Spam"}},
		{"a foot is added", with("Subject: note", "", "hello", "-- ", "scanned"),
			mail.Read{ID: ref, From: "alice@example.test", Text: "hello\n-- \nscanned"}},
		{"another charset", with("Subject: note", "Content-Type: text/plain; charset=gb2312", "Content-Transfer-Encoding: base64", "", "sujLrg=="),
			mail.Read{ID: ref, From: "alice@example.test", Text: "茶水"}},
		{"made into a page", with("Subject: note", "Content-Type: text/html", "", "<html><head><title>x</title></head><body>a &lt;b<br>c<script>no</script></body></html>"),
			mail.Read{ID: ref, From: "alice@example.test", Text: "a <b\nc"}},
		{"wrapped in a report", crlf("From: filter@example.test", "Message-ID: <1@filter>", "Subject: caught", `Content-Type: multipart/mixed; boundary="x"`, "",
			"--x", "", "this looks bad", "--x", "Content-Type: message/rfc822", "", "Message-ID: "+ref, "", "hello", "--x--"),
			mail.Read{ID: ref, From: "filter@example.test", Text: "caught\n\nthis looks bad\n\nMessage-ID: " + ref + "\n\nhello"}},
		{"a stranger", crlf("From: x@y", "Message-ID: <1@y>", "Subject: hi", "", "there"), mail.Read{ID: "<1@y>", From: "x@y", Text: "hi\n\nthere"}},
		{"a bounce", bounced("failed"), mail.Read{ID: "<2@mx>", From: "MAILER-DAEMON@mx.test", Bounce: true, Failed: true, Ref: ref, Reason: "smtp; 550 5.7.1 not wanted here"}},
		{"late, but not lost", bounced("delayed"), mail.Read{ID: "<2@mx>", From: "MAILER-DAEMON@mx.test", Bounce: true, Ref: ref, Reason: "smtp; 550 5.7.1 not wanted here"}},
		{"a bounce in a server's own words", crlf("Return-Path: <>", "From: postmaster@y", "Subject: failure", "", "Your mail was refused.", "", "Message-ID: "+ref),
			mail.Read{From: "postmaster@y", Bounce: true, Failed: true, Ref: ref, Reason: "Your mail was refused. Message-ID: " + ref}},
		{"an answer by a machine", crlf("From: y@y", "Auto-Submitted: auto-replied (vacation)", "In-Reply-To: "+ref, "Subject: away", "", "I am away."),
			mail.Read{From: "y@y", Bounce: true, Failed: true, Ref: ref, Reason: "I am away."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := mail.ParseMail(c.raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func bounced(action string) []byte {
	return crlf("From: MAILER-DAEMON@mx.test", "Message-ID: <2@mx>", "Subject: Undelivered",
		`Content-Type: multipart/report; report-type=delivery-status; boundary="x"`, "",
		"--x", "", "I am sorry.", "",
		"--x", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.test", "",
		"Final-Recipient: rfc822; bob@example.test", "Action: "+action, "Status: 5.7.1", "Diagnostic-Code: smtp; 550 5.7.1 not", " wanted here", "",
		"--x", "Content-Type: text/rfc822-headers", "", "Message-ID: "+ref, "--x--")
}

// Nesting costs a reader more than it costs the writer.
func TestDeepNestingIsBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("Message-ID: " + ref + "\r\n")
	for range 20000 {
		b.WriteString("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n")
	}
	if _, err := mail.ParseMail([]byte(b.String())); err != nil {
		t.Log(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(bounced("failed"))
	for _, place := range mail.Places() {
		f.Add(mail.Compose(place, "tea  茶 ", id(place), true))
	}
	f.Add(crlf("Content-Type: text/html", "", "<p>a<br/>b<style>c</style>"))
	f.Add([]byte("Subject: =?x?Q?=41?=\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := mail.ParseMail(raw)
		if err == nil && !r.Bounce && r.Ref != "" {
			t.Errorf("a name without a notice: %+v", r)
		}
		if len(r.Reason) > 1000 {
			t.Errorf("a reason of %d bytes", len(r.Reason))
		}
	})
}

// scripted is a server that says what it says, whatever it is told.
type scripted struct {
	net.Conn
	says *bytes.Reader
}

func (s scripted) Read(b []byte) (int, error)  { return s.says.Read(b) }
func (s scripted) Write(b []byte) (int, error) { return len(b), nil }
func (s scripted) SetDeadline(time.Time) error { return nil }
func (s scripted) Close() error                { return nil }

func FuzzGreetings(f *testing.F) {
	f.Add([]byte("220 hello\r\n250-here\r\n250 STARTTLS\r\n500 no\r\n"), true)
	f.Add([]byte("220-a\r\n220 b\r\n250 x\r\n* OK hi\r\n* CAPABILITY IMAP4rev1\r\nt1 OK\r\n"), false)
	f.Add([]byte("421 busy\r\n* OK\r\nt1 BAD\r\n"), false)
	f.Fuzz(func(t *testing.T, says []byte, starttls bool) {
		if err := mail.Greetings(t.Context(), scripted{says: bytes.NewReader(says)}, starttls); err == nil && starttls {
			t.Error("a session without TLS was begun")
		}
	})
}
