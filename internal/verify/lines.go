package verify

import (
	"bufio"
	"errors"
	"io"

	"example.org/telltale/internal/casefile/format"
)

// errLong is what a line without end is told.
var errLong = errors.New("the line is longer than an entry may be; nothing behind it was read")

// eachLine gives the whole lines of a log one after the other, numbered from
// 0 and without their newline, and returns what follows the last one. A line
// may be kept only until the next.
func eachLine(r io.Reader, use func(i int, line []byte) error) (tail []byte, err error) {
	in := bufio.NewReaderSize(r, 256<<10)
	var line []byte
	for i := 0; ; i++ {
		var whole bool
		if line, whole, err = readLine(in, line[:0]); err != nil || !whole {
			return line, err
		}
		if err := use(i, line); err != nil {
			return nil, err
		}
		if cap(line) > 4<<20 {
			line = nil // a long one is seldom followed by another
		}
	}
}

// readLine appends one line to b. whole is false at the end of the file.
func readLine(in *bufio.Reader, b []byte) (line []byte, whole bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if len(b)+len(part) > format.MaxEntry+1 {
			return nil, false, errLong
		}
		b = append(b, part...)
		switch {
		case err == nil:
			return b[:len(b)-1], true, nil
		case errors.Is(err, io.EOF):
			return b, false, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, false, bare(err)
		}
	}
}
