package pcapng

import (
	"io"
)

// readStep is how many bytes are asked for at a time: few enough to be still
// in the processor's cache when they are looked at.
const readStep = 256 << 10

// window is what is in view of a file: up to readBuffer bytes, without copying
// except for what stands at its end when more is read.
type window struct {
	in       io.Reader
	memory   []byte
	from, to int // what is in view
	err      error
}

// peek returns the next n bytes without stepping over them, or those up to
// the end or an error. They are valid until the next call.
func (w *window) peek(n int) ([]byte, error) {
	if w.to-w.from < n {
		w.fill(n)
		if w.to-w.from < n {
			return w.memory[w.from:w.to], w.err
		}
	}
	return w.memory[w.from : w.from+n], nil
}

// fill brings n bytes into view if they are there.
func (w *window) fill(n int) {
	w.to = copy(w.memory, w.memory[w.from:w.to])
	w.from = 0
	for empty := 0; w.to < n && w.err == nil; {
		k, err := w.in.Read(w.memory[w.to:min(len(w.memory), max(n, w.to+readStep))])
		w.to += k
		w.err = err
		if empty++; k > 0 {
			empty = 0
		} else if err == nil && empty == 100 {
			w.err = io.ErrNoProgress
		}
	}
}

// discard steps over n bytes, or as many as there are.
func (w *window) discard(n int64) (int64, error) {
	left := n
	for {
		k := min(int64(w.to-w.from), left)
		w.from += int(k)
		if left -= k; left == 0 {
			return n, nil
		}
		w.fill(1)
		if w.to == 0 {
			return n - left, w.err
		}
	}
}
