package bench_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
	"example.org/telltale/internal/bench"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/expose"
	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/signer"
	"example.org/telltale/internal/verify"
)

// bed is a world with a question put to it and the case of the answers. It
// lives in a bubble, where time costs nothing.
type bed struct {
	*testing.T
	world    *world
	scenario telltale.Scenario
	getter   func(c *casefile.Case) expose.Getter
	files    map[string]string
	dir      string
	opts     casefile.Options
	// driver stands in the place of the world's own, if set.
	driver telltale.Driver
	// stamp is asked for time stamps.
	stamp func(ctx context.Context, authority string, checkpoint []byte) ([]byte, error)
	// staged is called at the begin of each stage, if set.
	staged func(name string)
	// open is the case of the run in progress.
	open *casefile.Case
}

// question is a small scenario: one text that holds a trigger, and decoys.
func question(words ...string) telltale.Scenario {
	return telltale.Scenario{
		Name: "bench", Accounts: accounts(), Directions: []telltale.Direction{telltale.Sent, telltale.Received},
		Words: words, Trials: 2, MaxTrials: 2, Seed: 7, Window: 300 * time.Millisecond, Listen: 50 * time.Millisecond,
		Channel: []string{"relay.test"}, Alpha: 0.05, Limits: telltale.Limits{Voids: 5},
	}
}

func newBed(t *testing.T, w *world, s telltale.Scenario) *bed {
	t.Helper()
	key, err := signer.New(rand.Reader, "tester")
	if err != nil {
		t.Fatal(err)
	}
	return &bed{
		T: t, world: w, scenario: s, dir: filepath.Join(t.TempDir(), "case"),
		opts: casefile.Options{Clock: time.Now, Random: rand.Reader, Signer: key},
	}
}

// run begins the case, or goes on with it if there is one.
func (b *bed) run(ctx context.Context) error {
	b.Helper()
	c, err := casefile.Create(b.dir, b.opts)
	resume := err != nil
	if resume {
		c, err = casefile.Open(b.dir, b.opts)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.open = c
	cfg := bench.Config{
		Scenario: b.scenario, Case: c, Resume: resume,
		Sensors: []telltale.Sensor{lineSensor{b.world}}, Opener: peel.New(peel.All()),
		Driver:   b.drive,
		Lists:    func(telltale.Flow, func(telltale.Digest) ([]byte, error)) []bench.ListCandidate { return nil },
		ReadFile: b.readFile, Stamp: b.stamp, Clock: time.Now, Random: rand.Reader, Progress: teller{staged: b.staged}, Log: slog.New(slog.DiscardHandler),
	}
	if b.getter != nil {
		cfg.Getter = b.getter(c)
	}
	stopped := bench.Run(ctx, cfg)
	if err := c.Close(); err != nil {
		b.Fatal(err)
	}
	return stopped
}

// teller is told of stages.
type teller struct {
	silent
	staged func(name string)
}

func (p teller) Stage(name string, total int) {
	p.silent.Stage(name, total)
	if p.staged != nil {
		p.staged(name)
	}
}

func (b *bed) drive([]string) (telltale.Driver, error) {
	if b.driver != nil {
		return b.driver, nil
	}
	return appDriver{b.world}, nil
}

func (b *bed) readFile(path string) ([]byte, error) {
	content, ok := b.files[path]
	if !ok {
		return nil, fmt.Errorf("there is no %s", path)
	}
	return []byte(content), nil
}

// finish runs to the end, which must be reached.
func (b *bed) finish() *telltale.Record {
	b.Helper()
	if err := b.run(b.Context()); err != nil {
		b.Fatalf("the run ended with: %v", err)
	}
	return b.sound()
}

// sound reads the case and checks that it holds and says what follows.
func (b *bed) sound() *telltale.Record {
	b.Helper()
	check, err := verify.Case(b.dir, verify.Options{})
	if err != nil || len(check.Problems) > 0 {
		b.Errorf("the case does not hold: %v, %v", check, err)
	}
	r, err := casefile.Read(b.dir)
	if err != nil {
		b.Fatal(err)
	}
	if r.Checkpoint == "" {
		b.Error("nothing was signed")
	}
	return r.Record
}

// claims lists what is stated, with the verdicts.
func claims(rec *telltale.Record) []string {
	var out []string
	for _, f := range rec.Findings {
		out = append(out, f.Claim.Key()+" "+string(f.Verdict))
	}
	return out
}

// counted lists the keys that count, and complains of those that count twice.
func counted(t *testing.T, rec *telltale.Record) []string {
	t.Helper()
	cells := attribute.Cells(rec)
	var keys []string
	for _, p := range rec.Probes {
		if cells[p.ID] == telltale.CellVoid {
			continue
		}
		if slices.Contains(keys, p.Key) {
			t.Errorf("%s is counted twice", p.Key)
		}
		keys = append(keys, p.Key)
	}
	slices.Sort(keys)
	return keys
}

// arm counts the probes of one arm.
func arm(rec *telltale.Record, a telltale.Arm) (n int) {
	for _, p := range rec.Probes {
		if p.Arm == a {
			n++
		}
	}
	return n
}

// stage finds the last mark of a stage's end.
func stage(rec *telltale.Record, name string) (last telltale.Stage) {
	for _, s := range rec.Stages {
		if s.Name == name && s.Done {
			last = s
		}
	}
	return last
}
