package unpack

import (
	"errors"
	"fmt"
)

// The format 7z (7zFormat.txt of its kit): a head of 32 bytes, packed streams,
// and behind them a header that says what they are, most often packed itself.

// openSevenZip reads an archive whose streams go through one coder after the
// other.
func openSevenZip(w *walker, p Part) (bool, error) {
	header, err := sevenHeader(w, p)
	if err != nil {
		w.note(p.Name, 32, "7z: %v", err)
		return false, nil
	}
	whole := true
	names := header.names
	for i, f := range header.folders {
		if len(f.parts) == 0 {
			continue
		}
		plain, err := w.sevenFolder(p, f)
		if err != nil {
			w.note(p.Name, f.at, "7z: stream %d is broken after %d bytes: %v", i, len(plain), err)
			whole = false
		}
		// What it is read from counts as well: streams may be many and empty.
		if err := w.count(p, len(plain)+f.size+sevenCost); err != nil {
			return false, err
		}
		for _, size := range f.parts {
			name := fmt.Sprintf("file %d", i)
			if len(names) > 0 {
				name, names = names[0], names[1:]
			}
			if err := w.inside(p, name, cut(plain, 0, size)); err != nil {
				return false, err
			}
			plain = plain[min(size, len(plain)):]
		}
	}
	return whole && len(header.folders) > 0, nil
}

// sevenCost is what a stream counts for besides its bytes; sevenDepth bounds
// headers that are packed in one another.
const (
	sevenCost  = 4096
	sevenDepth = 3
)

// sevenArchive is what a header says: the streams, and the names of the files
// that are in them, in order.
type sevenArchive struct {
	folders []*sevenFolderHead
	names   []string
}

// sevenFolderHead is one packed stream: where it stands, through what it
// went, outermost first, and the sizes of the files in it.
type sevenFolderHead struct {
	at, size int
	coders   []sevenCoder
	parts    []int
	// plain is how much comes out in the end; packed how many streams it was
	// packed in, and which of them is read.
	plain, packed, main int
	// order are the coders from the one that comes off last.
	order []int
	// summed: its check sum stands with the stream.
	summed bool
}

// sevenCoder is a method, its properties, and how much comes out of it.
type sevenCoder struct {
	method uint64
	props  []byte
	size   int
	// in is how many streams it takes.
	in int
}

// sevenHeader finds the header and unpacks it if it is packed.
func sevenHeader(w *walker, p Part) (*sevenArchive, error) {
	at, size := le(p.Bytes, 12, 8), le(p.Bytes, 20, 8)
	if at > uint64(len(p.Bytes)) || size > uint64(len(p.Bytes)) || 32+at+size > uint64(len(p.Bytes)) || size == 0 {
		return nil, errors.New("its header, which stands at the end, is not there")
	}
	header := p.Bytes[32+at:][:size]
	for range sevenDepth {
		r := &sevenReader{b: header, most: w.Limits.Parts}
		switch r.byte() {
		case sevenHead:
			return r.archive()
		case sevenPackedHead:
			folders := r.streams()
			if r.bad || len(folders) != 1 {
				return nil, errSeven
			}
			plain, err := w.sevenFolder(p, folders[0])
			if err != nil {
				return nil, fmt.Errorf("its header: %w", err)
			}
			header = plain
		default:
			return nil, errSeven
		}
	}
	return nil, errSeven
}

var errSeven = errors.New("its header cannot be read")
