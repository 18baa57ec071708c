package casefile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
)

// Problem is one thing that is wrong with a case.
type Problem struct {
	// File within the case and, for the log, the line (from 1).
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	What string `json:"what"`
}

func (p Problem) String() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.What)
	}
	return p.File + ": " + p.What
}

// Check is what Verify found.
type Check struct {
	Entries     int64 `json:"entries"`
	Checkpoints int   `json:"checkpoints"`
	Blobs       int   `json:"blobs"`
	Captures    int   `json:"captures"`
	// Signed is the number of entries that the newest checkpoint covers.
	Signed int64 `json:"signed"`
	// Problems make the case untrustworthy.
	Problems []Problem `json:"problems"`
	// Notes do not: an unsigned tail after a crash, a torn line set aside.
	Notes []Problem `json:"notes,omitempty"`
	// Record as far as it could be read.
	Record *telltale.Record `json:"-"`
}

// maxProblems bounds the list; the case is broken long before.
const maxProblems = 1000

// Verify checks every byte of the case in dir: lines, numbering, signatures,
// roots, blobs, packet files and canaries. verifier is the public key to
// trust; empty trusts the one in the case. The error is for a directory that
// is no case at all. What was derived is checked by the bench.
func Verify(dir, verifier string) (*Check, error) {
	version, err := formatOf(dir)
	if err != nil {
		return nil, err
	}
	// A walk does not follow a link, not even where it begins.
	dir, err = filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, fmt.Errorf("%s is not a case: %w", dir, err)
	}
	s := newState()
	v := &verification{dir: dir, version: version, state: s, check: &Check{Record: &s.record}, named: map[telltale.Digest]bool{}}
	v.key(verifier)
	if err := v.log(); err != nil {
		return nil, err
	}
	v.checkpoints()
	v.blobs()
	v.captures()
	v.canaries()
	v.strays()
	return v.check, nil
}

type verification struct {
	dir      string
	verifier string
	check    *Check
	version  int
	state    *state
	encoder  encoder
	hashes   []tlog.Hash
	roots    map[int64]tlog.Hash
	named    map[telltale.Digest]bool
	// stageEnded is true while the line read last ended a stage.
	stageEnded bool
}

func (v *verification) problem(file string, line int, format string, args ...any) {
	if len(v.check.Problems) < maxProblems {
		v.check.Problems = append(v.check.Problems, Problem{file, line, fmt.Sprintf(format, args...)})
	}
}

func (v *verification) note(file string, format string, args ...any) {
	v.check.Notes = append(v.check.Notes, Problem{File: file, What: fmt.Sprintf(format, args...)})
}

func (v *verification) key(trusted string) {
	text, err := readSmall(filepath.Join(v.dir, "key.pub"))
	if err != nil {
		v.problem("key.pub", 0, "cannot be read: %v", err)
	}
	own := strings.TrimSuffix(string(text), "\n")
	if err == nil && own+"\n" != string(text) {
		v.problem("key.pub", 0, "is cut: want a key and a newline")
	}
	v.verifier = own
	if trusted != "" {
		v.verifier = trusted
		if own != trusted {
			v.problem("key.pub", 0, "is not the key you trust")
		}
	}
}

func (v *verification) log() error {
	const file = "log/entries.jsonl"
	v.roots = map[int64]tlog.Hash{}
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			out[i] = v.hashes[index]
		}
		return out, nil
	})
	tail, err := eachLine(filepath.Join(v.dir, "log", "entries.jsonl"), func(i int, line []byte) error {
		leaf := v.line(file, i, line)
		v.check.Entries++
		hashes, err := tlog.StoredHashes(int64(i), leaf, reader)
		if err != nil {
			return fmt.Errorf("hashing: %w", err)
		}
		v.hashes = append(v.hashes, hashes...)
		if v.hasCheckpoint(int64(i) + 1) {
			if v.roots[int64(i)+1], err = tlog.TreeHash(int64(i)+1, reader); err != nil {
				return fmt.Errorf("hashing: %w", err)
			}
		}
		return nil
	})
	var at *lineError
	if errors.As(err, &at) {
		v.problem(file, at.line, "%v; nothing behind it was read", at.err)
		return nil
	}
	if err == nil && v.check.Entries == 0 {
		v.problem(file, 1, "there is no whole entry: the log was cut off")
	}
	if len(tail) > 0 {
		v.note(file, "%d bytes of an unfinished line at the end, line %d: a crash left them", len(tail), v.check.Entries+1)
	}
	return err
}

func (v *verification) hasCheckpoint(size int64) bool {
	_, err := os.Stat(filepath.Join(v.dir, "checkpoints", fmt.Sprintf("%08d", size)))
	return err == nil
}

func (v *verification) line(file string, i int, line []byte) (leaf []byte) {
	entry, err := parseLine(v.version, line)
	if err != nil {
		v.problem(file, i+1, "%v", err)
		return line
	}
	leaf = line
	if v.version > 1 {
		x, err := v.encoder.entry(entry)
		if err == nil && !bytes.Equal(x.line, line) {
			err = errors.New("not in canonical form")
		}
		if err != nil {
			v.problem(file, i+1, "%v", err)
		}
		leaf = x.sum[:]
	}
	if entry.N != int64(i) {
		v.problem(file, i+1, "entry says number %d, want %d: lines were removed, added or moved", entry.N, i)
	}
	if (i == 0) != (entry.Type == "begin") {
		v.problem(file, i+1, "a log begins with one begin entry and has no other")
	}
	if err := v.state.apply(entry); err != nil {
		v.problem(file, i+1, "%v", err)
	}
	v.mustBeSigned(i, entry)
	if entry.Type == "torn" {
		v.note(file, "line %d: a torn line was set aside before it", i+1)
	}
	return leaf
}

// mustBeSigned notes that the end of a stage was not followed by its
// checkpoint although the run went on: somebody removed it.
func (v *verification) mustBeSigned(i int, entry format.Entry) {
	interrupted := entry.Type == "resume" || entry.Type == "torn" || entry.Type == "file"
	if v.stageEnded && !interrupted && !v.hasCheckpoint(int64(i)) {
		v.problem(fmt.Sprintf("checkpoints/%08d", i), 0, "missing: the stage that ended there was signed")
	}
	var stage telltale.Stage
	v.stageEnded = entry.Type == "stage" && decode(entry, &stage) == nil && stage.Done
}

func (v *verification) checkpoints() {
	if v.state.begin.PublicKey != "" && v.state.begin.PublicKey != v.verifier {
		v.problem("log/entries.jsonl", 1, "the case was begun with another key than it is checked with")
	}
	names, err := os.ReadDir(filepath.Join(v.dir, "checkpoints"))
	if err != nil {
		v.problem("checkpoints", 0, "cannot be read: %v", err)
		return
	}
	var newest []byte
	for _, name := range names {
		file := "checkpoints/" + name.Name()
		signed, err := readSmall(filepath.Join(v.dir, filepath.FromSlash(file)))
		if err != nil {
			v.problem(file, 0, "cannot be read: %v", err)
			continue
		}
		v.checkpoint(file, signed)
		newest = signed
	}
	latest, err := readSmall(filepath.Join(v.dir, "checkpoint"))
	switch {
	case newest == nil:
		v.note("checkpoint", "nothing is signed yet")
	case err != nil:
		v.problem("checkpoint", 0, "cannot be read: %v", err)
	case !bytes.Equal(latest, newest):
		// A crash between the two writes leaves the older copy.
		if !v.isOlder(latest, names) {
			v.problem("checkpoint", 0, "is none of the numbered checkpoints")
		} else {
			v.note("checkpoint", "is older than the newest numbered one")
		}
	}
	if v.check.Signed < v.check.Entries && newest != nil {
		v.note("log/entries.jsonl", "the last %d entries are not signed: the run was cut off or goes on", v.check.Entries-v.check.Signed)
	}
}

func (v *verification) isOlder(latest []byte, names []fs.DirEntry) bool {
	for _, name := range names {
		signed, err := readSmall(filepath.Join(v.dir, "checkpoints", name.Name()))
		if err == nil && bytes.Equal(signed, latest) {
			return true
		}
	}
	return false
}

func (v *verification) origin() string {
	if v.version == 1 {
		return format.CheckpointOrigin1
	}
	return format.CheckpointOrigin + v.state.begin.Case
}

func (v *verification) checkpoint(file string, signed []byte) {
	v.check.Checkpoints++
	size, root, err := parseCheckpoint(signed, v.origin(), v.verifier)
	if err != nil {
		v.problem(file, 0, "%v", err)
		return
	}
	if file != fmt.Sprintf("checkpoints/%08d", size) {
		v.problem(file, 0, "is over %d entries, which its name does not say", size)
	}
	if size > v.check.Entries {
		v.problem(file, 0, "signs %d entries, the log has %d: lines were cut off", size, v.check.Entries)
		return
	}
	if v.roots[size] != root {
		v.problem(file, 0, "the first %d lines of the log are not those that were signed", size)
	}
	v.check.Signed = max(v.check.Signed, size)
}

func (v *verification) blobs() {
	for _, d := range Digests(v.check.Record) {
		v.named[d] = true
	}
	store := blobDir(filepath.Join(v.dir, "blobs"))
	for _, d := range sortedDigests(v.named) {
		path, err := store.path(d)
		if err != nil {
			v.problem("log/entries.jsonl", 0, "%v", err)
			continue
		}
		if _, err := store.get(d); err != nil {
			v.problem(v.relative(path), 0, "%s", strings.TrimPrefix(err.Error(), path+": "))
			continue
		}
		v.check.Blobs++
	}
}

func (v *verification) relative(path string) string {
	rel, err := filepath.Rel(v.dir, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

func (v *verification) captures() {
	files := make([]string, 0, len(v.state.files))
	for file := range v.state.files {
		files = append(files, file)
	}
	sort.Strings(files)
	for _, file := range files {
		want := v.state.files[file]
		if path.Dir(file) != "capture" && path.Dir(file) != "ca" && !putName(file) || !filepath.IsLocal(filepath.FromSlash(file)) {
			v.problem("log/entries.jsonl", 0, "%.100q is sealed, which is no file of a case", file)
			continue
		}
		size, digest, err := digestFile(filepath.Join(v.dir, filepath.FromSlash(file)))
		if size != want.Size || digest != want.Digest {
			if s, d, newErr := digestFile(filepath.Join(v.dir, filepath.FromSlash(file)) + unfinished); newErr == nil && s == want.Size && d == want.Digest {
				v.note(file, "was sealed and not renamed: a crash came between the two")
				continue
			}
		}
		switch {
		case err != nil:
			v.problem(file, 0, "%v", err)
		case size != want.Size || digest != want.Digest:
			v.problem(file, 0, "was changed after it was closed (%d bytes, then %d)", want.Size, size)
		case path.Dir(file) == "capture":
			v.check.Captures++
		}
	}
}

func (v *verification) canaries() {
	key, err := readSmall(filepath.Join(v.dir, "canary.key"))
	if err != nil {
		v.problem("canary.key", 0, "cannot be read: %v", err)
		return
	}
	if telltale.DigestOf(key) != v.state.begin.CanaryKey {
		v.problem("canary.key", 0, "is not the key that the case was begun with")
		return
	}
	seen := map[string]bool{}
	for _, p := range v.check.Record.Probes {
		if seen[p.ID] {
			v.problem("log/entries.jsonl", 0, "probe %s was committed twice", p.ID)
		}
		seen[p.ID] = true
		// What was typed before there was a case has no canary to check.
		if typedBefore(v.check.Record, p) {
			continue
		}
		if p.Canary != telltale.NewCanary(key, p.ID) {
			v.problem("log/entries.jsonl", 0, "the canary of probe %s is forged", p.ID)
		}
		if !strings.Contains(p.Text, p.Canary.Latin) || !strings.Contains(p.Text, p.Canary.CJK) {
			v.problem("log/entries.jsonl", 0, "the text of probe %s does not hold its canary", p.ID)
		}
	}
}

func typedBefore(rec *telltale.Record, p telltale.Probe) bool {
	return rec.Scenario.Driver.Kind == telltale.DriverReplay && p.Canary == (telltale.Canary{})
}
