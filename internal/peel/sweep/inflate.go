package sweep

import (
	"bytes"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// inflater holds readers that are used again, and a buffer for each level at
// which one compression stands in another.
type inflater struct {
	flate  []io.ReadCloser
	gzip   []*gzip.Reader
	zlib   []io.ReadCloser
	zstd   *zstd.Decoder
	pieces [][]byte
	level  int
}

const zstdMemory = 16 << 20

// each unpacks b and calls yield with pieces, each of which begins with the
// end of the one before, until it returns false. Damaged streams give what
// comes before the damage; the result is false if that is nothing.
func (f *inflater) each(coat string, b []byte, yield func([]byte) bool) bool {
	if f.level == len(f.pieces) {
		f.pieces = append(f.pieces, make([]byte, pieceSize/4))
		f.flate, f.gzip, f.zlib = append(f.flate, nil), append(f.gzip, nil), append(f.zlib, nil)
	}
	r := f.open(coat, b)
	if r == nil {
		return false
	}
	piece, n, any := f.pieces[f.level], 0, false
	f.level++
	defer func() { f.level-- }()
	for {
		m, err := io.ReadFull(r, piece[n:])
		n += m
		if m > 0 {
			if any = true; !yield(piece[:n]) {
				return true
			}
		}
		if err != nil || m == 0 {
			return any
		}
		copy(piece, piece[n-overlap:n])
		n = overlap
	}
}

// open returns a reader, nil if the head does not fit. Brotli and zstd are
// rare; within themselves they are not looked into.
func (f *inflater) open(coat string, b []byte) io.Reader {
	in := bytes.NewReader(b)
	l := f.level
	switch coat {
	case "gzip":
		if f.gzip[l] == nil {
			f.gzip[l] = new(gzip.Reader)
		}
		if f.gzip[l].Reset(in) != nil {
			return nil
		}
		f.gzip[l].Multistream(false)
		return f.gzip[l]
	case "zlib":
		return f.openZlib(in)
	case "deflate": // either, in practice
		if len(b) > 2 && b[0]&15 == 8 && (int(b[0])<<8|int(b[1]))%31 == 0 {
			if r := f.openZlib(in); r != nil {
				return r
			}
			in = bytes.NewReader(b)
		}
		if f.flate[l] == nil {
			f.flate[l] = flate.NewReader(in)
		} else if f.flate[l].(flate.Resetter).Reset(in, nil) != nil {
			return nil
		}
		return f.flate[l]
	case "br":
		return brotli.NewReader(in)
	case "zstd":
		if f.level > 0 {
			return nil
		}
		return f.openZstd(in)
	}
	return nil
}

func (f *inflater) openZlib(in io.Reader) io.Reader {
	l := f.level
	var err error
	if f.zlib[l] == nil {
		f.zlib[l], err = zlib.NewReader(in)
	} else {
		err = f.zlib[l].(zlib.Resetter).Reset(in, nil)
	}
	if err != nil {
		return nil
	}
	return f.zlib[l]
}

func (f *inflater) openZstd(in io.Reader) io.Reader {
	var err error
	if f.zstd == nil {
		f.zstd, err = zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(zstdMemory), zstd.WithDecoderLowmem(true))
	} else {
		err = f.zstd.Reset(in)
	}
	if err != nil {
		return nil
	}
	return f.zstd
}
