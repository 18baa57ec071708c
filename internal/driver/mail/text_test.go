package mail_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"example.org/telltale/internal/driver/mail"
)

var marks = map[string]string{"html": "h", "subject": "s", "header": "x", "attachment": "a"}

func id(place string) string {
	mark := marks[place]
	if mark == "" {
		mark = "b"
	}
	return "<" + mark + ".0123456789abcdef01234567@example.test>"
}

// back writes a mail and reads it again.
func back(t interface {
	Helper()
	Fatal(...any)
}, place, text string, eightBit bool) string {
	t.Helper()
	raw := mail.Compose(place, text, id(place), eightBit)
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n") || !eightBit && !utf8Free(line) {
			t.Fatal("a line that does not pass through SMTP: ", string(line))
		}
	}
	r, err := mail.ParseMail(raw)
	if err != nil {
		t.Fatal(err)
	}
	if r.ID != id(place) || r.From != "alice@example.test" || r.Notes != "" || r.Bounce {
		t.Fatal("read wrongly: ", r)
	}
	return r.Text
}

func utf8Free(line []byte) bool {
	for _, c := range line {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func TestTextsComeBackExactly(t *testing.T) {
	t.Parallel()
	texts := []string{
		"", "x", "see you at the station", "two  spaces   and one at the end ", " in front", "明天下午一起喝茶吧", "good 🌞👩‍🌾🍵",
		strings.Repeat("pleasant walk ", 72)[:1000], strings.Repeat("长", 700), "From here\nFrom there", ".\n..\n.dot", "a\nb\n", "\n", "a\n\n\n",
		"=?utf-8?Q?not_coded?=", "=3D and = and =\n", `"quotes", \back\ <angles> & {"json": 1}`, "tab\tand\t", "שלום, نلتقي غدا", "&amp; &lt;br&gt; &nbsp;", "a bell \a",
	}
	for _, place := range mail.Places() {
		for _, text := range texts {
			if mail.Unfit(place, text) != "" {
				continue
			}
			for _, eightBit := range []bool{true, false} {
				if got := back(t, place, text, eightBit); got != text {
					t.Errorf("%s, 8bit %v: %q came back as %q", place, eightBit, text, got)
				}
			}
		}
	}
}

func TestAnyTextComesBackExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		place := rapid.SampledFrom(mail.Places()).Draw(t, "place")
		text := rapid.String().Draw(t, "text")
		if mail.Unfit(place, text) != "" {
			return
		}
		if got := back(t, place, text, rapid.Bool().Draw(t, "8bit")); got != text {
			t.Fatalf("%s: %q came back as %q", place, text, got)
		}
	})
}

func TestWhatCannotBePut(t *testing.T) {
	t.Parallel()
	for text, places := range map[string][]string{
		"a\rb":     mail.Places(),
		"a\x00b":   mail.Places(),
		"a\xffb":   mail.Places(),
		"a\nb":     {"subject", "header"},
		"harmless": nil,
	} {
		for _, place := range mail.Places() {
			if unfit := mail.Unfit(place, text) != ""; unfit != slices.Contains(places, place) {
				t.Errorf("%q in %s: unfit is %v", text, place, unfit)
			}
		}
	}
}

// The wire form is a factor: it must be the one that was asked for.
func TestWireForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		place, text string
		eightBit    bool
		want        string
	}{
		{"body", "hello", true, "Content-Transfer-Encoding: 7bit\r\n\r\nhello\r\n"},
		{"body", "茶", true, "Content-Transfer-Encoding: 8bit\r\n\r\n茶\r\n"},
		{"body", "茶", false, "Content-Transfer-Encoding: quoted-printable\r\n\r\n=E8=8C=B6\r\n"},
		{"body-base64", "hello", true, "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8NCg==\r\n"},
		{"body-quoted", "hello ", true, "Content-Transfer-Encoding: quoted-printable\r\n\r\nhello=20\r\n"},
		{"subject", "hello", true, "Subject: hello\r\n"},
		{"subject", "茶", true, "Subject: =?utf-8?B?6Iy2?=\r\n"},
		{"header", "hello", true, "Comments: hello\r\n"},
	} {
		if raw := mail.Compose(c.place, c.text, id(c.place), c.eightBit); !bytes.Contains(raw, []byte(c.want)) {
			t.Errorf("%s %q: no %q in\n%s", c.place, c.text, c.want, raw)
		}
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"4.7.1 Greylisted, try again in 60 seconds":     time.Minute,
		"try again in 5 minutes":                        5 * time.Minute,
		"4.7.0 come back in 2h":                         2 * time.Hour,
		"Try again later":                               0,
		"99999999999999999999 seconds":                  0,
		"451 4.7.1 <x@y>: please wait 30s":              30 * time.Second,
		"Recipient address rejected: service is busy 1": 0,
	} {
		if got := mail.Wait(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
