package roles_test

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/lab/chat"
	"example.org/telltale/internal/lab/guard"
	"example.org/telltale/internal/lab/labdir"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/replace"
	"example.org/telltale/internal/lab/roles"
	"example.org/telltale/internal/lab/watch"
)

// env lays out a lab directory without any server.
func env(t *testing.T, name string, vars map[string]string) roles.Env {
	t.Helper()
	dir := labdir.Dir(t.TempDir())
	state := labdir.State{Profile: name, Seed: 1}
	plan, err := state.Plan()
	if err != nil {
		t.Fatal(err)
	}
	names := guard.Names{"login.tom.test": "127.0.0.1:1", "alice.peer.test": "127.0.0.1:0", "bob.peer.test": "127.0.0.1:0"}
	client := watch.WriteClientData(plan.Build, plan.Source("client.dat"))
	if err := dir.Save(state); err != nil {
		t.Fatal(err)
	}
	if err := names.Save(dir.Names()); err != nil {
		t.Fatal(err)
	}
	if err := replace.File(dir.ClientData(), client); err != nil {
		t.Fatal(err)
	}
	return roles.Env{
		Dir: dir, Program: "/no/such/program", Getenv: func(name string) string { return vars[name] },
		Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard,
		Clock: time.Now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
	}
}

// open runs a client just long enough to look at it.
func open(t *testing.T, e roles.Env, o roles.ClientOptions) (monitored bool, err error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err = roles.Client(ctx, e, o, func(_ context.Context, c *chat.Client) error {
		monitored = c.Monitored()
		cancel()
		return nil
	})
	return monitored, err
}

func TestBuilds(t *testing.T) {
	t.Parallel()
	cases := []struct {
		profile string
		o       roles.ClientOptions
		want    bool
	}{
		{"tom-2008", roles.ClientOptions{Account: "alice"}, true},
		{"tom-2008", roles.ClientOptions{Account: "alice", Build: roles.BuildClean}, false},
		{"tom-2008", roles.ClientOptions{Account: "bob"}, false},
		{"tom-2008", roles.ClientOptions{Account: "bob", Build: roles.BuildMonitored}, true},
		{"clean", roles.ClientOptions{Account: "alice"}, false},
		{"clean", roles.ClientOptions{Account: "alice", Build: roles.BuildMonitored}, false},
	}
	for _, c := range cases {
		if got, err := open(t, env(t, c.profile, nil), c.o); err != nil || got != c.want {
			t.Errorf("%s %+v: monitored %v, %v", c.profile, c.o, got, err)
		}
	}
}

func TestClientRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		want string
		vars map[string]string
		o    roles.ClientOptions
	}{
		{"no address in this lab", nil, roles.ClientOptions{Account: "mallory"}},
		{"no build", nil, roles.ClientOptions{Account: "alice", Build: "odd"}},
		{"TELLTALE_PROXY", map[string]string{"TELLTALE_PROXY": "http://192.0.2.1:80"}, roles.ClientOptions{Account: "alice"}},
		{"not an address", map[string]string{"HTTP_PROXY": "127.0.0.1:80"}, roles.ClientOptions{Account: "alice"}},
	}
	for _, c := range cases {
		if _, err := open(t, env(t, "tom-2008", c.vars), c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c, err, c.want)
		}
	}
	bad := env(t, "tom-2008", nil)
	if err := os.WriteFile(bad.Dir.ClientData(), []byte("LABC"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, bad, roles.ClientOptions{Account: "alice"}); err == nil || !strings.Contains(err.Error(), "client.dat") {
		t.Errorf("a damaged resource file: %v", err)
	}
	if _, err := open(t, env(t, "tom-2006", nil), roles.ClientOptions{Account: "alice"}); err == nil || !strings.Contains(err.Error(), "/no/such/program") {
		t.Errorf("a filter process that cannot start: %v", err)
	}
}

func TestCertificatesOfLabAndSurroundingsAreJoined(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "outside.pem")
	e := env(t, "clean", map[string]string{"SSL_CERT_FILE": outside, "TELLTALE_CA": outside})
	for path, text := range map[string]string{outside: "OUTSIDE\n", e.Dir.CA(): "LAB\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := open(t, e, roles.ClientOptions{Account: "bob"}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(e.Dir.Data("clients"), "bob.ca.pem"))
	if err != nil || strings.Count(string(got), "OUTSIDE") != 1 || strings.Count(string(got), "LAB") != 1 {
		t.Errorf("bob trusts %q, %v", got, err)
	}
}

func TestRunRefusesWhatIsNoRole(t *testing.T) {
	t.Parallel()
	e := env(t, "clean", nil)
	for _, c := range []struct {
		kind labdir.Kind
		name string
		want string
	}{{"oracle", "x", "no role"}, {labdir.KindWeb, "www.tom.test", "has no web server"}, {labdir.KindRelay, "relay.tom.test", "no host"}} {
		e.Stdin = strings.NewReader("")
		if err := roles.Run(t.Context(), c.kind, c.name, e); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v", c.kind, c.name, err)
		}
	}
	e.Dir = labdir.Dir(t.TempDir())
	if err := roles.Run(t.Context(), labdir.KindRelay, "relay.tom.test", e); err == nil || !strings.Contains(err.Error(), "telltale lab up") {
		t.Errorf("a role without a lab: %v", err)
	}
}

func TestOddities(t *testing.T) {
	t.Parallel()
	o, err := roles.ParseOddities(roles.Oddities())
	if err != nil || !o.StaleMirror || !o.TestPush || !o.Duplicates {
		t.Errorf("ParseOddities = %+v, %v", o, err)
	}
	if _, err := roles.ParseOddities([]string{"flood"}); err == nil {
		t.Error("an unknown oddity is accepted")
	}
}

func TestAccountsHaveDistinctNames(t *testing.T) {
	t.Parallel()
	for _, p := range profile.All() {
		seen := map[string]bool{}
		for _, name := range roles.Accounts(profile.NewPlan(p, 7)) {
			if seen[name] {
				t.Errorf("%s: %s twice", p.Name, name)
			}
			seen[name] = true
		}
	}
}
