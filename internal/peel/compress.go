package peel

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/lzw"
	"errors"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// format is one compression: how it is recognised and opened.
type format struct {
	name string
	// starts lists places where a stream may begin, the first ones only.
	starts func(b []byte) []int
	open   func(r io.Reader) (io.Reader, error)
	// sure: the beginning alone proves the format. Otherwise the stream must
	// end cleanly, or what comes out must be readable.
	sure bool
}

const startLimit = 12

func formats() []format {
	return []format{
		{"gzip", magic("\x1f\x8b\x08"), func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }, true},
		{"zstd", magic("\x28\xb5\x2f\xfd"), openZstd, true},
		{"snappy", magic("\xff\x06\x00\x00sNaPpY"), func(r io.Reader) (io.Reader, error) { return snappy.NewReader(r), nil }, true},
		{"lz4", magic("\x04\x22\x4d\x18"), openLZ4, true},
		{"lz4", magic("\x02\x21\x4c\x18"), openLZ4Legacy, true},
		{"bzip2", bzip2Starts, func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }, true},
		{"zlib", zlibStarts, func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) }, false},
		{"deflate", front, func(r io.Reader) (io.Reader, error) { return flate.NewReader(r), nil }, false},
		{"brotli", front, func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil }, false},
		{"xz", magic("\xfd7zXZ\x00"), openXZ, true},
		{"lzip", magic("LZIP\x01"), openLzip, true},
		{"lzma", lzmaStarts, openLZMA, false},
		{"lzw", magic("\x1f\x9d"), openCompress, false},
		{"lzw", lzwStart(lzw.MSB), openLZW(lzw.MSB), false},
		{"lzw", lzwStart(lzw.LSB), openLZW(lzw.LSB), false},
		{"snappy", shortFront, openSnappyBlock, false},
		{"lz4", shortFront, openLZ4Block, false},
	}
}

func openZstd(r io.Reader) (io.Reader, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

// magic finds places that begin with m.
func magic(m string) func([]byte) []int {
	return func(b []byte) []int {
		var at []int
		for from := 0; len(at) < startLimit; {
			i := bytes.Index(b[from:], []byte(m))
			if i < 0 {
				break
			}
			at = append(at, from+i)
			from += i + 1
		}
		return at
	}
}

func front(b []byte) []int {
	if len(b) < 6 {
		return nil
	}
	return []int{0}
}

// zlibStarts finds RFC 1950 headers: method 8 and a right check sum.
func zlibStarts(b []byte) []int {
	var at []int
	for i := 0; i+6 < len(b) && len(at) < startLimit; i++ {
		if b[i]&0x0f == 8 && b[i]>>4 <= 7 && (uint(b[i])<<8|uint(b[i+1]))%31 == 0 && b[i+1]&0x20 == 0 && (i == 0 || b[i] == 0x78) {
			at = append(at, i)
		}
	}
	return at
}

func bzip2Starts(b []byte) []int {
	var at []int
	for _, i := range magic("BZh")(b) {
		if i+10 <= len(b) && b[i+3] >= '1' && b[i+3] <= '9' && string(b[i+4:i+10]) == "1AY&SY" {
			at = append(at, i)
		}
	}
	return at
}

// compressPeeler inflates. Streams may stand anywhere; a stream that is cut
// gives what comes before the cut.
type compressPeeler struct{}

func (compressPeeler) Name() string { return "compress" }

func (compressPeeler) Peel(in Input) []Candidate {
	if in.Shape.ascii() {
		return nil
	}
	var out []Candidate
	left := in.Limit
	for _, f := range formats() {
		if !f.sure && in.Best > sure {
			continue
		}
		for _, at := range f.starts(in.Bytes) {
			c, ok := f.peel(in.Bytes[at:], left)
			if !ok && in.Cribs != nil && len(c.Bytes) > 0 && in.Cribs.Has(c.Bytes) {
				ok, c.Score = true, 0.85 // a known text proves it
				if in.Cribs.Has(in.Bytes) {
					continue // but not where it could be read before
				}
			}
			if !ok {
				continue
			}
			if !f.sure && c.Note == NoteLimit && !in.body() {
				c.Note = "" // as likely noise that inflates without end
			}
			c.Offset = at
			c.Whole = at == 0
			if c.Whole {
				in.Best = max(in.Best, c.Score)
			}
			left -= len(c.Bytes)
			out = append(out, c)
		}
	}
	return out
}

// body reports whether the bytes are a whole body or stream by their path.
func (in Input) body() bool {
	if len(in.Under) == 0 {
		return false
	}
	switch in.Under[len(in.Under)-1] {
	case "body", "chunked", "gzip", "zlib", "base64":
		return true
	}
	return false
}

// peel inflates one stream and judges whether it was one.
func (f format) peel(b []byte, limit int) (Candidate, bool) {
	src := bytes.NewReader(b)
	counted := bufio.NewReaderSize(src, 4096) // an io.ByteReader: nothing is read ahead unseen
	out, err := f.inflate(counted, limit)
	used := len(b) - src.Len() - counted.Buffered()
	c := Candidate{Coats: []string{f.name}, Bytes: out, Length: used, Score: 0.98}
	c.Note = inflateNote(err)
	if used < len(b) {
		c.Rest = b[used:]
	}
	if f.sure {
		return c, len(out) > 0
	}
	return c, f.believable(&c, len(b))
}

// believable judges a stream of a format without a sure beginning, and
// lowers the score of one that is only likely. Random bytes inflate to
// something like text for a while, so only a clean end makes it sure.
func (f format) believable(c *Candidate, size int) bool {
	clean := c.Note == "" && c.Length >= size-8
	switch {
	case len(c.Bytes) < 8:
		return false
	case c.Note == "" && f.name == "zlib": // its Adler-32 was right
		return true
	case clean && len(c.Bytes) >= 16 && readable(c.Bytes):
		c.Score = 0.93
	case clean && len(c.Bytes) >= 16:
		c.Score = 0.8
	case c.Note == NoteLimit:
		c.Score = 0.5
	case len(c.Bytes) >= 32 && readable(c.Bytes):
		c.Score = 0.7
		if f.name != "zlib" {
			c.Note = "" // it may be no stream at all
		}
	default:
		return false
	}
	return true
}

// inflateNote is the note that an error while inflating asks for.
func inflateNote(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, errLimit):
		return NoteLimit
	case errors.Is(err, io.ErrUnexpectedEOF):
		return NoteTruncated
	}
	return NoteMalformed
}

var errLimit = errors.New("longer than the limit")

// inflate reads up to limit bytes. What was read before an error is kept.
func (f format) inflate(r io.Reader, limit int) ([]byte, error) {
	z, err := f.open(r)
	if err != nil {
		return nil, err
	}
	if c, ok := z.(io.Closer); ok {
		defer c.Close() //nolint:errcheck // reading is over
	}
	return readUpTo(z, limit)
}

// readUpTo reads up to limit bytes and keeps what came before an error.
func readUpTo(r io.Reader, limit int) ([]byte, error) {
	var out bytes.Buffer
	n, err := io.Copy(&out, io.LimitReader(r, int64(limit)+1))
	if n > int64(limit) {
		out.Truncate(limit)
		return out.Bytes(), errLimit
	}
	return out.Bytes(), err
}
