// Package pack puts a case into one file and takes it out again: a zip, the same
// bytes for the same case, encrypted with age to whom it is for if anybody is
// named. What is taken out came from somebody else: names, sizes and links are
// believed only as far as a case can have them.
package pack

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"example.org/telltale/internal/casefile/format"
)

// Write writes the case in dir to w as a zip, encrypted if there are
// recipients. Files are in the order of their names, their times are all the
// same, and what is compressed already is stored as it is. Left out are what is
// derived (index.sqlite) and unfinished files.
func Write(w io.Writer, dir string, to ...age.Recipient) error {
	if len(to) == 0 {
		return writeZip(w, dir)
	}
	sealed, err := age.Encrypt(w, to...)
	if err != nil {
		return fmt.Errorf("encrypting: %w", err)
	}
	if err := writeZip(sealed, dir); err != nil {
		return err // the encrypted file stays without its end, and so unreadable
	}
	return sealed.Close()
}

func writeZip(w io.Writer, dir string) error {
	names, err := list(dir)
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.DefaultCompression) })
	for _, name := range names {
		if err := add(z, dir, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return z.Close()
}

// list names the files of a case, sorted.
func list(dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if derived(name) {
			return nil
		}
		if err := belongs(name); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s is no file: a case holds files alone", path)
		}
		names = append(names, name)
		return nil
	})
	if err == nil && !slices.Contains(names, format.FormatFile) {
		err = fmt.Errorf("%s is not a case: it has no file %q", dir, format.FormatFile)
	}
	slices.Sort(names)
	return names, err
}

// derived reports whether a file is made anew by whoever needs it, or is what
// is left of one that was being written.
func derived(name string) bool {
	last := name[strings.LastIndex(name, "/")+1:]
	return name == format.IndexFile || name == format.LockFile || strings.HasSuffix(last, ".new") || strings.HasPrefix(last, ".new-") ||
		strings.HasPrefix(last, format.IndexFile)
}

// stamp is the time of every file in a zip: the first that zips can state.
func stamp() time.Time { return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC) }

func add(z *zip.Writer, dir, name string) error {
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	defer f.Close()
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: stamp()}
	if strings.HasSuffix(name, ".zst") {
		header.Method = zip.Store
	}
	header.SetMode(0o600)
	w, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return err
}

// errForeign is said of names that no case has.
var errForeign = errors.New("does not belong to a case")
