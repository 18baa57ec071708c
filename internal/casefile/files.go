package casefile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"example.org/telltale/internal/casefile/format"
)

// PutFile writes a file of the case that is neither entry nor blob: report.*,
// stamps/*, witness/* or sources/*. It is written under another name, sealed by
// an entry, and renamed, so that it is there whole or not at all. An older one
// of the name is replaced. Checkpoint signs the seal.
func (c *Case) PutFile(name string, write func(io.Writer) error) error {
	if !putName(name) {
		return fmt.Errorf("%.100q cannot be put into a case: want report.*, stamps/*, witness/* or sources/*", name)
	}
	if err := c.Failed(); err != nil {
		return err
	}
	c.putting.Lock()
	defer c.putting.Unlock()
	whole := filepath.Join(c.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(whole), 0o700); err != nil {
		return c.fail(fmt.Errorf("writing %s: %w", name, err))
	}
	f, err := c.writeNew(whole+unfinished, write)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	f.File = name
	if err := c.putSeal(f); err != nil {
		return errors.Join(err, os.Remove(whole+unfinished))
	}
	if err := rename(whole); err != nil {
		return c.fail(err)
	}
	return nil
}

// unfinished is what names of files end in while they are written.
const unfinished = ".new"

// putName reports whether a file may have that name.
func putName(name string) bool {
	if path.Clean(name) != name || !filepath.IsLocal(filepath.FromSlash(name)) ||
		strings.ContainsAny(name, `\:`) || strings.HasSuffix(name, unfinished) {
		return false
	}
	dir, _, nested := strings.Cut(name, "/")
	switch dir {
	case format.StampDir, format.WitnessDir, format.SourceDir:
		return nested
	}
	return !nested && strings.HasPrefix(name, "report.")
}

// writeNew writes a file, has it on the disk, and tells size and digest.
func (c *Case) writeNew(half string, write func(io.Writer) error) (format.File, error) {
	if err := os.Remove(half); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return format.File{}, c.fail(err)
	}
	out, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return format.File{}, c.fail(err)
	}
	h := newDigester()
	to := &failing{to: io.MultiWriter(out, h), fail: c.fail}
	buffered := bufio.NewWriterSize(to, 64<<10)
	if err := errors.Join(write(buffered), buffered.Flush()); err != nil {
		return format.File{}, errors.Join(err, out.Close(), os.Remove(half))
	}
	if err := errors.Join(out.Sync(), out.Close(), syncFolder(filepath.Dir(half))); err != nil {
		return format.File{}, errors.Join(c.fail(err), os.Remove(half))
	}
	return format.File{Size: to.size, Digest: h.digest()}, nil
}

// failing counts what is written, and ends the case when the disk does not
// take it. What a report cannot say is no fault of the disk.
type failing struct {
	to   io.Writer
	size int64
	fail func(error) error
}

func (w *failing) Write(b []byte) (int, error) {
	n, err := w.to.Write(b)
	w.size += int64(n)
	if err != nil {
		err = w.fail(err)
	}
	return n, err
}

// rename puts a file that was sealed in its place.
func rename(whole string) error {
	if err := os.Rename(whole+unfinished, whole); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(whole))
}

// SealFiles seals what others have put into the case and nobody has sealed
// yet: the sensors' authority, time stamps, signatures of witnesses. It is
// called when the sensors have started, and before the end of a stage.
func (c *Case) SealFiles() error {
	for _, dir := range []string{format.AuthorityDir, format.StampDir, format.WitnessDir} {
		entries, err := os.ReadDir(filepath.Join(c.dir, dir))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return c.fail(fmt.Errorf("sealing files: %w", err))
		}
		for _, e := range entries {
			// What is no file is for the verifier to name.
			if !e.Type().IsRegular() || strings.HasSuffix(e.Name(), unfinished) {
				continue
			}
			if err := c.seal(format.File{File: dir + "/" + e.Name()}); err != nil {
				return err
			}
		}
	}
	return nil
}

// seal writes down size and digest of a file, unless that was done. Only what
// sensors made for themselves may be made anew by those of a later run.
func (c *Case) seal(f format.File) error {
	before, known := c.sealed(f.File)
	if known && !strings.HasPrefix(f.File, format.AuthorityDir+"/") {
		return nil
	}
	var err error
	if f.Size, f.Digest, err = digestFile(filepath.Join(c.dir, filepath.FromSlash(f.File))); err != nil {
		return c.fail(err)
	}
	if known && f.Size == before.Size && f.Digest == before.Digest {
		return nil
	}
	return c.putSeal(f)
}

// putSeal writes the seal of a file down. It names the checkpoint before it, so
// that even one that newer ones have replaced cannot be removed unseen.
func (c *Case) putSeal(f format.File) error {
	c.mu.Lock()
	f.Signed = c.signed
	c.mu.Unlock()
	return c.append(format.TypeFile, f, true)
}

// sealed tells how a file was sealed last.
func (c *Case) sealed(name string) (format.File, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.state.files[name]
	return f, ok
}

// finishFiles renames what was sealed and not yet renamed when a run was cut
// off.
func (c *Case) finishFiles() error {
	for name, f := range c.state.files {
		if !putName(name) {
			continue
		}
		whole := filepath.Join(c.dir, filepath.FromSlash(name))
		size, digest, err := digestFile(whole + unfinished)
		if errors.Is(err, fs.ErrNotExist) || err == nil && (size != f.Size || digest != f.Digest) {
			continue
		}
		if err == nil {
			err = rename(whole)
		}
		if err != nil {
			return c.fail(fmt.Errorf("finishing %s: %w", name, err))
		}
	}
	return nil
}
