package redact_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/redact"
)

func TestCredentialsAndPeopleInMessages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		message  string
		out      bool
		want     []string
		withheld bool
	}{
		"bearer":     {"GET / HTTP/1.1\r\nAuthorization: Bearer abc.def.ghi\r\n\r\n", true, []string{"abc.def.ghi"}, true},
		"basic":      {"GET / HTTP/1.1\r\nProxy-Authorization: Basic YW5uYWJlbDpzZWNyZXQx\r\n\r\n", true, []string{"YW5uYWJlbDpzZWNyZXQx", "annabel", "secret1"}, true},
		"cookies":    {"GET / HTTP/1.1\r\nCookie: sid=0123456789; lang=en\r\n\r\n", true, []string{"0123456789"}, true},
		"set-cookie": {"HTTP/1.1 200 OK\r\nSet-Cookie: sid=0123456789; Path=/profile\r\n\r\n", false, []string{"0123456789"}, true},
		"query":      {"GET /a?q=hello&access_token=tok%2B123456 HTTP/1.1\r\n\r\n", true, []string{"tok%2B123456", "tok+123456"}, true},
		"form":       {"POST /in HTTP/1.1\r\nContent-Length: 31\r\n\r\nuser=annabel&password=secret123", true, []string{"secret123"}, true},
		"json":       {"HTTP/1.1 200 OK\r\n\r\n" + `{"a":[{"refreshToken":"secret123"},{"name":"annabel"}]}`, false, []string{"secret123"}, true},
		"short":      {"GET /?pwd=abc HTTP/1.1\r\n\r\n", true, nil, true},
		"mail":       {"HTTP/1.1 200 OK\r\n\r\nAsk jorun.shan+x@mail.example.org or support@vendor.test.", false, []string{"jorun.shan+x@mail.example.org"}, false},
		"UTF-16":     {"\xff\xfe" + wide("ask jorun@example.org"), false, []string{"jorun@example.org"}, false},
		"phone":      {"call +49 (176) 123-45678, not 12345678 or base64+491761234567", false, []string{"+49 (176) 123-45678"}, false},
		"nothing":    {"GET /token HTTP/1.1\r\nHost: a.test\r\n\r\n", true, nil, false},
	} {
		got, withheld := redact.FoundIn([]byte(test.message), test.out)
		if d := cmp.Diff(test.want, got); d != "" || withheld != test.withheld {
			t.Errorf("%s: withheld %v\n%s", name, withheld, d)
		}
	}
}

// wide writes text in UTF-16LE.
func wide(s string) string {
	return strings.Join(strings.Split(s, ""), "\x00") + "\x00"
}

func TestHomesInPaths(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{
		"/home/annabel/bin/drive":   {"/home/annabel", "annabel"},
		"/Users/ann/x":              {"/Users/ann"},
		`C:\Users\Annabel Lee\x`:    {"Annabel", `C:\Users\Annabel`},
		`{"p":"C:\\Users\\jorun"}`:  {`C:\\Users\\jorun`, "jorun"},
		"/home/runner/work/project": {"/home/runner"},
		"/usr/bin/true":             nil,
	} {
		if d := cmp.Diff(want, redact.HomesIn(path)); d != "" {
			t.Errorf("%s:\n%s", path, d)
		}
	}
}

func FuzzFoundIn(f *testing.F) {
	f.Add([]byte("GET /?token=abcdefgh HTTP/1.1\r\nCookie: a=b; c=dddddddd\r\n\r\n"), true)
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b"), false)
	f.Add([]byte(`{"password":["aaaaaaaa",{"b":1}]} a@b.example +49 176 12345678`), false)
	f.Fuzz(func(t *testing.T, b []byte, out bool) {
		texts, _ := redact.FoundIn(b, out)
		for _, s := range texts {
			if s == "" || !utf8.ValidString(s) {
				t.Fatalf("%q is no text that can be looked for", s)
			}
		}
	})
}
