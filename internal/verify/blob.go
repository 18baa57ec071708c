package verify

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
)

// armour is the skippable frame at the end of a blob's file (RFC 8878, section
// 3.1.2): its head, and the SHA-256 of the frame before it.
var armour = [8]byte{0x50, 0x2a, 0x4d, 0x18, sha256.Size}

const (
	armourSize = len(armour) + sha256.Size
	// What does not compress grows a little.
	maxStored = format.MaxBlob + format.MaxSmall
	// maxWindow is what zstd programs decode without being asked to.
	maxWindow = 128 << 20
)

// blobReader unpacks blobs, one after the other, in bounded memory.
type blobReader struct {
	decoder *zstd.Decoder
	buf     []byte
	frame   hash.Hash
	content hash.Hash
}

func newBlobReader() (*blobReader, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(2*format.MaxBlob))
	if err != nil {
		return nil, fmt.Errorf("reading blobs: %w", err)
	}
	return &blobReader{d, make([]byte, 128<<10), sha256.New(), sha256.New()}, nil
}

// copy writes the content of a blob's file to w, and returns its length and
// its digest. The error says what is wrong with the file.
func (r *blobReader) copy(w io.Writer, f *os.File, through *meter) (int64, sum, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, sum{}, bare(err)
	}
	cut := info.Size() - int64(armourSize)
	if cut < 0 || info.Size() > maxStored {
		return 0, sum{}, fmt.Errorf("has %d bytes, which no blob has", info.Size())
	}
	r.frame.Reset()
	r.content.Reset()
	stored := io.TeeReader(through.reader(io.LimitReader(f, cut)), r.frame)
	n, broken := r.unpack(w, stored)
	// Whatever the decoder left, so that the digest is over all of it.
	if _, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{stored}, r.buf); err != nil {
		return 0, sum{}, bare(err)
	}
	if err := r.armoured(f, cut); err != nil {
		return 0, sum{}, err
	}
	if broken != nil {
		return 0, sum{}, broken
	}
	return n, sum(r.content.Sum(nil)), oneFrame(f, cut)
}

func (r *blobReader) unpack(w io.Writer, stored io.Reader) (int64, error) {
	if err := r.decoder.Reset(stored); err != nil {
		return 0, fmt.Errorf("cannot be unpacked: %w", err)
	}
	all := io.MultiWriter(r.content, w)
	n, err := io.CopyBuffer(all, struct{ io.Reader }{io.LimitReader(r.decoder, format.MaxBlob+1)}, r.buf)
	if err != nil {
		return 0, fmt.Errorf("cannot be unpacked: %w", err)
	}
	if n > format.MaxBlob {
		return 0, fmt.Errorf("unpacks to more than %d bytes", int64(format.MaxBlob))
	}
	return n, nil
}

// armoured compares the digest at the end with the bytes before it.
func (r *blobReader) armoured(f *os.File, cut int64) error {
	end := make([]byte, armourSize)
	if _, err := f.ReadAt(end, cut); err != nil {
		return bare(err)
	}
	if [8]byte(end) != armour {
		return fmt.Errorf("the digest at its end (from byte %d) is cut or bent", cut)
	}
	if !bytes.Equal(r.frame.Sum(nil), end[len(armour):]) {
		return fmt.Errorf("one of its first %d bytes is bent, or the digest behind them", cut)
	}
	return nil
}

// oneFrame checks that a file begins with one zstd frame of that length (RFC
// 8878, section 3.1.1), so that nothing hides between frames.
func oneFrame(f io.ReaderAt, length int64) error {
	first := make([]byte, min(length, zstd.HeaderMaxSize))
	if _, err := f.ReadAt(first, 0); err != nil {
		return bare(err)
	}
	var h zstd.Header
	if err := h.Decode(first); err != nil {
		return fmt.Errorf("is no zstd frame: %w", err)
	}
	at := int64(h.HeaderSize)
	for last := h.Skippable; !last; {
		var b [3]byte
		if _, err := f.ReadAt(b[:], at); err != nil || at+3 > length {
			return errors.New("is no whole zstd frame")
		}
		at += 3
		head := int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16
		last = head&1 == 1
		if kind := head >> 1 & 3; kind == 1 {
			at++ // one byte, repeated
		} else {
			at += head >> 3
		}
	}
	if h.HasCheckSum {
		at += 4
	}
	if h.Skippable || at != length {
		return fmt.Errorf("is not one zstd frame: it ends at byte %d of %d", at, length)
	}
	return nil
}

// blob returns kept bytes for what is derived from them. It is called by one
// goroutine, often for the same bytes in a row.
func (c *check) blob(d telltale.Digest) ([]byte, error) {
	if c.blobs.last == d && d != "" {
		return c.blobs.bytes, nil
	}
	file, err := blobFile(d)
	if err != nil {
		return nil, err
	}
	f, err := openRegular(c.path(file))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	defer f.Close()
	if c.blobs.reader == nil {
		if c.blobs.reader, err = newBlobReader(); err != nil {
			return nil, err
		}
	}
	// What is derived may keep slices of it: it is not written to again.
	var b bytes.Buffer
	_, got, err := c.blobs.reader.copy(&b, f, &meter{})
	if err == nil && digestOf(got) != d {
		err = errContent
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	c.blobs.last, c.blobs.bytes = d, b.Bytes()
	return b.Bytes(), nil
}

// cached is the blob that was read last.
type cached struct {
	reader *blobReader
	last   telltale.Digest
	bytes  []byte
}

var errContent = errors.New("the content is not what its name says")

func digestOf(s sum) telltale.Digest { return telltale.Digest(fmt.Sprintf("sha256:%x", s)) }

// blobFile is where the bytes of a digest are.
func blobFile(d telltale.Digest) (string, error) {
	hex, err := d.Hex()
	if err != nil {
		return "", err
	}
	return format.BlobDir + "/" + hex[:2] + "/" + hex[2:] + ".zst", nil
}
