// Package trial puts a whole audit through faults: it runs the real program
// over a small app that copies, lets one system call go wrong (package faults),
// looks at the case that is left, resumes it, and looks again.
//
// # What has to hold
//
// After the fault: the case verifies; whatever was typed is of a recorded
// probe; at most one message that was typed has no receipt. After resuming: the
// exit code and the findings are as without a fault, the case verifies, every
// line that was there is still there, no probe was typed twice, and no
// question of the plan has two answers that count.
package trial

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"example.org/telltale/internal/faults"
)

// Options of a bed.
type Options struct {
	// Program is telltale; Env is what it needs in its environment besides the
	// own one.
	Program string
	Env     []string
	// Driver is the command of the driver, without its argument.
	Driver []string
	// Dir is for all files.
	Dir string
	// Verify lists what is wrong with the case in a directory.
	Verify func(dir string) ([]string, error)
}

// Bed is a place for trials. Many may run at a time.
type Bed struct {
	opts   Options
	env    []string
	server *http.Server
	host   string
	number atomic.Int64
}

// New makes a bed; it has to be closed.
func New(ctx context.Context, o Options) (*Bed, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening the host that gets copies: %w", err)
	}
	b := &Bed{opts: o, host: listener.Addr().String(), server: &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
		ReadHeaderTimeout: time.Minute,
	}}
	b.env = append(append(os.Environ(), o.Env...), "TELLTALE_KEY="+filepath.Join(o.Dir, "signing.key"))
	go func() { _ = b.server.Serve(listener) }() // ends when the bed is closed
	return b, nil
}

// Close ends what the bed has begun.
func (b *Bed) Close() error { return b.server.Close() }

// scenario asks about one word, as briefly as can be. The window is for slow
// machines; the run learns that it need not wait so long.
func (b *Bed) scenario(typed string) ([]byte, error) {
	return json.MarshalIndent(map[string]any{
		"name":       "trial",
		"app":        map[string]any{"name": "trial"},
		"driver":     map[string]any{"kind": "exec", "command": append(slices.Clone(b.opts.Driver), typed), "timeout": "60s"},
		"sensors":    []map[string]string{{"kind": "proxy"}},
		"accounts":   []map[string]string{{"name": "a", "side": "app"}, {"name": "b", "side": "peer"}},
		"directions": []string{"sent"},
		"words":      []string{Word},
		"channel":    []string{},
		"names":      map[string]string{Host: b.host},
		"window":     "250ms",
		"listen":     "1ms",
		"alpha":      0.05,
	}, "", "  ")
}

// one is one trial: its files and what was found out.
type one struct {
	*Bed
	dir      string
	problems []string
	output   bytes.Buffer // of the last run
}

func (b *Bed) begin() (*one, error) {
	dir := filepath.Join(b.opts.Dir, fmt.Sprintf("trial-%d", b.number.Add(1)))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	t := &one{Bed: b, dir: dir}
	text, err := b.scenario(t.typedFile())
	if err != nil {
		return nil, err
	}
	return t, os.WriteFile(t.scenarioFile(), text, 0o600)
}

func (t *one) caseDir() string      { return filepath.Join(t.dir, "case") }
func (t *one) typedFile() string    { return filepath.Join(t.dir, "typed.jsonl") }
func (t *one) scenarioFile() string { return filepath.Join(t.dir, "scenario.yaml") }
func (t *one) logFile() string      { return filepath.Join(t.caseDir(), "log", "entries.jsonl") }

func (t *one) problem(format string, args ...any) {
	t.problems = append(t.problems, fmt.Sprintf(format, args...))
}

// run runs telltale with a fault and keeps what it prints.
func (t *one) run(ctx context.Context, f faults.Fault, args ...string) (*faults.Result, error) {
	out, err := os.Create(filepath.Join(t.dir, "output"))
	if err != nil {
		return nil, err
	}
	defer out.Close()
	result, err := faults.Run(ctx, faults.Program{
		Path: t.opts.Program, Args: append([]string{"telltale"}, args...), Env: t.env, Output: out, Under: t.caseDir(),
	}, f)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(out.Name())
	t.output.Reset()
	t.output.Write(text)
	return result, err
}

// audit begins the audit, or goes on with it.
func (t *one) audit(ctx context.Context, f faults.Fault, resume bool) (*faults.Result, error) {
	if resume {
		return t.run(ctx, f, "audit", "--resume", t.caseDir())
	}
	return t.run(ctx, f, "audit", "--case", t.caseDir(), t.scenarioFile())
}
