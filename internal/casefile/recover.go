package casefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"example.org/telltale"
)

// recover reads the log of a case that is opened again, sets a torn tail
// aside and seals packet files that were left open.
func (c *Case) recover() error {
	lines, tail, err := readLog(c.log.Name())
	if err != nil {
		return err
	}
	for i, line := range lines {
		entry, err := parseLine(line)
		if err == nil && entry.N != int64(i) {
			err = fmt.Errorf("entry says number %d", entry.N)
		}
		if err == nil {
			err = apply(c.record, entry)
		}
		if err == nil {
			err = c.grow(line)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w: the case was altered and cannot be resumed; case verify tells more", c.log.Name(), i+1, err)
		}
		c.size += int64(len(line)) + 1
	}
	if err := c.setAside(tail); err != nil {
		return err
	}
	return c.sealLeftCaptures(sealed(lines))
}

// readLog splits the log into whole lines and what follows the last newline.
func readLog(path string) (lines [][]byte, tail []byte, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the log: %w", err)
	}
	for {
		line, rest, found := bytes.Cut(b, []byte("\n"))
		if !found {
			return lines, b, nil
		}
		lines = append(lines, line)
		b = rest
	}
}

func (c *Case) setAside(tail []byte) error {
	if len(tail) == 0 {
		return nil
	}
	name := fmt.Sprintf("torn-%d", c.entries)
	if err := writeOnce(filepath.Join(c.dir, "log", name), tail); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := c.log.Truncate(c.size); err != nil {
		return fmt.Errorf("setting a torn line aside: %w", err)
	}
	return c.append("torn", Torn{File: "log/" + name, Bytes: len(tail)}, true)
}

// sealed lists the packet files that the log vouches for.
func sealed(lines [][]byte) map[string]Capture {
	out := map[string]Capture{}
	for _, line := range lines {
		entry, err := parseLine(line)
		if err != nil || entry.Type != "capture" {
			continue
		}
		var capture Capture
		if decode(entry, &capture) == nil {
			out[capture.File] = capture
		}
	}
	return out
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
		return &captureFile{f, func() error { return c.sealCapture(file, false) }}, nil
	}
}

func digestFile(path string) (int64, telltale.Digest, error) {
	f, err := os.Open(path)
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
