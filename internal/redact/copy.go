package redact

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/mod/sumdb/note"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/peel/match"
)

// blobs decides which blobs are withheld because something can be read in
// them, each searched to the bottom.
func (b *builder) blobs(ctx context.Context) error {
	all := b.src.blobs()
	verdicts := make([]string, len(all))
	done := 0
	tell := func() {}
	if b.plan.opts.Progress != nil {
		tell = func() { done++; b.plan.opts.Progress(done, len(all)) }
	}
	err := each(ctx, len(all), func(i int) error {
		rule, err := b.searchBlob(ctx, all[i])
		b.search.mu.Lock()
		defer b.search.mu.Unlock()
		verdicts[i] = rule
		tell()
		return err
	})
	if err != nil {
		return err
	}
	for i, rule := range verdicts {
		if rule != "" {
			b.plan.withhold(all[i], rule)
		}
	}
	return b.spread(ctx, all)
}

// searchBlob returns the rule by which a blob is withheld, or "".
func (b *builder) searchBlob(ctx context.Context, d telltale.Digest) (string, error) {
	if b.plan.blobs[d] != "" {
		return "", nil
	}
	content, err := b.src.Blob(d)
	if err != nil {
		return "", err
	}
	f, err := b.search.deep(ctx, content)
	if f == nil || err != nil {
		return "", err
	}
	return b.search.rule(f), nil
}

// spread withholds what blobs that are withheld were made of, and blobs that
// hold them whole: with the keys and paths that the case names, what is in
// them could be read again.
func (b *builder) spread(ctx context.Context, all []telltale.Digest) error {
	for {
		steps := b.upwards()
		more, err := b.holders(ctx, all, steps)
		if err != nil || !more {
			return err
		}
	}
}

// Lengths in bytes of steps that are looked for in other blobs; of longer ones
// the beginning is.
const (
	leastStep = 16
	mostStep  = 4096
)

// upwards withholds the blobs before a withheld one in each layer's chain, and
// returns those that stand for themselves.
func (b *builder) upwards() []telltale.Digest {
	var steps []telltale.Digest
	for _, l := range b.src.Record.Layers {
		chain := b.src.chain(l)
		rule := ""
		for i, d := range slices.Backward(chain) {
			if rule != "" {
				b.plan.withhold(d, rule)
				steps = append(steps, chain[i])
			}
			if its := b.plan.blobs[d]; rule == "" && its != "" && its != RuleUncited {
				rule = its
				steps = append(steps, d)
			}
		}
	}
	slices.Sort(steps)
	return slices.Compact(steps)
}

// holders withholds blobs in which one of the steps stands.
func (b *builder) holders(ctx context.Context, all, steps []telltale.Digest) (bool, error) {
	var needles []peel.Needle
	for _, d := range steps {
		if d == "" {
			continue
		}
		content, err := b.src.Blob(d)
		if err != nil {
			return false, err
		}
		if len(content) >= leastStep {
			needles = append(needles, peel.Needle{Probe: b.plan.blobs[d], Text: string(content[:min(len(content), mostStep)])})
		}
	}
	if len(needles) == 0 {
		return false, nil
	}
	set := match.CompileExact(needles)
	verdicts := make([]string, len(all))
	err := each(ctx, len(all), func(i int) error {
		if b.plan.blobs[all[i]] != "" {
			return nil
		}
		content, err := b.src.Blob(all[i])
		if hits := set.Find(content, 1); err == nil && len(hits) > 0 {
			verdicts[i] = needles[hits[0].Needle].Probe
		}
		return err
	})
	more := false
	for i, rule := range verdicts {
		if rule != "" {
			b.plan.withhold(all[i], rule)
			more = true
		}
	}
	return more, err
}

// copyFiles copies what the log of the copy names, and what vouches for it.
func (b *builder) copyFiles() error {
	for _, d := range b.src.blobs() {
		digits, err := d.Hex()
		if err != nil || b.plan.blobs[d] != "" || !b.lines.named[d] {
			continue
		}
		if err := b.copyFile(format.BlobDir + "/" + digits[:2] + "/" + digits[2:] + ".zst"); err != nil {
			return err
		}
	}
	files := []string{format.FormatFile, format.PublicKeyFile, format.CanaryKeyFile}
	for file := range b.src.sealed {
		if b.plan.files[file] == "" {
			files = append(files, file)
		}
	}
	for _, dir := range []string{format.CheckpointDir, format.StampDir, format.WitnessDir} {
		more, err := b.vouching(dir)
		if err != nil {
			return err
		}
		files = append(files, more...)
	}
	slices.Sort(files)
	for _, file := range slices.Compact(files) {
		if err := b.copyFile(file); err != nil {
			return err
		}
	}
	// The newest checkpoint is that of the beginning: the case may go on.
	if err := os.WriteFile(filepath.Join(b.out, format.CheckpointFile), []byte(b.src.Checkpoint), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.out, format.LockFile), nil, 0o600)
}

// vouching lists the checkpoints, time stamps and signatures of witnesses up
// to the copy's last entry.
func (b *builder) vouching(dir string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(b.src.Dir, dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []string
	for _, e := range entries {
		file := dir + "/" + e.Name()
		digits, _, _ := strings.Cut(e.Name(), "-")
		n, isNumber := strconv.ParseInt(digits, 10, 64)
		if !e.Type().IsRegular() || isNumber == nil && n > b.src.size || b.plan.files[file] != "" || strings.Contains(e.Name(), ".new") {
			continue
		}
		out = append(out, file)
	}
	return out, err
}

func (b *builder) copyFile(file string) error {
	from, err := os.Open(filepath.Join(b.src.Dir, filepath.FromSlash(file)))
	if err != nil {
		return err
	}
	defer from.Close()
	path := filepath.Join(b.out, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

// searchFiles searches everything of the copy but its log, as it is on the
// disk: names, bytes, and what is in blobs.
func (b *builder) searchFiles(ctx context.Context) (again bool, err error) {
	var files []string
	err = filepath.WalkDir(b.out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(b.out, path)
		if rel = filepath.ToSlash(rel); rel != format.LogFile {
			files = append(files, rel)
		}
		return err
	})
	if err != nil {
		return false, err
	}
	finds := make([]*found, len(files))
	err = each(ctx, len(files), func(i int) (err error) {
		finds[i], err = b.searchFile(ctx, files[i])
		return err
	})
	for i, f := range finds {
		if err != nil || f == nil {
			continue
		}
		again, err = true, b.takeOut(files[i], f)
	}
	return again, err
}

// searchFile searches one file of the copy.
func (b *builder) searchFile(ctx context.Context, file string) (*found, error) {
	content, err := os.ReadFile(filepath.Join(b.out, filepath.FromSlash(file)))
	if err != nil {
		return nil, err
	}
	if !under(file, format.BlobDir) {
		if f := b.search.first([]byte(file)); f != nil {
			return f, nil
		}
		if hashes(file) {
			return b.search.firstLong(content), nil
		}
		return b.search.deep(ctx, content)
	}
	if f := b.search.firstLong(content); f != nil {
		return f, nil
	}
	plain, err := unpack(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return b.search.deep(ctx, plain)
}

// hashes reports whether a file is made of hashes, keys and signatures alone,
// under which nothing can lie. Short texts turn up in them by chance.
func hashes(file string) bool {
	switch file {
	case format.FormatFile, format.PublicKeyFile, format.CanaryKeyFile, format.CheckpointFile, format.LockFile:
		return true
	}
	return under(file, format.CheckpointDir)
}

// unpack reads the content of a blob.
func unpack(stored []byte) ([]byte, error) {
	d, err := zstd.NewReader(bytes.NewReader(stored), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(format.MaxBlob))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	plain, err := io.ReadAll(io.LimitReader(d, format.MaxBlob+1))
	if err == nil && len(plain) > format.MaxBlob {
		err = fmt.Errorf("unpacks to more than %d bytes", format.MaxBlob)
	}
	return plain, err
}

// takeOut withholds a file in which something was found.
func (b *builder) takeOut(file string, f *found) error {
	if under(file, format.BlobDir) {
		digits := strings.NewReplacer(format.BlobDir+"/", "", "/", "", ".zst", "").Replace(file)
		b.plan.withhold(telltale.Digest("sha256:"+digits), b.search.rule(f))
		return nil
	}
	if _, sealed := b.src.sealed[file]; sealed || under(file, format.StampDir) || under(file, format.WitnessDir) {
		b.plan.files[file] = b.search.rule(f)
		return nil
	}
	return fmt.Errorf("%s can be read in %s, which cannot be left out: no copy was made", b.search.named(f), file)
}

// note is the signed note about the copy.
func (b *builder) note(sentences []string) ([]byte, error) {
	text := fmt.Sprintf("%s%s\n%d\n%s\n%s\n%s\n%s\n", format.RedactedOrigin, b.src.Begin.Case, b.src.size, b.src.root, b.hexSum(),
		b.plan.opts.Signer.Verifier(), strings.Join(sentences, "\n"))
	signed, err := note.Sign(&note.Note{Text: text}, b.plan.opts.Signer)
	if err != nil {
		return nil, fmt.Errorf("signing the copy: %w", err)
	}
	return signed, nil
}
