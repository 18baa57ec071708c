package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/redact"
	"example.org/telltale/internal/signer"
	"example.org/telltale/internal/verify"
)

// redactPart makes copies of a real case of the lab, has both readers check
// them, and searches every byte of each for every text that was masked.
func redactPart(ctx context.Context, o options) (rows []row, err error) {
	dir, err := os.MkdirTemp("", "telltale-redact-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	demo := exec.CommandContext(ctx, o.telltale, "demo", "--sensor", "proxy", "--out", filepath.Join(dir, "demo"))
	demo.Env = append(os.Environ(), "TELLTALE_KEY="+filepath.Join(dir, "signing.key"))
	// A demo that found something ends with another code than 0.
	var exit *exec.ExitError
	if said, err := demo.CombinedOutput(); err != nil && !errors.As(err, &exit) {
		return nil, fmt.Errorf("making a case: %w: %s", err, said)
	}
	c, err := casefile.Read(filepath.Join(dir, "demo", "tom-2011", "case"))
	if err != nil {
		return nil, fmt.Errorf("making a case: %w", err)
	}
	copies := []struct {
		name string
		opts redact.Options
	}{
		{"as it is", redact.Options{}},
		{"three words masked", redact.Options{Mask: c.Record.Scenario.Words[:3]}},
		{"accounts and a host", redact.Options{Accounts: true, Hosts: []string{firstHost(c)}}},
		{"only what findings rest on", redact.Options{OnlyFindings: true}},
	}
	if o.short {
		copies = copies[:2]
	}
	for i, one := range copies {
		fmt.Fprintf(o.progress, "redacted: %s…\n", one.name)
		more, err := redactRows(ctx, c, filepath.Join(dir, fmt.Sprint("copy", i)), one.name, one.opts)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", one.name, err)
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// firstHost is the host of the first flow that was opened.
func firstHost(c *casefile.Reader) string {
	for _, f := range c.Record.Flows {
		if f.ID == c.Record.Layers[0].Flow {
			return f.Host
		}
	}
	return ""
}

// redactRows makes one copy and measures it.
func redactRows(ctx context.Context, c *casefile.Reader, out, name string, opts redact.Options) ([]row, error) {
	key, err := signer.New(rand.Reader, "bench")
	if err != nil {
		return nil, err
	}
	opts.Signer = key
	began := time.Now()
	r, err := redact.Run(ctx, c.Dir, out, opts)
	if err != nil {
		return nil, err
	}
	took := time.Since(began)
	v, err := verify.Case(out, verify.Options{})
	if err != nil {
		return nil, err
	}
	said, pythonErr := exec.CommandContext(ctx, "python3", filepath.Join("docs", "verify.py"), out).CombinedOutput()
	if len(said) == 0 {
		return nil, pythonErr
	}
	s := newByteSearch(c, r.Masked)
	if err := s.walk(ctx, out); err != nil {
		return nil, err
	}
	return []row{
		{
			measure: "redacted copy, " + name, must: "verifies",
			measured: fmt.Sprintf("%d of %d entries changed, %d values masked, %d of %d blobs withheld, %.1f s: %d problems", r.Changed, r.Entries, r.Values, r.Withheld, r.Withheld+r.Kept, took.Seconds(), len(v.Problems)),
			holds:    v.Holds,
		},
		{measure: "… read by docs/verify.py", must: "holds", measured: lastLine(said), holds: pythonErr == nil},
		{
			measure: "… masked values in any byte of it, by peel", must: "0",
			measured: fmt.Sprintf("%d of %d texts, in %d things searched%s", len(s.found), len(r.Masked), s.searched, s.where()), holds: len(s.found) == 0,
		},
	}, nil
}

func lastLine(b []byte) string {
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return lines[len(lines)-1]
}

// byteSearch looks for texts in a copy with none of the code that made it: it
// knows the texts, and the keys of the case that was copied.
type byteSearch struct {
	opener   *peel.Opener
	needles  []peel.Needle
	keys     []peel.Key
	seen     map[string]bool
	found    map[string]string
	searched int
}

func newByteSearch(c *casefile.Reader, texts []string) *byteSearch {
	s := &byteSearch{opener: peel.New(peel.All()), seen: map[string]bool{}, found: map[string]string{}}
	for _, text := range texts {
		s.needles = append(s.needles, peel.Needle{Probe: text, Text: text})
	}
	known := map[string]bool{"": true}
	for _, l := range c.Record.Layers {
		if b, err := hex.DecodeString(l.Key); err == nil && !known[l.Key] {
			known[l.Key] = true
			s.keys = append(s.keys, peel.Key{Bytes: b, Source: l.KeySource})
		}
	}
	return s
}

func (s *byteSearch) walk(ctx context.Context, dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		s.look(ctx, rel, []byte(rel))
		switch {
		case filepath.Ext(path) == ".zst":
			decoder, err := zstd.NewReader(nil)
			if err != nil {
				return err
			}
			defer decoder.Close()
			plain, err := decoder.DecodeAll(b, nil)
			s.look(ctx, rel, plain)
			return err
		case filepath.Ext(path) == ".jsonl":
			return s.lines(ctx, rel, b)
		}
		s.look(ctx, rel, b)
		return nil
	})
}

// lines searches every string of every line, names of members as well.
func (s *byteSearch) lines(ctx context.Context, file string, b []byte) error {
	for line := range bytes.Lines(b) {
		tokens := json.NewDecoder(bytes.NewReader(line))
		for tokens.More() || tokens.InputOffset() < int64(len(line))-1 {
			token, err := tokens.Token()
			if err != nil {
				return err
			}
			if text, ok := token.(string); ok {
				s.look(ctx, file, []byte(text))
			}
		}
	}
	return nil
}

// hashLike are digests, salts and commitments as they stand in a log, and times.
var hashLike = regexp.MustCompile(`^(sha256:[0-9a-f]{64}|[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{43}=|2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z)$`)

// look searches bytes once. Texts under six bytes are below what peel looks
// for.
func (s *byteSearch) look(ctx context.Context, file string, b []byte) {
	if len(b) < 6 || s.seen[string(b)] {
		return
	}
	s.seen[string(b)] = true
	s.searched++
	if hashLike.Match(b) {
		return // a digest, salt or commitment: nothing is written in it
	}
	for _, find := range s.opener.Open(ctx, peel.Job{Bytes: b, Needles: s.needles, Keys: s.keys}).Finds {
		for _, text := range find.Probes {
			s.found[text] = file
		}
	}
}

// where names a place in which something was found.
func (s *byteSearch) where() string {
	for _, file := range s.found {
		return ", such as in " + file
	}
	return ""
}
