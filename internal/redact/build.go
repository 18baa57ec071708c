package redact

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
)

// builder makes one copy.
type builder struct {
	src    *source
	plan   *plan
	search *searcher
	lines  *liner
	opaque map[string]string
	out    string
	// logSum is the SHA-256 of the copy's log.
	logSum  [sha256.Size]byte
	changed int64
}

// mostRounds bounds how often the copy is made and searched. Each round but
// the last takes something out.
const mostRounds = 12

// build makes the copy in out, which is empty, and searches it until nothing
// is found in it.
func build(ctx context.Context, src *source, p *plan, out string) (*Result, error) {
	b := &builder{src: src, plan: p, out: out, search: newSearcher(p.texts.texts, src.keys()), opaque: map[string]string{}}
	if err := b.blobs(ctx); err != nil {
		return nil, err
	}
	for round := 0; ; round++ {
		if round == mostRounds {
			return nil, errors.New("something is still found after everything was taken out in which something was found: name the texts with --mask that are related to it")
		}
		again, err := b.round(ctx)
		if err != nil {
			return nil, err
		}
		if !again {
			break
		}
	}
	return b.finish()
}

// round makes the copy anew and searches it. It reports whether something was
// found, and taken out of the plan.
func (b *builder) round(ctx context.Context) (again bool, err error) {
	if err := empty(b.out); err != nil {
		return false, err
	}
	if err := b.writeLog(); err != nil {
		return false, err
	}
	if again, err := b.searchLog(ctx); again || err != nil {
		return again, err
	}
	if err := b.copyFiles(); err != nil {
		return false, err
	}
	return b.searchFiles(ctx)
}

// empty removes what is in a directory.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return err
}

// liner returns what masks the lines, as the plan stands now.
func (b *builder) liner() *liner {
	l := &liner{
		plan: b.plan, search: b.search, opaque: b.opaque,
		digests: map[telltale.Digest]string{}, hexes: map[string]bool{},
		memo: map[string]verdict{}, byRule: map[string]int{}, named: map[telltale.Digest]bool{},
	}
	for d, rule := range b.plan.blobs {
		l.digests[d] = rule
	}
	for file, rule := range b.plan.files {
		for _, d := range b.src.sealed[file] {
			l.digests[d] = rule
		}
	}
	for d := range l.digests {
		if digits, err := d.Hex(); err == nil {
			l.hexes[digits] = true
		}
	}
	return l
}

func (b *builder) writeLog() error {
	b.lines, b.changed = b.liner(), 0
	path := filepath.Join(b.out, filepath.FromSlash(format.LogFile))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	w := bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<20)
	err = b.src.each(func(e format.Entry, line []byte) error {
		masked, err := b.lines.line(line)
		if err != nil {
			return fmt.Errorf("entry %d: %w", e.N, err)
		}
		if !bytes.Equal(masked, line) {
			b.changed++
		}
		_, err = w.Write(append(masked[:len(masked):len(masked)], '\n'))
		return err
	})
	err = errors.Join(err, w.Flush(), f.Sync(), f.Close())
	b.logSum = [sha256.Size]byte(sum.Sum(nil))
	return err
}

// searchLog searches every value of the copy's log, as it is on the disk.
func (b *builder) searchLog(ctx context.Context) (again bool, err error) {
	var batch [][]byte
	flush := func() error {
		changed, err := b.searchLines(ctx, batch)
		again, batch = again || changed, batch[:0]
		return err
	}
	err = eachLine(filepath.Join(b.out, filepath.FromSlash(format.LogFile)), func(line []byte) error {
		if batch = append(batch, bytes.Clone(line)); len(batch) < 256 {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return again, err
}

// searchLines searches the texts of some lines, first all of them to the
// bottom on all processors, and then line by line for what was found.
func (b *builder) searchLines(ctx context.Context, lines [][]byte) (again bool, err error) {
	seen := map[string]*found{}
	var order []string
	gather := func(s string) (*found, error) {
		if _, ok := seen[s]; !ok {
			seen[s] = nil
			order = append(order, s)
		}
		return nil, nil
	}
	for _, line := range lines {
		if _, err := b.lines.check(line, gather); err != nil {
			return false, err
		}
	}
	results := make([]*found, len(order))
	err = each(ctx, len(order), func(i int) (err error) {
		results[i], err = b.searchText(ctx, order[i])
		return err
	})
	if err != nil {
		return false, err
	}
	for i, s := range order {
		seen[s] = results[i]
	}
	for _, line := range lines {
		changed, err := b.lines.check(line, func(s string) (*found, error) { return seen[s], nil })
		if err != nil {
			return false, err
		}
		again = again || changed
	}
	return again, nil
}

func (b *builder) searchText(ctx context.Context, s string) (*found, error) {
	if !dull(s) {
		return b.search.deep(ctx, []byte(s))
	}
	return b.search.first([]byte(s)), nil
}

// eachLine calls use for every line of a file.
func eachLine(path string, use func(line []byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 0, 1<<20), format.MaxEntry+1)
	for lines.Scan() {
		if err := use(lines.Bytes()); err != nil {
			return err
		}
	}
	return lines.Err()
}

// finish signs what was done.
func (b *builder) finish() (*Result, error) {
	r := &Result{
		Entries: b.src.size, Changed: b.changed, Texts: len(b.plan.texts.texts), Values: b.lines.values,
		Files: len(b.plan.files), Searched: len(b.search.clean), Limited: b.search.limited,
	}
	for _, t := range b.plan.texts.texts {
		r.Masked = append(r.Masked, t.text)
	}
	for _, d := range b.src.blobs() {
		switch {
		case b.plan.blobs[d] != "":
			r.Withheld++
		case b.lines.named[d]:
			r.Kept++
		}
	}
	for _, sentence := range b.sentences(r) {
		// What must not be read must not be read in the rules' own words, either.
		which, _ := b.search.shallow([]byte(sentence))
		r.Sentences = append(r.Sentences, b.plan.texts.replace(sentence, which))
	}
	signed, err := b.note(r.Sentences)
	if err != nil {
		return nil, err
	}
	if b.search.firstLong(signed) != nil {
		return nil, errors.New("the note about the copy would hold a text that is masked: it may be the name of the key")
	}
	return r, os.WriteFile(filepath.Join(b.out, format.RedactedFile), signed, 0o600)
}

// sentences say what was done.
func (b *builder) sentences(r *Result) []string {
	blobs, files := map[string]int{}, map[string]int{}
	for _, rule := range b.plan.blobs {
		blobs[rule]++
	}
	for _, rule := range b.plan.files {
		files[rule]++
	}
	out := []string{
		"Made with telltale " + telltale.Version + ".",
		fmt.Sprintf("%d of %d entries are changed, %d values masked; %d texts are not to be read.", r.Changed, r.Entries, r.Values, r.Texts),
	}
	var idle, off []string
	for _, rule := range append(Rules(), named()...) {
		values, blobs, files := b.lines.byRule[rule.Name], blobs[rule.Name], files[rule.Name]
		switch {
		case values+blobs+files > 0:
			out = append(out, fmt.Sprintf("%s: values masked %d, blobs withheld %d, files withheld %d (%s).", rule.Name, values, blobs, files, rule.What))
		case b.plan.on[rule.Name]:
			idle = append(idle, rule.Name)
		case slices.Contains(b.plan.opts.Keep, rule.Name):
			off = append(off, rule.Name)
		}
	}
	if len(idle) > 0 {
		out = append(out, "Nothing to do for: "+strings.Join(idle, ", ")+".")
	}
	if len(off) > 0 {
		out = append(out, "Turned off: "+strings.Join(off, ", ")+".")
	}
	if r.Limited > 0 {
		out = append(out, fmt.Sprintf("%d blobs or texts were too large to be searched to the bottom.", r.Limited))
	}
	return out
}

// hexSum is the log's digest in the note.
func (b *builder) hexSum() string { return hex.EncodeToString(b.logSum[:]) }
