package casefile

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"example.org/telltale"
)

// maxBlob bounds what one blob may unpack to: a hostile case must not fill
// the memory of whoever verifies it.
const maxBlob = 256 << 20

// blobDir is the directory of blobs, to read from.
type blobDir string

func (dir blobDir) path(d telltale.Digest) (string, error) {
	hex, err := d.Hex()
	if err != nil {
		return "", err
	}
	return filepath.Join(string(dir), hex[:2], hex[2:]+".zst"), nil
}

// get returns the bytes of d after checking that they are what d says.
func (dir blobDir) get(d telltale.Digest) ([]byte, error) {
	path, err := dir.path(d)
	if err != nil {
		return nil, err
	}
	b, err := readBlob(path)
	if err != nil {
		return nil, err
	}
	if telltale.DigestOf(b) != d {
		return nil, fmt.Errorf("%s: the content is not what its name says", path)
	}
	return b, nil
}

func readBlob(path string) ([]byte, error) {
	// What does not compress grows a little; the armour is on top.
	stored, err := readAtMost(path, maxBlob+maxSmall)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: missing", path)
	}
	if err != nil {
		return nil, err
	}
	frame, err := disarm(stored)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	decoder, err := zstd.NewReader(bytes.NewReader(frame), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBlob))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer decoder.Close()
	b, err := io.ReadAll(io.LimitReader(decoder, maxBlob+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(b) > maxBlob {
		return nil, fmt.Errorf("%s: unpacks to more than %d bytes", path, maxBlob)
	}
	return b, nil
}

// skippable begins a zstd frame that decoders skip (RFC 8878, section
// 3.1.2), here with 32 bytes of content.
var skippable = [8]byte{0x50, 0x2a, 0x4d, 0x18, sha256.Size}

// armour adds a skippable frame with the SHA-256 of the compressed bytes.
// Without it a bent bit in a frame header that decoders overlook would go
// unnoticed; with it the file is still plain zstd.
func armour(frame []byte) []byte {
	sum := sha256.Sum256(frame)
	return append(append(frame, skippable[:]...), sum[:]...)
}

func disarm(stored []byte) ([]byte, error) {
	cut := len(stored) - len(skippable) - sha256.Size
	if cut < 0 || [8]byte(stored[cut:cut+8]) != skippable {
		return nil, fmt.Errorf("the digest at its end (from byte %d) is cut or bent", max(cut, 0))
	}
	if sha256.Sum256(stored[:cut]) != [sha256.Size]byte(stored[cut+8:]) {
		return nil, fmt.Errorf("one of its first %d bytes is bent", cut)
	}
	return stored[:cut], nil
}
