package casefile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/klauspost/compress/zstd"

	"example.org/telltale"
)

const (
	// syncAhead is after how many bytes of blobs the disk begins to work, so
	// that there is little left to wait for when a checkpoint is signed.
	syncAhead = 64 << 20
	// maxScratch bounds the memory for compressed bytes that is used again.
	maxScratch = 4 << 20
)

// blobStore keeps bytes in files named by the SHA-256 of their content.
type blobStore struct {
	blobDir
	encoder *zstd.Encoder
	disk    durable
	// fresh: there were no blobs when the store was opened.
	fresh bool

	mu      sync.Mutex
	known   map[[sha256.Size]byte]struct{} // in their place, whole
	folders [256]bool                      // made, or found
	number  uint64                         // of the last unfinished file
	scratch []byte
	pending []string // files written since the last sync
	size    int      // of them
	ahead   *batch   // being synced meanwhile

	syncing sync.Mutex // held by whoever waits for the disk
	failed  error      // under syncing
}

// newBlobStore opens a directory for writing; it has to be closed.
func newBlobStore(dir string) *blobStore {
	// NewWriter fails only on bad options; these are constants.
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		panic("casefile: " + err.Error())
	}
	names, err := os.ReadDir(dir)
	return &blobStore{
		blobDir: blobDir(dir), encoder: encoder, disk: openDurable(dir), fresh: err == nil && len(names) == 0,
		known: map[[sha256.Size]byte]struct{}{},
	}
}

// put stores b unless it is there already. The file appears whole or not at
// all: it is written under another name first.
func (s *blobStore) put(b []byte) (telltale.Digest, error) {
	sum := sha256.Sum256(b)
	d := telltale.Digest("sha256:" + hex.EncodeToString(sum[:]))
	path, err := s.path(d)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.known[sum]; ok {
		return d, nil
	}
	size := 0
	if !s.left(d, path) {
		s.scratch = armour(s.encoder.EncodeAll(b, s.scratch[:0]))
		if err := s.write(path, sum[0]); err != nil {
			return "", fmt.Errorf("keeping %d bytes of evidence: %w", len(b), err)
		}
		if size = len(s.scratch); size > maxScratch {
			s.scratch = nil
		}
	}
	s.known[sum] = struct{}{}
	s.written(path, size)
	return d, nil
}

// left reports whether an earlier run left the blob, whole. It may have been
// cut off before the blob was on the disk.
func (s *blobStore) left(d telltale.Digest, path string) bool {
	if s.fresh {
		return false
	}
	if _, err := os.Lstat(path); err != nil {
		return false
	}
	_, err := s.get(d)
	return err == nil
}

// write puts what is in scratch in its place.
func (s *blobStore) write(path string, first byte) error {
	if !s.folders[first] {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		s.folders[first] = true
	}
	out, err := s.unfinished(filepath.Dir(path))
	if err != nil {
		return err
	}
	_, err = out.Write(s.scratch)
	if err = errors.Join(err, out.Close()); err == nil {
		err = os.Rename(out.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(out.Name()))
	}
	return nil
}

// unfinished makes a file; names that a run before left are stepped over.
func (s *blobStore) unfinished(dir string) (*os.File, error) {
	for {
		s.number++
		f, err := os.OpenFile(filepath.Join(dir, ".new-"+strconv.FormatUint(s.number, 10)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// written notes a file that is not known to be on the disk.
func (s *blobStore) written(path string, size int) {
	s.pending = append(s.pending, path)
	if s.size += size; s.size < syncAhead || s.ahead != nil && !s.ahead.well() {
		return
	}
	one, files := &batch{done: make(chan struct{})}, s.pending
	s.ahead, s.pending, s.size = one, nil, 0
	go func() {
		defer close(one.done)
		one.err = s.disk.sync(files)
	}()
}

// batch is files on their way to the disk.
type batch struct {
	done chan struct{}
	err  error // once done is closed
}

// well reports whether all of it is on the disk by now.
func (b *batch) well() bool {
	select {
	case <-b.done:
		return b.err == nil
	default:
		return false
	}
}

// wait returns when the disk has worked it off.
func (b *batch) wait() error {
	if b == nil {
		return nil
	}
	<-b.done
	return b.err
}

// sync has every blob that was put so far on the disk.
func (s *blobStore) sync() error {
	s.syncing.Lock()
	defer s.syncing.Unlock()
	s.mu.Lock()
	ahead, files := s.ahead, s.pending
	s.ahead, s.pending, s.size = nil, nil, 0
	s.mu.Unlock()
	err := errors.Join(ahead.wait(), s.disk.sync(files))
	if s.failed == nil {
		s.failed = err
	}
	if s.failed != nil {
		return fmt.Errorf("keeping evidence: %w", s.failed)
	}
	return nil
}

// close lets go of the directory. It has nothing synced.
func (s *blobStore) close() error {
	s.syncing.Lock()
	defer s.syncing.Unlock()
	s.mu.Lock()
	ahead := s.ahead
	s.mu.Unlock()
	return errors.Join(ahead.wait(), s.disk.close())
}
