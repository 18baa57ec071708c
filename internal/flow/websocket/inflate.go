package websocket

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
)

// inflater inflates the messages of one direction (RFC 7692, section 7.2.2).
type inflater struct {
	fresh bool
	// lost: the window is not known, because a message was not whole.
	lost   bool
	window []byte
	reader io.ReadCloser
}

const (
	windowSize = 32 << 10
	// most is how many times the limit a message is inflated for the sake of
	// the window.
	most = 4
)

var errLost = errors.New("one before it was not whole")

// tail is what the sender leaves out, and an empty last block.
const tail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

// message inflates one message and returns the first limit octets of it, and
// how many it has.
func (f *inflater) message(b []byte, limit int) ([]byte, int64, error) {
	if f.fresh {
		f.lost, f.window = false, nil
	}
	if f.lost {
		return nil, 0, errLost
	}
	source := bytes.NewReader(append(b[:len(b):len(b)], tail...))
	if f.reader == nil {
		f.reader = flate.NewReaderDict(source, f.window)
	} else if err := f.reader.(flate.Resetter).Reset(source, f.window); err != nil {
		return nil, 0, err
	}
	var data []byte
	var size int64
	piece := make([]byte, 4<<10)
	for {
		n, err := f.reader.Read(piece)
		data = append(data, piece[:min(n, limit-len(data))]...)
		size += int64(n)
		f.remember(piece[:n])
		switch {
		case errors.Is(err, io.EOF):
			return data, size, nil
		case err != nil:
			f.lost = true
			return nil, 0, err
		case size > most*int64(limit):
			f.lost = true
			return data, size, nil
		}
	}
}

// remember keeps the last octets as the window of the next message.
func (f *inflater) remember(b []byte) {
	if f.fresh {
		return
	}
	if f.window = append(f.window, b...); len(f.window) > 2*windowSize {
		f.window = append(f.window[:0], f.window[len(f.window)-windowSize:]...)
	}
}
