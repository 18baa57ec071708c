package unpack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// sevenFolder takes the coders of a stream off.
func (w *walker) sevenFolder(p Part, f *sevenFolderHead) ([]byte, error) {
	b := cut(p.Bytes, f.at, f.size)
	for _, c := range f.coders {
		plain, err := w.sevenCoder(c, b)
		if c.method == sevenBCJ2 {
			return plain, err // the targets of jumps are kept elsewhere
		}
		if len(plain) > c.size {
			plain = plain[:c.size]
		}
		if len(plain) < c.size && err == nil {
			err = fmt.Errorf("%d of %d bytes were opened", len(plain), c.size)
		}
		if b = plain; err != nil {
			return b, err
		}
	}
	return b, nil
}

// Methods of coders.
const (
	sevenCopy    = 0x00
	sevenLZMA    = 0x030101
	sevenLZMA2   = 0x21
	sevenDeflate = 0x040108
	sevenBzip2   = 0x040202
	sevenZstd    = 0x04f71101
	sevenAES     = 0x06f10701
	sevenDelta   = 0x03
	sevenJumps   = 0x04 // filters of jumps, up to sevenJumpsTo
	sevenJumpsTo = 0x0a
	sevenBCJ     = 0x03030103
	sevenBCJ2    = 0x0303011b
)

func (w *walker) sevenCoder(c sevenCoder, b []byte) ([]byte, error) {
	if c.method >= sevenJumps && c.method <= sevenJumpsTo || c.method>>16 == sevenBCJ>>16 {
		return b, nil // only the targets of jumps and calls differ
	}
	switch c.method {
	case sevenCopy:
		return b, nil
	case sevenLZMA:
		if len(c.props) != 5 {
			return nil, errSeven
		}
		file := binary.LittleEndian.AppendUint64(slices.Clone(c.props), uint64(c.size))
		return w.decode("lzma", append(file, b...))
	case sevenLZMA2:
		return w.lzma2(append(slices.Clone(c.props[:min(1, len(c.props))]), b...))
	case sevenDeflate:
		plain, _, err := w.inflate(inflater(b))
		return plain, err
	case sevenBzip2:
		return w.decode("bzip2", b)
	case sevenZstd:
		return w.decode("zstd", b)
	case sevenDelta:
		return undelta(b, append(slices.Clone(c.props), 0)[0]), nil
	case sevenAES:
		return nil, errors.New("it is encrypted with a password")
	}
	return nil, fmt.Errorf("its method %#x is not known: unpack it first", c.method)
}

// undelta adds to each byte the one some places before it.
func undelta(b []byte, distance byte) []byte {
	out := slices.Clone(b)
	for i := int(distance) + 1; i < len(out); i++ {
		out[i] += out[i-int(distance)-1]
	}
	return out
}
