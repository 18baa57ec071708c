package flowlog

import (
	"container/list"
	"errors"
	"fmt"
	"os"
	"sync"
)

// maxOpen is how many files are held open. Connections may be more: a file
// that was not written to for long is closed, and opened again when needed.
const maxOpen = 256

// files keeps few files open.
type files struct {
	mu   sync.Mutex
	used *list.List // of *file, the latest used first
}

// file is the octets of one direction. One goroutine at a time writes it.
type file struct {
	path string
	all  *files

	mu    sync.Mutex // over out, and held while it is written
	out   *os.File
	place *list.Element // in all.used, under all.mu
	made  bool
}

func (f *file) write(b []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.open(); err != nil {
		return err
	}
	if _, err := f.out.Write(b); err != nil {
		return fmt.Errorf("flowlog: keep octets: %w", err)
	}
	return nil
}

// open opens the file, anew the first time, and closes others if there are
// too many. The caller holds f.mu.
func (f *file) open() (err error) {
	if f.out == nil {
		flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
		if f.made {
			flags = os.O_WRONLY | os.O_APPEND
		}
		if f.out, err = os.OpenFile(f.path, flags, 0o600); err != nil {
			return fmt.Errorf("flowlog: keep octets: %w", err)
		}
		f.made = true
	}
	return f.all.use(f)
}

// use notes that f was used last and closes what was not used for longest.
func (a *files) use(f *file) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if f.place != nil {
		a.used.MoveToFront(f.place)
		return nil
	}
	f.place = a.used.PushFront(f)
	var err error
	for e := a.used.Back(); a.used.Len() > maxOpen && e != nil; {
		old, before := e.Value.(*file), e.Prev()
		if old != f && old.mu.TryLock() { // one that is written just now stays
			a.used.Remove(e)
			err = errors.Join(err, old.out.Close())
			old.out, old.place = nil, nil
			old.mu.Unlock()
		}
		e = before
	}
	return err
}

// close makes the file if nothing was ever written, and lets go of it.
func (f *file) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.made {
		if err := os.WriteFile(f.path, nil, 0o600); err != nil {
			return fmt.Errorf("flowlog: keep octets: %w", err)
		}
	}
	if f.out == nil {
		return nil
	}
	f.all.mu.Lock()
	f.all.used.Remove(f.place)
	f.place = nil
	f.all.mu.Unlock()
	err := f.out.Close()
	f.out = nil
	return err
}
