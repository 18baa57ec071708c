package pack

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/telltale/internal/casefile/format"
)

// Limits bound what is unpacked. A zero field means the default.
type Limits struct {
	// Bytes of all files together, unpacked (64 GiB).
	Bytes int64
	// Files (4 million).
	Files int
}

// Defaults of Limits.
const (
	MostBytes = 64 << 30
	MostFiles = 4 << 20
)

func (l Limits) withDefaults() Limits {
	if l.Bytes <= 0 {
		l.Bytes = MostBytes
	}
	if l.Files <= 0 {
		l.Files = MostFiles
	}
	return l
}

// Unpacked says what came out.
type Unpacked struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
}

// Unpack unpacks a zip of size bytes into dir, which must not exist: it is
// there whole or not at all. Errors name the entry and its offset.
func Unpack(r io.ReaderAt, size int64, dir string, limits Limits) (Unpacked, error) {
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return Unpacked{}, fmt.Errorf("%s is there already: name a directory that does not exist", dir)
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return Unpacked{}, fmt.Errorf("not an exported case: %w", err)
	}
	entries, err := check(z, limits.withDefaults())
	if err != nil {
		return Unpacked{}, err
	}
	half := filepath.Clean(dir) + ".new"
	if err := os.Mkdir(half, 0o700); err != nil {
		return Unpacked{}, err
	}
	out, err := unpack(entries, half)
	if err == nil {
		err = os.Rename(half, dir)
	}
	if err != nil {
		return Unpacked{}, errors.Join(err, os.RemoveAll(half))
	}
	return out, nil
}

// entry is one file of a zip, and where its bytes are.
type entry struct {
	*zip.File
	number int
	offset int64
}

// says makes an error that names the entry.
func (e entry) says(err error) error {
	return fmt.Errorf("entry %d (%.120q) at offset %d: %w", e.number+1, e.Name, e.offset, err)
}

// check refuses a zip that is no case before anything is written.
func check(z *zip.Reader, limits Limits) ([]entry, error) {
	if len(z.File) > limits.Files {
		return nil, fmt.Errorf("%d files, %d are the most: raise the limit if you trust where it comes from", len(z.File), limits.Files)
	}
	var out []entry
	seen := map[string]bool{}
	left := uint64(limits.Bytes)
	for i, f := range z.File {
		e := entry{File: f, number: i}
		var err error
		if e.offset, err = f.DataOffset(); err != nil {
			return nil, e.says(err)
		}
		if folder(f) {
			continue
		}
		if err := e.check(seen); err != nil {
			return nil, e.says(err)
		}
		if f.UncompressedSize64 > left {
			return nil, e.says(fmt.Errorf("with it more than %d bytes would be unpacked: raise the limit if you trust where it comes from", limits.Bytes))
		}
		left -= f.UncompressedSize64
		out = append(out, e)
	}
	if !seen[format.FormatFile] {
		return nil, fmt.Errorf("not an exported case: it has no file %q", format.FormatFile)
	}
	return out, apart(out)
}

// folder reports whether an entry is a folder of its own, as other programs
// write them. It is not needed.
func folder(f *zip.File) bool {
	return strings.HasSuffix(f.Name, "/") && f.UncompressedSize64 == 0 && f.Mode().IsDir()
}

func (e entry) check(seen map[string]bool) error {
	if err := belongs(e.Name); err != nil {
		return err
	}
	if !e.Mode().IsRegular() {
		return fmt.Errorf("is no file (%v): a case holds files alone", e.Mode())
	}
	if e.Flags&1 != 0 {
		return errors.New("is encrypted as zips can be: cases are encrypted as a whole, with age")
	}
	// Some systems take names that differ in case for one.
	key := strings.ToLower(strings.ToUpper(e.Name))
	if seen[key] {
		return errors.New("is there twice, if the case of letters does not count")
	}
	seen[key] = true
	if e.Method != zip.Store && e.Method != zip.Deflate {
		return fmt.Errorf("is compressed by method %d: want 0 (stored) or 8 (deflate)", e.Method)
	}
	if e.Method == zip.Store && e.CompressedSize64 != e.UncompressedSize64 {
		return fmt.Errorf("is stored in %d bytes and said to have %d", e.CompressedSize64, e.UncompressedSize64)
	}
	return nil
}

// apart refuses entries whose bytes overlap: so a small zip could unpack to
// anything.
func apart(entries []entry) error {
	sorted := slices.SortedFunc(slices.Values(entries), func(a, b entry) int { return cmp.Compare(a.offset, b.offset) })
	end := int64(0)
	for _, e := range sorted {
		if e.offset < end {
			return e.says(errors.New("its bytes are those of another entry, too"))
		}
		end = e.offset + int64(min(e.CompressedSize64, 1<<62))
	}
	return nil
}

func unpack(entries []entry, dir string) (Unpacked, error) {
	var out Unpacked
	for _, e := range entries {
		n, err := e.unpack(filepath.Join(dir, filepath.FromSlash(e.Name)))
		if err != nil {
			return out, e.says(err)
		}
		out.Files++
		out.Bytes += n
	}
	lock, err := os.OpenFile(filepath.Join(dir, format.LockFile), os.O_WRONLY|os.O_CREATE, 0o600)
	if err == nil {
		err = lock.Close()
	}
	return out, err
}

// unpack writes one file. Its check sum is that of the zip; whether it is what
// the case says is for case verify.
func (e entry) unpack(path string) (int64, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return 0, err
	}
	from, err := e.Open()
	if err != nil {
		return 0, err
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(to, io.LimitReader(from, int64(min(e.UncompressedSize64, 1<<62))+1))
	if err == nil && uint64(n) != e.UncompressedSize64 {
		err = fmt.Errorf("unpacks to %d bytes and more, and is said to have %d", n, e.UncompressedSize64)
	}
	return n, errors.Join(err, to.Close())
}
