package casefile

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/klauspost/compress/zstd"

	"example.org/telltale"
)

// maxBlob bounds what one blob may unpack to: a hostile case must not fill
// the memory of whoever verifies it.
const maxBlob = 256 << 20

// blobStore keeps bytes in files named by the SHA-256 of their content.
type blobStore struct {
	dir     string
	encoder *zstd.Encoder

	mu      sync.Mutex
	pending map[string]bool // files written since the last sync
}

func newBlobStore(dir string) *blobStore {
	// NewWriter fails only on bad options; these are constants.
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic("casefile: " + err.Error())
	}
	return &blobStore{dir: dir, encoder: encoder, pending: map[string]bool{}}
}

func (s *blobStore) path(d telltale.Digest) (string, error) {
	hex, err := d.Hex()
	if err != nil {
		return "", err
	}
	return filepath.Join(s.dir, hex[:2], hex[2:]+".zst"), nil
}

// put stores b unless it is there already. The file appears whole or not at
// all: it is written under another name first.
func (s *blobStore) put(b []byte) (telltale.Digest, error) {
	d := telltale.DigestOf(b)
	path, err := s.path(d)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := os.Stat(path); err == nil {
		return d, nil
	}
	if err := s.write(path, armour(s.encoder.EncodeAll(b, nil))); err != nil {
		return "", fmt.Errorf("keeping %d bytes of evidence: %w", len(b), err)
	}
	s.pending[path] = true
	return d, nil
}

func (s *blobStore) write(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

// sync has every blob written so far on the disk.
func (s *blobStore) sync() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for path := range s.pending {
		if err := syncFile(path); err != nil {
			return fmt.Errorf("keeping evidence: %w", err)
		}
		delete(s.pending, path)
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// get returns the bytes of d after checking that they are what d says.
func (s *blobStore) get(d telltale.Digest) ([]byte, error) {
	path, err := s.path(d)
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
