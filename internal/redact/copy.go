package redact

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"example.org/telltale/internal/casefile/format"
)

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
