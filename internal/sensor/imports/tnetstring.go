package imports

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
)

const (
	// maxValue bounds one flow of a dump, its bodies included.
	maxValue = 256 << 20
	// maxItems bounds the items of one list or dictionary.
	maxItems = 1 << 20
)

// value is one item of a dump: its type and its content, not yet taken apart.
type value struct {
	kind byte // , ; # ^ ! ~ } ]
	b    []byte
}

// readValue reads the next item of a dump, with its length in octets.
func readValue(r *bufio.Reader) (v value, n int64, err error) {
	size := 0
	for {
		c, err := r.ReadByte()
		if err != nil {
			if errors.Is(err, io.EOF) && n > 0 {
				err = io.ErrUnexpectedEOF
			}
			return v, n, err
		}
		if n++; c == ':' {
			break
		}
		if c < '0' || c > '9' || n > 12 {
			return v, n, fmt.Errorf("%q where a length should be", c)
		}
		size = size*10 + int(c-'0')
	}
	if size > maxValue {
		return v, n, fmt.Errorf("an item claims %d octets, more than is read", size)
	}
	for len(v.b) < size { // in steps, so that only what is there takes memory
		step := min(1<<20, size-len(v.b))
		at := len(v.b)
		v.b = append(v.b, make([]byte, step)...)
		k, err := io.ReadFull(r, v.b[at:])
		if n += int64(k); err != nil {
			return v, n, io.ErrUnexpectedEOF
		}
	}
	v.kind, err = r.ReadByte()
	if err != nil {
		return v, n, io.ErrUnexpectedEOF
	}
	return v, n + 1, nil
}

// next takes the first item off b.
func next(b []byte) (v value, rest []byte, ok bool) {
	size, i := 0, 0
	for ; i < len(b) && i < 12 && b[i] >= '0' && b[i] <= '9'; i++ {
		size = size*10 + int(b[i]-'0')
	}
	if i == 0 || i >= len(b) || b[i] != ':' || i+1+size >= len(b) {
		return v, nil, false
	}
	end := i + 1 + size
	return value{b[end], b[i+1 : end]}, b[end+1:], true
}

// get returns an entry of a dictionary; a null if there is none.
func (v value) get(key string) value {
	if v.kind != '}' {
		return value{kind: '~'}
	}
	for b := v.b; len(b) > 0; {
		k, rest, ok := next(b)
		if !ok {
			break
		}
		one, rest, ok := next(rest)
		if !ok {
			break
		}
		if string(k.b) == key {
			return one
		}
		b = rest
	}
	return value{kind: '~'}
}

// list returns the items of a list.
func (v value) list() (all []value) {
	if v.kind != ']' {
		return nil
	}
	for b := v.b; len(b) > 0 && len(all) < maxItems; {
		one, rest, ok := next(b)
		if !ok {
			break
		}
		all = append(all, one)
		b = rest
	}
	return all
}

// item returns one item of a list.
func (v value) item(i int) value {
	all := v.list()
	if i < len(all) {
		return all[i]
	}
	return value{kind: '~'}
}

// octets of a string, or nothing.
func (v value) octets() []byte {
	if v.kind == ',' || v.kind == ';' {
		return v.b
	}
	return nil
}

func (v value) text() string { return string(v.octets()) }

func (v value) number() float64 {
	if v.kind != '#' && v.kind != '^' {
		return 0
	}
	f, err := strconv.ParseFloat(string(v.b), 64)
	if err != nil {
		return 0
	}
	return f
}

func (v value) yes() bool    { return v.kind == '!' && string(v.b) == "true" }
func (v value) isNull() bool { return v.kind == '~' }
