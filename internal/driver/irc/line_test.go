package irc_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/driver/irc"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want irc.Parsed
	}{
		{"PING :a b", irc.Parsed{Command: "PING", Params: []string{"a b"}}},
		{":n!u@h privmsg #c :hello  there ", irc.Parsed{Source: "n!u@h", Command: "PRIVMSG", Params: []string{"#c", "hello  there "}}},
		{":s 005 n A=b  C :are supported", irc.Parsed{Source: "s", Command: "005", Params: []string{"n", "A=b", "C", "are supported"}}},
		{"@a=b\\s\\:\\\\\\n;c;+d/e=\\ :x CMD", irc.Parsed{Tags: map[string]string{"a": "b ;\\\n", "c": "", "+d/e": ""}, Source: "x", Command: "CMD"}},
		{":n!u@h PRIVMSG #c ::-)", irc.Parsed{Source: "n!u@h", Command: "PRIVMSG", Params: []string{"#c", ":-)"}}},
		{":n PRIVMSG #c :", irc.Parsed{Source: "n", Command: "PRIVMSG", Params: []string{"#c", ""}}},
	}
	for _, test := range tests {
		got, err := irc.Parse(test.in)
		if err != nil {
			t.Errorf("%q: %v", test.in, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q:\n%s", test.in, diff)
		}
	}
	for _, bad := range []string{"", " ", ":x", "@a=b", "@a :x ", "X" + strings.Repeat(" y", 100)} {
		if got, err := irc.Parse(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("@time=1;msgid=x\\s :nick!user@host PRIVMSG #room :some words")
	f.Add(":server 005 me CASEMAPPING=ascii NICKLEN=9 :are supported by this server")
	f.Add(":server CAP * LS * :sasl=PLAIN batch")
	f.Fuzz(func(t *testing.T, s string) {
		l, err := irc.Parse(s)
		if err != nil {
			return
		}
		if l.Command == "" || strings.Contains(l.Command, " ") {
			t.Errorf("%q has the command %q", s, l.Command)
		}
		for i, p := range l.Params {
			if i < len(l.Params)-1 && (p == "" || strings.Contains(p, " ")) {
				t.Errorf("%q has the parameter %q in its middle", s, p)
			}
		}
	})
}

func TestFold(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, casemap, want string }{
		{"ABC[]\\^", "rfc1459", "abc{}|~"},
		{"ABC[]\\^", "ascii", "abc[]\\^"},
		{"ABC[]\\^", "strict-rfc1459", "abc{}|^"},
		{"Ä", "rfc1459", "Ä"},
	}
	for _, test := range tests {
		if got := irc.Fold(test.in, test.casemap); got != test.want {
			t.Errorf("%s in %s: %s, want %s", test.in, test.casemap, got, test.want)
		}
	}
}
