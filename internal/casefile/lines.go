package casefile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxSmall bounds the files that hold a line or two.
const maxSmall = 1 << 20

// lineError is something wrong with one line of a file.
type lineError struct {
	path string
	line int // from 1
	err  error
}

func (e *lineError) Error() string { return fmt.Sprintf("%s:%d: %v", e.path, e.line, e.err) }

func (e *lineError) Unwrap() error { return e.err }

// eachLine gives the whole lines of a log one after the other, numbered from
// 0, and returns what follows the last newline. At most one line is in
// memory; an error of use ends it and comes back with file and line.
func eachLine(path string, use func(i int, line []byte) error) (tail []byte, err error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, fmt.Errorf("reading the log: %w", err)
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 64<<10)
	for i := 0; ; i++ {
		line, whole, err := readLine(in)
		if err != nil {
			return nil, &lineError{path, i + 1, err}
		}
		if !whole {
			return line, nil
		}
		if err := use(i, line); err != nil {
			return nil, &lineError{path, i + 1, err}
		}
	}
}

// readLine reads one line without its newline. whole is false at the end of
// the file.
func readLine(in *bufio.Reader) (line []byte, whole bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) > maxEntry+1 {
			return nil, false, fmt.Errorf("the line is longer than the %d bytes that an entry may have", maxEntry)
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return line[:len(line)-1], true, nil
		case errors.Is(err, io.EOF):
			return line, false, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, false, err
		}
	}
}

// openRegular opens a file of a case that others may have made: a pipe, a
// device or a link in its place would have us wait or read elsewhere.
func openRegular(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	return os.Open(path)
}

// readSmall reads a file of a line or two.
func readSmall(path string) ([]byte, error) { return readAtMost(path, maxSmall) }

func readAtMost(path string, most int64) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var b bytes.Buffer
	if n, err := io.Copy(&b, io.LimitReader(f, most+1)); err != nil || n > most {
		return nil, errors.Join(err, tooLarge(path, n, most))
	}
	return b.Bytes(), nil
}

func tooLarge(path string, n, most int64) error {
	if n <= most {
		return nil
	}
	return fmt.Errorf("%s is larger than %d bytes", path, most)
}
