package sip_test

import (
	"strings"
	"testing"

	"example.org/telltale/internal/driver/sip"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	o, err := sip.ParseOptions([]byte(`{"server": "sip.example.org:5060"}`))
	if err != nil || o.Domain != "sip.example.org" || o.Transport != "udp" {
		t.Errorf("got %+v, %v", o, err)
	}
	for raw, want := range map[string]string{
		`{}`:                               "options.server",
		`{"server": "x"}`:                  "options.server",
		`{"server": "x:1", "listen": "x"}`: "options.listen",
		`{"server": "x:1", "transport": "smoke"}`: "options.transport",
		`{"server": "x:1", "expires": "1s"}`:      "options.expires",
		`{"server": "x:1", "expire": "60s"}`:      `"expires"`,
	} {
		if _, err := sip.ParseOptions([]byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
