package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
)

// stage writes the scenario of one run with its words among the decoys.
func stage(o options, name string, seed int, dir string, s *system, words []string) (string, error) {
	text, err := os.ReadFile(filepath.Join(o.scenarios, name+".yaml"))
	if err != nil {
		return "", err
	}
	decoys, err := readDecoys(filepath.Join(o.scenarios, "decoys.txt"), words)
	if err != nil {
		return "", err
	}
	if err := writeWords(dir, append(decoys, words...), seed); err != nil {
		return "", err
	}
	extra, err := filepath.Glob(filepath.Join(o.scenarios, "*accounts*.yml"))
	if err != nil {
		return "", err
	}
	for _, f := range extra {
		data, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), data, 0o600); err != nil {
			return "", err
		}
	}
	file := filepath.Join(dir, name+".yaml")
	moved := s.move(string(text), name) + fmt.Sprintf("\nseed: %d\n", seed)
	return file, os.WriteFile(file, []byte(moved), 0o600)
}

// writeWords writes the words to try, in an order drawn by lot.
func writeWords(dir string, words []string, seed int) error {
	rng := rand.New(rand.NewPCG(uint64(seed), 1))
	rng.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	return os.WriteFile(filepath.Join(dir, "words.txt"), []byte(strings.Join(words, "\n")+"\n"), 0o600)
}

// bringUp has a system stand where its scenario in the tree expects it, so that
// people can put the question themselves.
func bringUp(ctx context.Context, o options) error {
	truth, err := readTruth(o.platforms, base(o.up))
	if err != nil {
		return err
	}
	words := truth.words()
	decoys, err := readDecoys(filepath.Join(o.scenarios, "decoys.txt"), words)
	if err != nil {
		return err
	}
	if err := writeWords(o.scenarios, append(decoys, words...), 1); err != nil {
		return err
	}
	system, err := start(ctx, filepath.Join(o.platforms, base(o.up)), usualDir(o.up), 0)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(usualDir(o.up)) }() // it holds nothing of worth
	defer system.stop()
	fmt.Printf("%s is up; in another terminal: telltale audit %s\nCtrl-C ends it.\n", o.up, filepath.Join(o.scenarios, o.up+".yaml"))
	<-ctx.Done()
	return nil
}

// readDecoys reads the harmless words, but for those that are part of a rule.
func readDecoys(file string, words []string) ([]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out []string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#") && !touches(line, words) {
			out = append(out, line)
		}
	}
	return out, nil
}

func touches(decoy string, words []string) bool {
	for _, w := range words {
		if strings.Contains(strings.ToLower(decoy), strings.ToLower(w)) {
			return true
		}
	}
	return false
}

// outcome is what an audit found, and what it cost.
type outcome struct {
	claims               []telltale.Claim
	messages, triggering int
}

// audit runs telltale on a scenario and reads the case.
func audit(ctx context.Context, program, file, dir string) (outcome, error) {
	cmd := exec.CommandContext(ctx, program, "audit", "--case", dir, file)
	cmd.Stderr = os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if found := errors.As(err, &exit) && exit.ExitCode() >= 10; err != nil && !found {
		return outcome{}, fmt.Errorf("the audit: %w", err)
	}
	reader, err := casefile.Read(dir)
	if err != nil {
		return outcome{}, err
	}
	return read(reader.Record), nil
}

// read takes findings and costs out of a case's record.
func read(rec *telltale.Record) outcome {
	var out outcome
	for _, f := range rec.Findings {
		if f.Verdict == telltale.Supported {
			out.claims = append(out.claims, f.Claim)
		}
	}
	copied := map[string]bool{}
	for _, l := range rec.Layers {
		for _, p := range l.Probes {
			copied[p] = true
		}
	}
	for probe, r := range rec.LastReceipts() {
		if r.Outcome == telltale.Void {
			continue
		}
		out.messages++
		if r.Outcome.Kept() || copied[probe] {
			out.triggering++
		}
	}
	return out
}
