package casefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
)

// recover reads the log of a case that is opened again, sets a torn tail
// aside, and finishes or seals the files that were left open.
func (c *Case) recover() error {
	tail, err := eachLine(c.log.Name(), c.takeBack)
	var at *lineError
	if errors.As(err, &at) {
		return fmt.Errorf("%w: the case was altered and cannot be resumed; case verify tells more", err)
	}
	if err != nil {
		return err
	}
	if c.entries == 0 {
		return fmt.Errorf("%s:1: there is no whole entry: the log was cut off and the case cannot be resumed; begin a new case", c.log.Name())
	}
	if key := c.state.begin.PublicKey; key != c.opts.Signer.Verifier() {
		return fmt.Errorf("%s was begun with the signing key %.200q, the one at hand is %q: go on with the key that it was begun with", c.dir, key, c.opts.Signer.Verifier())
	}
	if err := c.blobsThere(); err != nil {
		return err
	}
	for _, step := range []func() error{
		c.finishFiles, c.signLeft, func() error { return c.setAside(tail) }, c.nameTorn, c.sealLeftCaptures,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// blobsThere looks for every blob that the log names, before anything more is
// typed. Their content is checked when it is used.
func (c *Case) blobsThere() error {
	for _, d := range Digests(&c.state.record) {
		path, err := c.blobs.path(d)
		if err != nil {
			return fmt.Errorf("%s: %w: the case was altered and cannot be resumed; case verify tells more", c.log.Name(), err)
		}
		if _, err := os.Lstat(path); err != nil {
			return fmt.Errorf("%s: missing: the case was altered and cannot be resumed; put the file back, case verify lists what is missing", path)
		}
	}
	return nil
}

// signLeft signs a plan or an end that a run wrote and did not live to sign.
// Nothing may follow it before: a checkpoint that is missing there was removed.
// What was signed last is copied again, too: the run may have ended in between.
func (c *Case) signLeft() error {
	_, err := os.Lstat(c.numbered())
	if !c.state.owed && errors.Is(err, fs.ErrNotExist) {
		return c.findSigned()
	}
	return c.Checkpoint()
}

// findSigned finds the newest checkpoint by its name.
func (c *Case) findSigned() error {
	names, err := os.ReadDir(filepath.Join(c.dir, format.CheckpointDir))
	if err != nil {
		return fmt.Errorf("reading the case: %w", err)
	}
	for _, name := range names {
		size, err := strconv.ParseInt(name.Name(), 10, 64)
		if err == nil && size > c.signed && size <= c.entries {
			c.signed = size
		}
	}
	return nil
}

// takeBack reads one line of an earlier run.
func (c *Case) takeBack(i int, line []byte) error {
	entry, err := parseLine(format.Version, line)
	if err != nil {
		return err
	}
	if entry.N != int64(i) {
		return fmt.Errorf("entry says number %d, want %d", entry.N, i)
	}
	x, err := c.encoder.entry(entry)
	if err != nil {
		return err
	}
	if !bytes.Equal(x.line, line) {
		return errors.New("the entry is not in canonical form")
	}
	if err := c.state.apply(entry); err != nil {
		return err
	}
	c.size += int64(len(line)) + 1
	return c.grow(x.sum)
}

func (c *Case) setAside(tail []byte) error {
	if len(tail) == 0 {
		return nil
	}
	name, err := c.keepTorn(tail)
	if err != nil {
		return c.fail(err)
	}
	if err := c.log.Truncate(c.size); err != nil {
		return fmt.Errorf("setting a torn line aside: %w", err)
	}
	return c.putTorn(name, tail)
}

func (c *Case) putTorn(name string, tail []byte) error {
	return c.append(format.TypeTorn, format.Torn{File: name, Bytes: len(tail), Digest: telltale.DigestOf(tail)}, true)
}

// nameTorn names torn lines that were set aside by a run that was cut off
// again before it could say so.
func (c *Case) nameTorn() error {
	left, err := os.ReadDir(filepath.Dir(c.log.Name()))
	if err != nil {
		return fmt.Errorf("reading the case: %w", err)
	}
	for _, file := range left {
		name := path.Dir(format.LogFile) + "/" + file.Name()
		if !strings.HasPrefix(name, format.TornPrefix) || strings.HasSuffix(name, unfinished) || c.state.torn[name] {
			continue
		}
		tail, err := readAtMost(filepath.Join(c.dir, filepath.FromSlash(name)), maxEntry)
		if err == nil {
			err = c.putTorn(name, tail)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keepTorn copies a torn line to a file of its own and returns its name. A
// run that was cut off right here may have done so before.
func (c *Case) keepTorn(tail []byte) (string, error) {
	for i := 1; ; i++ {
		name := fmt.Sprintf("%s%d", format.TornPrefix, c.entries)
		if i > 1 {
			name = fmt.Sprintf("%s-%d", name, i)
		}
		path := filepath.Join(c.dir, filepath.FromSlash(name))
		before, err := readAtMost(path, maxEntry)
		if err == nil && !bytes.HasPrefix(tail, before) {
			continue // another torn line
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		return name, replace(path, path+unfinished, tail)
	}
}

// sealLeftCaptures seals packet files whose writer did not live to close them.
func (c *Case) sealLeftCaptures() error {
	names, err := os.ReadDir(filepath.Join(c.dir, format.CaptureDir))
	if err != nil {
		return fmt.Errorf("reading the case: %w", err)
	}
	for _, name := range names {
		if err := c.seal(format.File{File: format.CaptureDir + "/" + name.Name(), Cut: true}); err != nil {
			return err
		}
	}
	return nil
}

// captureFile is a packet file that is sealed when it is closed.
type captureFile struct {
	*os.File
	seal func() error
	fail func(error) error
}

// Write writes packets. What cannot be written ends the case: packets that
// are missing would look as if they had never been there.
func (f *captureFile) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	if err != nil {
		err = f.fail(fmt.Errorf("writing packets: %w", err))
	}
	return n, err
}

func (f *captureFile) Close() error {
	return errors.Join(f.Sync(), f.File.Close(), syncFolder(filepath.Dir(f.Name())), f.seal())
}

// NewCapture opens a packet file, as in capture/proxy-1.pcapng. Closing it
// records its digest.
func (c *Case) NewCapture(sensor string) (io.WriteCloser, error) {
	if strings.ContainsAny(sensor, `/\.`) {
		return nil, fmt.Errorf("%q cannot name a packet file", sensor)
	}
	for i := 1; ; i++ {
		file := fmt.Sprintf("%s/%s-%d.pcapng", format.CaptureDir, sensor, i)
		f, err := os.OpenFile(filepath.Join(c.dir, filepath.FromSlash(file)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("opening a packet file: %w", err)
		}
		return &captureFile{f, func() error { return c.seal(format.File{File: file}) }, c.fail}, nil
	}
}

func digestFile(path string) (int64, telltale.Digest, error) {
	f, err := openRegular(path)
	if err != nil {
		return 0, "", fmt.Errorf("digesting: %w", err)
	}
	defer f.Close()
	h := newDigester()
	n, err := io.Copy(h, f)
	if err != nil {
		return 0, "", fmt.Errorf("digesting %s: %w", path, err)
	}
	return n, h.digest(), nil
}
