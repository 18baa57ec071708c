package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"example.org/telltale/internal/verify"
)

const (
	verifyFlows = 10_000
	mega        = 1_000_000
	// A verification may take a minute, and must not need more memory for ten
	// times the bytes: the difference is what the garbage collector leaves.
	verifyMust     = time.Minute
	verifyMoreMust = 64 // MB
)

// verifyPart writes cases of one number of flows and two sizes, and has the
// program check each.
func verifyPart(ctx context.Context, o options) ([]row, error) {
	flows, sizes := verifyFlows, []int{100 * mega, 1000 * mega}
	if o.short {
		flows, sizes = verifyFlows/10, []int{10 * mega, 100 * mega}
	}
	var rows []row
	var peaks []int64
	for _, size := range sizes {
		fmt.Fprintf(o.progress, "verify: a case of %d flows and %d MB\n", flows, size/mega)
		m, err := verifySized(ctx, o, flows, size)
		if err != nil {
			return nil, err
		}
		peaks = append(peaks, m.peak)
		rows = append(rows, row{
			measure:  fmt.Sprintf("verify: %d flows, %d MB of blobs, %d layers", flows, size/mega, m.layers),
			must:     fmt.Sprintf("holds, %v at most", verifyMust),
			measured: fmt.Sprintf("%.1f s, %d MB at most in memory, holds: %v", m.took.Seconds(), m.peak/mega, m.holds),
			holds:    m.holds && m.took <= verifyMust,
		})
	}
	more := (peaks[1] - peaks[0]) / mega
	return append(rows, row{
		measure:  fmt.Sprintf("verify: more memory for %d MB than for %d MB", sizes[1]/mega, sizes[0]/mega),
		must:     fmt.Sprintf("%d MB at most", verifyMoreMust),
		measured: fmt.Sprintf("%d MB", more),
		holds:    more <= verifyMoreMust,
	}), nil
}

// verified is one verification by the program itself.
type verified struct {
	took   time.Duration
	peak   int64 // bytes
	holds  bool
	layers int
}

func verifySized(ctx context.Context, o options, flows, size int) (m verified, err error) {
	dir, err := os.MkdirTemp("", "telltale-verify-")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "case")
	if m.layers, err = writeSized(path, flows, size); err != nil {
		return m, fmt.Errorf("writing a case of %d MB: %w", size/mega, err)
	}
	cmd := exec.CommandContext(ctx, o.telltale, "case", "verify", "--json", path)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return m, err
	}
	peak := watchMemory(cmd.Process.Pid)
	ended := cmd.Wait()
	m.took, m.peak = time.Since(began), peak()
	var r verify.Result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return m, fmt.Errorf("verifying a case of %d MB: %w, %s", size/mega, errors.Join(ended, err), complaints.Bytes())
	}
	for _, p := range r.Problems {
		fmt.Fprintln(o.progress, "verify:", p)
	}
	m.holds = r.Holds && r.Recomputed && r.BlobBytes >= int64(size)
	return m, nil
}
