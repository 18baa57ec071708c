package views_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/sensortest"
	"example.org/telltale/internal/sensor/tape"
	"example.org/telltale/internal/sensor/views"
)

// TestTLSInside: what a carrier tells of a connection whose TLS it opens, or
// does not.
func TestTLSInside(t *testing.T) {
	t.Parallel()
	type step struct {
		said  []string
		learn telltale.Visibility
		turn  string
	}
	for name, c := range map[string]struct {
		steps []step
		end   string
		want  []string
	}{
		"opened": {[]step{{nil, telltale.Intercepted, "tls"}, {[]string{get, none}, "", "http/1.1"}}, "http/1.1",
			[]string{"https a.test:80 intercepted" + gotten + noned}},
		"opened, by Turn alone": {[]step{{nil, "", "tls"}, {[]string{get, none}, "", "http/1.1"}}, "http/1.1",
			[]string{"https a.test:80 intercepted" + gotten + noned}},
		"opened for HTTP/2": {[]step{{[]string{">PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x03\x01\x05\x00\x00\x00\x01\x82\x87\x84"}, telltale.Intercepted, "h2"}}, "h2",
			[]string{"https a.test:80 intercepted (the connection ended without an answer) > GET / HTTP/2||"}},
		"not opened": {[]step{{[]string{">\x16\x03\x01\x00\x00\x01", "<\x16"}, telltale.Opaque, "tls"}}, "tls",
			[]string{"tls a.test:80 opaque > \x16\x03\x01\x00\x00\x01 < \x16"}},
		"not opened, by Turn alone": {[]step{{[]string{">\x16\x03\x01\x00\x00\x01", "<\x16"}, "", "tls"}}, "tls",
			[]string{"tls a.test:80 opaque > \x16\x03\x01\x00\x00\x01 < \x16"}},
		"begun later": {[]step{
			{[]string{"<220 hi\r\n"}, "", ""}, {[]string{">EHLO a\r\n", "<250 STARTTLS\r\n", ">STARTTLS\r\n", "<220 go\r\n"}, "", "smtp"},
			{[]string{">EHLO a\r\n", "<250 OK\r\n"}, telltale.Intercepted, "smtp"},
		}, "smtp", []string{
			"smtp a.test:80 clear < 220 hi| > EHLO a| < 250 STARTTLS| > STARTTLS| < 220 go|",
			"smtp a.test:80 intercepted > EHLO a| < 250 OK|",
		}},
	} {
		r := newRig(t, views.Config{})
		info := r.conn()
		tp := r.tape(info)
		for _, s := range c.steps {
			if s.learn != "" {
				info.Visibility = s.learn
				tp.(tape.Learner).Learn(info)
			}
			if s.turn != "" {
				tp.(tape.Turner).Turn(s.turn)
			}
			say(t, tp, s.said...)
		}
		info.Proto = c.end
		if err := tp.Close(info); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(c.want, r.flows()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// question packs a DNS message.
func question(t *testing.T, id uint16, name string, answer bool) string {
	t.Helper()
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, Response: answer},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDNS(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"udp", "tcp"} {
		r := newRig(t, views.Config{})
		info := r.conn()
		info.Proto, info.Transport, info.Host, info.Dst = "dns", transport, "", addr("10.0.0.1:53")
		tp := r.tape(info)
		framed := func(s string) string {
			if transport == "tcp" {
				return s[:1] + "\x00" + string(rune(len(s)-1)) + s[1:]
			}
			return s
		}
		one, two := question(t, 1, "One.test.", false), question(t, 2, "two.test.", false)
		three := question(t, 3, "three.test.", false)
		answer := question(t, 1, "one.test.", true)
		say(t, tp, framed(">"+one), framed(">"+two), framed("<"+answer), framed(">"+three), framed(">short"))
		r.quiet()
		say(t, tp, framed(">"+one))
		info.Error = "no answer came"
		if err := tp.Close(info); err != nil {
			t.Error(err)
		}
		want := []string{
			"dns one.test:53 clear > " + one + " < " + answer,
			"dns 10.0.0.1:53 clear (the message cannot be read: " + unreadable() + ") > short",
			"dns two.test:53 clear > " + two, "dns three.test:53 clear > " + three,
			"dns one.test:53 clear (no answer came) > " + one,
		}
		if diff := cmp.Diff(want, r.flows()); diff != "" {
			t.Errorf("%s: %s", transport, diff)
		}
	}
}

func unreadable() string {
	_, err := new(dnsmessage.Parser).Start([]byte("short"))
	return err.Error()
}

func TestDatagrams(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"udp", "icmp"} {
		r := newRig(t, views.Config{Limits: views.Limits{Turns: 3, Keep: 5}})
		info := r.conn()
		info.Proto, info.Transport = transport, transport
		tp := r.tape(info)
		say(t, tp, ">one", ">two", "<3", ">4")
		r.quiet()
		say(t, tp, "<5")
		if err := tp.Close(info); err != nil {
			t.Error(err)
		}
		is := transport + " a.test:80 clear"
		if diff := cmp.Diff([]string{is + " > one > tw... of 3 < ... of 1", is + " > 4", is + " < 5"}, r.flows()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestTunnelIsRecordedInParts(t *testing.T) {
	t.Parallel()
	r := newRig(t, views.Config{Limits: views.Limits{Turns: 3, Keep: 5}})
	info := r.conn()
	tp := r.tape(info)
	say(t, tp, ">\x00", ">1", "<2", ">34567", "<8")
	r.quiet()
	say(t, tp, ">9")
	if err := tp.Close(info); err != nil {
		t.Error(err)
	}
	is := "tcp a.test:80 clear"
	if diff := cmp.Diff([]string{is + " > \x001 < 2 > 34... of 5", is + " < 8", is + " > 9"}, r.flows()); diff != "" {
		t.Error(diff)
	}
}

// TestHeld: what all flows in progress hold is bounded.
func TestHeld(t *testing.T) {
	t.Parallel()
	r := newRig(t, views.Config{Limits: views.Limits{Held: 100}})
	info := r.conn()
	one, two := r.tape(info), r.tape(info)
	long := strings.Repeat("x", 80)
	say(t, one, ">\x00"+long)
	say(t, two, ">\x00"+long)
	for _, tp := range []tape.Tape{one, two} {
		if err := tp.Close(info); err != nil {
			t.Error(err)
		}
		r.quiet() // what was held is free again
	}
	say(t, r.tape(info), ">\x00"+long)
	r.quiet()
	is := "tcp a.test:80 clear > \x00"
	if diff := cmp.Diff([]string{is + long, is + long[:18] + "... of 81", is + long}, r.flows()); diff != "" {
		t.Error(diff)
	}
}

// TestRecorderFails: after that, nothing passes.
func TestRecorderFails(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	v := views.New(views.Config{Recorder: &sensortest.Recorder{Fail: full}})
	r := &rig{Views: v, t: t}
	info := r.conn()
	tp := r.tape(info)
	say(t, tp, get, none)
	if err := v.Finish(); !errors.Is(err, full) {
		t.Errorf("the error is %v", err)
	}
	if err := tp.Octets(true, info.Start, []byte("x")); !errors.Is(err, full) {
		t.Errorf("octets pass: %v", err)
	}
	if _, err := v.Open(info); !errors.Is(err, full) {
		t.Errorf("a connection opens: %v", err)
	}
	if err := tp.Close(info); !errors.Is(err, full) {
		t.Errorf("a connection closes: %v", err)
	}
}
