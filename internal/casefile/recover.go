package casefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"example.org/telltale"
)

// recover reads the log of a case that is opened again, sets a torn tail
// aside and seals packet files that were left open.
func (c *Case) recover() error {
	known := map[string]Capture{}
	tail, err := eachLine(c.log.Name(), func(i int, line []byte) error { return c.takeBack(known, i, line) })
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
	if err := c.blobsThere(); err != nil {
		return err
	}
	if err := c.setAside(tail); err != nil {
		return err
	}
	return c.sealLeftCaptures(known)
}

// blobsThere looks for every blob that the log names, before anything more is
// typed. Their content is checked when it is used.
func (c *Case) blobsThere() error {
	for _, d := range Digests(c.record) {
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

// takeBack reads one line of an earlier run.
func (c *Case) takeBack(known map[string]Capture, i int, line []byte) error {
	entry, err := parseLine(line)
	if err != nil {
		return err
	}
	if entry.N != int64(i) {
		return fmt.Errorf("entry says number %d, want %d", entry.N, i)
	}
	if err := apply(c.record, entry); err != nil {
		return err
	}
	vouch(known, entry)
	c.size += int64(len(line)) + 1
	return c.grow(line)
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
	return c.append("torn", Torn{File: "log/" + name, Bytes: len(tail)}, true)
}

// keepTorn copies a torn line to a file of its own and returns its name. A
// run that was cut off right here may have done so before.
func (c *Case) keepTorn(tail []byte) (string, error) {
	for i := 1; ; i++ {
		name := fmt.Sprintf("torn-%d", c.entries)
		if i > 1 {
			name = fmt.Sprintf("torn-%d-%d", c.entries, i)
		}
		path := filepath.Join(c.dir, "log", name)
		before, err := readAtMost(path, maxEntry)
		if err == nil && !bytes.HasPrefix(tail, before) {
			continue // another torn line
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		return name, replace(path, filepath.Join(c.dir, "log", "torn-new"), tail)
	}
}

// vouch notes a packet file that the log vouches for.
func vouch(known map[string]Capture, e Entry) {
	var capture Capture
	if e.Type == "capture" && decode(e, &capture) == nil {
		known[capture.File] = capture
	}
}

func (c *Case) sealLeftCaptures(known map[string]Capture) error {
	names, err := os.ReadDir(filepath.Join(c.dir, "capture"))
	if err != nil {
		return fmt.Errorf("reading the case: %w", err)
	}
	for _, name := range names {
		file := "capture/" + name.Name()
		if _, ok := known[file]; ok {
			continue
		}
		if err := c.sealCapture(file, true); err != nil {
			return err
		}
	}
	return nil
}

func (c *Case) sealCapture(file string, cut bool) error {
	size, digest, err := digestFile(filepath.Join(c.dir, filepath.FromSlash(file)))
	if err != nil {
		return err
	}
	return c.append("capture", Capture{File: file, Size: size, Digest: digest, Cut: cut}, true)
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
	return errors.Join(f.Sync(), f.File.Close(), f.seal())
}

// NewCapture opens a packet file, as in capture/proxy-1.pcapng. Closing it
// records its digest.
func (c *Case) NewCapture(sensor string) (io.WriteCloser, error) {
	if strings.ContainsAny(sensor, `/\.`) {
		return nil, fmt.Errorf("%q cannot name a packet file", sensor)
	}
	for i := 1; ; i++ {
		file := fmt.Sprintf("capture/%s-%d.pcapng", sensor, i)
		f, err := os.OpenFile(filepath.Join(c.dir, filepath.FromSlash(file)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("opening a packet file: %w", err)
		}
		return &captureFile{f, func() error { return c.sealCapture(file, false) }, c.fail}, nil
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
