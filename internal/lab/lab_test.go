package lab_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/lab"
	"example.org/telltale/internal/lab/guard"
	"example.org/telltale/internal/lab/labdir"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/truth"
)

// up starts a lab and takes it down with the test.
func up(t *testing.T, name string, seed uint64, dir string) *lab.Network {
	t.Helper()
	network, err := lab.Up(t.Context(), lab.Options{Profile: name, Seed: seed, Dir: dir, Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := network.Down(); err != nil {
			t.Error(err)
		}
	})
	return network
}

func TestUpStartsEveryRole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	network := up(t, "tom-2008", 1, filepath.Join(dir, "new"))
	kinds := map[labdir.Kind]int{}
	for _, role := range network.Roles() {
		kinds[role.Kind]++
		if role.PID == 0 {
			t.Errorf("%s has no process", role.Name)
		}
		if role.Kind == labdir.KindPopulation {
			continue
		}
		if err := guard.Check(role.Addr); err != nil {
			t.Error(err)
		}
		conn, err := guard.Dial(t.Context(), "tcp", role.Addr)
		if err != nil {
			t.Errorf("%s: %v", role.Name, err)
			continue
		}
		conn.Close()
	}
	if kinds[labdir.KindDirectory] != 1 || kinds[labdir.KindRelay] != 1 || kinds[labdir.KindWeb] != 1+profile.Collectors || kinds[labdir.KindPopulation] != 1 {
		t.Errorf("roles: %v", kinds)
	}
	names, err := guard.LoadNames(network.Dir().Names())
	if err != nil {
		t.Fatal(err)
	}
	body := get(t, guard.Dialer{Names: names}.HTTPClient(), "http://a3.skype.tom.test/installer/agent/")
	if !strings.Contains(body, "contentfilter") {
		t.Errorf("the collector lists no logs: %.300s", body)
	}
	want := truth.For(network.Plan())
	if got, err := truth.Load(network.Dir().Truth()); err != nil || len(got.Findings) != len(want.Findings) {
		t.Errorf("truth.json: %d findings, %v; want %d", len(got.Findings), err, len(want.Findings))
	}
}

func get(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestHTTPSServersAreTrustedByTheLabOnly(t *testing.T) {
	t.Parallel()
	network := up(t, "always", 1, t.TempDir())
	names, err := guard.LoadNames(network.Dir().Names())
	if err != nil {
		t.Fatal(err)
	}
	url := "https://" + profile.HostReport + "/"
	if _, err := (guard.Dialer{Names: names}).HTTPClient().Get(url); err == nil {
		t.Error("the certificate is trusted without the lab's authority")
	}
	resp, err := guard.Dialer{Names: names, CAFile: network.CAFile()}.HTTPClient().Get(url)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if up(t, "clean", 1, t.TempDir()).CAFile() != "" {
		t.Error("a lab without HTTPS has an authority")
	}
}

// awaitRestart waits until a role has been started again.
func awaitRestart(t *testing.T, network *lab.Network, name string, old int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, role := range network.Roles() {
			if role.Name != name || role.PID == old {
				continue
			}
			if conn, err := guard.Dial(ctx, "tcp", role.Addr); err == nil {
				conn.Close()
				return
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s was not started again", name)
		}
	}
}

func TestKilledRoleIsStartedAgainAtItsAddress(t *testing.T) {
	t.Parallel()
	network := up(t, "clean", 2, t.TempDir())
	driver := openDriver(t, network)
	mustDeliver(t, driver, "p1", "alice", "bob", "before the accident")
	for _, host := range []string{profile.HostLogin, profile.HostRelay} {
		for _, role := range network.Roles() {
			if role.Name == host {
				process, err := os.FindProcess(role.PID)
				if err != nil {
					t.Fatal(err)
				}
				if err := process.Kill(); err != nil {
					t.Fatal(err)
				}
				awaitRestart(t, network, host, role.PID)
			}
		}
	}
	mustDeliver(t, driver, "p2", "bob", "carol", "after the accident")
}

func TestSecondLabTakesOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := up(t, "clean", 2, dir)
	before, err := guard.LoadNames(labdir.Dir(dir).Names())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lab.Up(t.Context(), lab.Options{Profile: "clean", Seed: 9, Dir: dir}); err == nil || !strings.Contains(err.Error(), "telltale lab down") {
		t.Errorf("another lab in the same directory: %v", err)
	}
	second := up(t, "clean", 2, dir)
	<-first.Done()
	after, err := guard.LoadNames(labdir.Dir(dir).Names())
	if err != nil || before["login.tom.test"] != after["login.tom.test"] || before["bob.peer.test"] != after["bob.peer.test"] {
		t.Errorf("addresses changed: %v", err)
	}
	mustDeliver(t, openDriver(t, second), "p1", "alice", "bob", "hello again")
}

func TestDown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := lab.Down(t.Context(), dir); !errors.Is(err, labdir.ErrEmpty) {
		t.Errorf("Down of an empty directory: %v", err)
	}
	network := up(t, "clean", 2, dir)
	if err := lab.Down(t.Context(), dir); err != nil {
		t.Errorf("Down: %v", err)
	}
	<-network.Done()
	if err := lab.Down(t.Context(), dir); !errors.Is(err, lab.ErrNotRunning) {
		t.Errorf("second Down: %v", err)
	}
	// Another profile may now use the directory.
	if got := up(t, "clean-noisy", 2, dir).Plan().Profile.Name; got != "clean-noisy" {
		t.Errorf("profile %s", got)
	}
}

func TestUpRefuses(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "thesis.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]lab.Options{
		"no profile":      {Profile: "tom-1999", Dir: t.TempDir()},
		"is not empty":    {Profile: "clean", Dir: full},
		"no oddity":       {Profile: "clean", Dir: t.TempDir(), Oddities: []string{"flood"}},
		"needs a dir":     {Profile: "clean"},
		"cannot start":    {Profile: "clean", Dir: t.TempDir(), Program: "/no/such/program"},
		"before it was r": {Profile: "clean", Dir: t.TempDir(), Program: "true"},
	}
	for want, o := range cases {
		if _, err := lab.Up(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Up(%+v): %v, want %q", o, err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(full, "thesis.txt")); err != nil {
		t.Error(err)
	}
}

func TestFilterDropsTriggersOnly(t *testing.T) {
	t.Parallel()
	cases := []struct {
		profile        string
		sent, received telltale.Outcome
	}{
		{"tom-2006", telltale.Delivered, telltale.Dropped},
		{"tom-2008", telltale.Dropped, telltale.Dropped},
	}
	for _, c := range cases {
		t.Run(c.profile, func(t *testing.T) {
			t.Parallel()
			network := up(t, c.profile, 5, t.TempDir())
			driver := openDriver(t, network)
			word := network.Plan().Entries()[0]
			mustDeliver(t, driver, "p0", "alice", "bob", "good morning")
			for i, way := range []struct {
				from, to string
				want     telltale.Outcome
			}{{"alice", "bob", c.sent}, {"bob", "alice", c.received}, {"bob", "carol", c.received}} {
				r := send(t, driver, fmt.Sprint("p", i), way.from, way.to, "well "+word+" then")
				if r.Outcome != way.want {
					t.Errorf("%s to %s: %s (%s), want %s", way.from, way.to, r.Outcome, r.Reason, way.want)
				}
			}
			mustDeliver(t, driver, "p9", "bob", "alice", "good evening")
		})
	}
}
