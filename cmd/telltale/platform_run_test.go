package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/driver/realserver"
)

// platform is a running XMPP server and an audit of it by the program.
type platform struct {
	t      *testing.T
	server *realserver.Server
	dir    string
	env    []string
	// directions as in the scenario.
	directions string
	// clean says that the server has no rules.
	clean bool
}

func newPlatform(t *testing.T, rules, directions string) *platform {
	t.Helper()
	server, err := realserver.Prosody{Rules: rules}.Start(t.Context())
	realserver.Need(t, err)
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	p := &platform{t: t, server: server, dir: t.TempDir(), directions: directions, clean: rules == ""}
	p.env = append(os.Environ(), "TELLTALE_TEST_PROGRAM=1", "TELLTALE_KEY="+filepath.Join(p.dir, "signing.key"))
	p.write("accounts.yaml", `alice: {address: alice@example.test, password: one}
bob: {address: bob@example.test, password: two}
warden: {address: warden@example.test, password: three}
`)
	p.write("words.txt", strings.Join(append(strings.Fields(platformWords), "jumble sale"), "\n"))
	p.write("scenario.yaml", fmt.Sprintf(`app: Prosody
driver:
  kind: xmpp
  accounts: accounts.yaml
  options: {server: %q, register: true}
accounts: [alice, bob, {name: warden, side: witness}]
words_file: words.txt
directions: [%s]
listen: 100ms
window: 50ms
limits: {voids: 100}
`, server.Addr, directions))
	return p
}

func (p *platform) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *platform) caseDir() string { return filepath.Join(p.dir, "case") }

// run is the program as a process of its own.
type run struct {
	cmd  *exec.Cmd
	out  bytes.Buffer
	done chan struct{}
	err  error
}

func (p *platform) start(args ...string) *run {
	p.t.Helper()
	program, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	r := &run{cmd: exec.Command(program, append([]string{"audit"}, args...)...), done: make(chan struct{})}
	r.cmd.Env, r.cmd.Stdout, r.cmd.Stderr = p.env, &r.out, &r.out
	if err := r.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		r.err = r.cmd.Wait()
		close(r.done)
	}()
	p.t.Cleanup(func() {
		_ = r.cmd.Process.Kill() // it has ended, unless the test failed
		<-r.done
	})
	return r
}

func (p *platform) begin() *run {
	return p.start("--case", p.caseDir(), filepath.Join(p.dir, "scenario.yaml"))
}

func (p *platform) resume() *run { return p.start("--resume", p.caseDir()) }

// await returns when the case's log holds some words n times. The growth of
// the file is the event.
func (p *platform) await(r *run, words string, n int) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Minute)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		if p.count(words) >= n {
			return
		}
		select {
		case <-ticker.C:
		case <-r.done:
			p.t.Fatalf("the audit ended before %s stood %d times in its case\n%s", words, n, r.out.String())
		case <-ctx.Done():
			p.t.Fatalf("%s never stood %d times in the case", words, n)
		}
	}
}

// count is how often some words stand in the case's log.
func (p *platform) count(words string) int {
	p.t.Helper()
	b, err := os.ReadFile(filepath.Join(p.caseDir(), "log", "entries.jsonl"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		p.t.Fatal(err)
	}
	return bytes.Count(b, []byte(words))
}
