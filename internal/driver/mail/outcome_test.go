package mail_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-smtp"

	"example.org/telltale"
	"example.org/telltale/internal/driver/mail"
)

func TestContract(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	contract(t, drive(t, func(string) mail.Options { return w.options() }))
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	refuse := func(code int, class smtp.EnhancedCode, text string) func([]byte) ([]byte, string, error) {
		return func(raw []byte) ([]byte, string, error) {
			if !bytes.Contains(raw, []byte("hello")) {
				return raw, "INBOX", nil
			}
			return nil, "", &smtp.SMTPError{Code: code, EnhancedCode: class, Message: text}
		}
	}
	for _, c := range []struct {
		name, place string
		rule        func(raw []byte) ([]byte, string, error)
		want        telltale.Receipt
	}{
		{"delivered", "", nil, telltale.Receipt{Outcome: telltale.Delivered, Got: "hello"}},
		{"refused", "", refuse(554, smtp.EnhancedCode{5, 7, 1}, "no"), telltale.Receipt{Outcome: telltale.Refused, Reason: "554 5.7.1 no (after the text)"}},
		{"put off every time", "", refuse(451, smtp.EnhancedCode{4, 7, 1}, "later"), telltale.Receipt{Outcome: telltale.Refused, Reason: "451 4.7.1 later (after the text)"}},
		{"too long", "", refuse(552, smtp.EnhancedCode{5, 3, 4}, "size"), telltale.Receipt{Outcome: telltale.Void, Reason: "the text is too long for this service: 552 5.3.4 size (after the text)"}},
		{"cut", "", func([]byte) ([]byte, string, error) { return nil, "", errCut }, telltale.Receipt{Outcome: telltale.Dropped, Ended: true, Reason: "the connection ended: "}},
		{"the session is ended every time", "", refuse(421, smtp.EnhancedCode{4, 7, 1}, "bye"), telltale.Receipt{Outcome: telltale.Refused, Ended: true, Reason: "421 4.7.1 bye (after the text)"}},
		{"thrown away", "", func([]byte) ([]byte, string, error) { return nil, "", nil }, telltale.Receipt{Outcome: telltale.Dropped}},
		{"diverted", "", func(raw []byte) ([]byte, string, error) { return raw, "Junk", nil }, telltale.Receipt{Outcome: telltale.Diverted, Got: "hello", Place: "Junk"}},
		{"subject rewritten", "subject", func(raw []byte) ([]byte, string, error) {
			return bytes.Replace(raw, []byte("Subject: "), []byte("Subject: [x] "), 1), "INBOX", nil
		}, telltale.Receipt{Outcome: telltale.Altered, Got: "[x] hello"}},
		{"subject of another mail marked", "body", func(raw []byte) ([]byte, string, error) {
			return bytes.Replace(raw, []byte("Subject: "), []byte("Subject: [x] "), 1), "INBOX", nil
		}, telltale.Receipt{Outcome: telltale.Delivered, Got: "hello", Reason: `the subject was changed to "[x] note"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			d := drive(t, func(string) mail.Options { return w.options() })
			if r := send(t, d, "", "good morning", soon); r.Outcome != telltale.Delivered {
				t.Fatalf("a harmless mail: %+v", r)
			}
			w.mu.Lock()
			w.rule = c.rule
			w.mu.Unlock()
			wait := soon
			if c.want.Outcome == telltale.Dropped {
				wait = short
			}
			r := send(t, d, c.place, "hello", wait)
			if r.Outcome != c.want.Outcome || r.Got != c.want.Got || r.Place != c.want.Place || !strings.HasPrefix(r.Reason, c.want.Reason) || c.want.Reason == "" && r.Reason != "" || r.Ended != c.want.Ended || r.Typed != "hello" {
				t.Errorf("got %+v, want %+v", r, c.want)
			}
		})
	}
}

// Rates are no result, however often they are spoken of.
func TestRatesAreNoResult(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := drive(t, func(string) mail.Options { return w.options() })
	if r := send(t, d, "", "good morning", soon); r.Outcome != telltale.Delivered {
		t.Fatalf("%+v", r)
	}
	w.mu.Lock()
	w.rule = func([]byte) ([]byte, string, error) {
		return nil, "", &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "rate limit, try later"}
	}
	w.mu.Unlock()
	if r := send(t, d, "", "hello", soon); r.Outcome != telltale.Void {
		t.Errorf("%+v", r)
	}
}

// What the service adds to every mail is no change of the text.
func TestAFootIsCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options()
	o.Cut = `\n-- \nscanned by .*`
	d := drive(t, func(string) mail.Options { return o })
	w.mu.Lock()
	w.rule = func(raw []byte) ([]byte, string, error) {
		return append(raw, "-- \r\nscanned by nobody\r\n"...), "INBOX", nil
	}
	w.mu.Unlock()
	if r := send(t, d, "", "hello", soon); r.Outcome != telltale.Delivered {
		t.Errorf("%+v", r)
	}
}

// A server that puts everything off at first is not refusing a text.
func TestGreylistingIsNoResult(t *testing.T) {
	t.Parallel()
	for _, stage := range []string{"recipient", "text"} {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			d := drive(t, func(string) mail.Options { return w.options() })
			left := 2
			later := func() error {
				if left--; left >= 0 {
					return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "try again later"}
				}
				return nil
			}
			w.mu.Lock()
			if stage == "recipient" {
				w.gate = func(string) error { return later() }
			} else {
				w.rule = func(raw []byte) ([]byte, string, error) { return raw, "INBOX", later() }
			}
			w.mu.Unlock()
			if r := send(t, d, "", "hello", soon); r.Outcome != telltale.Delivered {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestBouncesAreHeard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := drive(t, func(string) mail.Options { return w.options() })
	w.mu.Lock()
	w.rule = func(raw []byte) ([]byte, string, error) {
		id := raw[bytes.Index(raw, []byte("<b.")):]
		id = id[:bytes.IndexByte(id, '>')+1]
		notice := bytes.ReplaceAll(bounced("failed"), []byte(ref), id)
		if _, err := w.users["alice@example.test"].Append("INBOX", literal{bytes.NewReader(notice)}, &imap.AppendOptions{}); err != nil {
			return nil, "", err
		}
		return nil, "", nil
	}
	w.mu.Unlock()
	r := send(t, d, "", "hello", soon)
	if r.Outcome != telltale.Refused || !strings.Contains(r.Reason, "550 5.7.1 not wanted here") {
		t.Errorf("%+v", r)
	}
}

// A bounce of an older mail says nothing of the present one.
func TestBouncesOfOthersDoNotCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := drive(t, func(string) mail.Options { return w.options() })
	w.mu.Lock()
	w.rule = func(raw []byte) ([]byte, string, error) { return nil, "", nil }
	w.mu.Unlock()
	w.post(t, "alice@example.test", bounced("failed"))
	if r := send(t, d, "", "hello", short); r.Outcome != telltale.Dropped {
		t.Errorf("%+v", r)
	}
}

// Nobody reads such mails: the answer alone tells.
func TestNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := drive(t, func(string) mail.Options { return w.options() })
	w.mu.Lock()
	w.rule = func(raw []byte) ([]byte, string, error) {
		if bytes.Contains(raw, []byte("wicked")) {
			return nil, "", &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "no"}
		}
		return nil, "", &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	w.mu.Unlock()
	if r := send(t, d, "nobody", "good", soon); r.Outcome != telltale.Delivered || r.Got != "good" {
		t.Errorf("harmless: %+v", r)
	}
	if r := send(t, d, "nobody", "wicked", soon); r.Outcome != telltale.Refused || !strings.HasPrefix(r.Reason, "554") {
		t.Errorf("not harmless: %+v", r)
	}
}

func TestNobodyIsRefusedBeforeTheText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := drive(t, func(string) mail.Options { return w.options() })
	w.mu.Lock()
	w.gate = func(string) error { return &smtp.SMTPError{Code: 550, Message: "no such user"} }
	w.mu.Unlock()
	if r := send(t, d, "nobody", "good", soon); r.Outcome != telltale.Void || !strings.Contains(r.Reason, "before it sees a text") {
		t.Errorf("%+v", r)
	}
}
