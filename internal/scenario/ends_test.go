package scenario_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
	"example.org/telltale/internal/scenario"
)

const service = `
app: Chat service
driver:
  kind: xmpp
  accounts: accounts.yaml
  options:
    server: "chat.example.org:5222"
    tls: starttls
    rooms: [main, free]
  peer:
    kind: irc
    options: {server: "127.0.0.1:6667"}
accounts: [alice, bob, {name: carol, side: witness}]
words: [kettle]
screen: survey
combine: 2
places: [main, free]
limits: {pause: 2s, hours: "22:00-06:30"}
`

func TestAServiceIsDrivenAtBothEnds(t *testing.T) {
	t.Parallel()
	s, err := scenario.Parse("s.yaml", []byte(service), "/base")
	if err != nil {
		t.Fatal(err)
	}
	want := telltale.DriverSpec{
		Kind: "xmpp", Dir: "/base", Timeout: 30 * time.Second, AccountsFile: "/base/accounts.yaml",
		Options: []byte(`{"rooms":["main","free"],"server":"chat.example.org:5222","tls":"starttls"}`),
		Peer:    &telltale.EndSpec{Kind: "irc", Options: []byte(`{"server":"127.0.0.1:6667"}`)},
	}
	if diff := cmp.Diff(want, s.Driver); diff != "" {
		t.Error(diff)
	}
	sides := []telltale.Account{{Name: "alice", Side: "app"}, {Name: "bob", Side: "peer"}, {Name: "carol", Side: "witness"}}
	if diff := cmp.Diff(sides, s.Accounts); diff != "" {
		t.Error(diff)
	}
	if len(s.Sensors) != 0 || len(s.Directions) != 1 || s.App.Name != "Chat service" || s.Combine != 2 || s.Limits.Pause != 2*time.Second {
		t.Errorf("defaults: %+v", s)
	}
	text, err := scenario.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := scenario.Parse("again.yaml", text, "/elsewhere")
	if diff := cmp.Diff(s, again); err != nil || diff != "" {
		t.Errorf("written and read again: %v\n%s", err, diff)
	}
}

// What only the driver can judge is still told with its line.
func TestADriversProblemHasItsPlace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "s.yaml", service)
	_, err := scenario.LoadWith(filepath.Join(dir, "s.yaml"), func(telltale.Scenario) []scenario.Problem {
		return []scenario.Problem{{Path: "driver.options.tls", What: "no such thing"}, {Path: "driver.peer.options.server", What: "nobody there"}}
	})
	if err == nil || !strings.Contains(err.Error(), "s.yaml:8:") || !strings.Contains(err.Error(), "s.yaml:12:") {
		t.Errorf("got %v", err)
	}
}

func TestHours(t *testing.T) {
	t.Parallel()
	at := func(clock string) time.Time {
		parsed, err := time.Parse("15:04:05", clock)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	for _, test := range []struct {
		hours, now string
		want       time.Duration
	}{
		{"", "03:00:00", 0},
		{"08:00-22:00", "08:00:00", 0},
		{"08:00-22:00", "21:59:59", 0},
		{"08:00-22:00", "22:00:00", 10 * time.Hour},
		{"08:00-22:00", "07:59:59", time.Second},
		{"22:00-06:30", "23:00:00", 0},
		{"22:00-06:30", "06:30:00", 15*time.Hour + 30*time.Minute},
		{"00:00-00:00", "12:00:00", 0},
	} {
		h, err := scenario.ParseHours(test.hours)
		if got := h.Until(at(test.now)); err != nil || got != test.want {
			t.Errorf("%q at %s: wait %v (%v), want %v", test.hours, test.now, got, err, test.want)
		}
	}
	for _, bad := range []string{"8-22", "08:00", "25:00-26:00", "08:00-22:61", "08:00 22:00", "08:00-22:00x", "-1:00-02:00"} {
		if _, err := scenario.ParseHours(bad); err == nil {
			t.Errorf("%q was taken for hours", bad)
		}
	}
}
