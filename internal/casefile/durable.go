package casefile

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
)

const (
	// many is from how many files on the whole file system is synced at once,
	// where that can be done: each file by itself waits for the disk.
	many = 64
	// hands is how many files are synced at a time.
	hands = 8
)

// durable brings files of one directory to the disk.
type durable struct {
	// root is the directory, opened before anything was written, so that the
	// system tells of it what could not be. It may be nil.
	root *os.File
}

func openDurable(dir string) durable {
	f, err := os.Open(dir)
	if err != nil {
		return durable{} // files are synced by themselves then
	}
	return durable{f}
}

func (d durable) close() error {
	if d.root == nil {
		return nil
	}
	return d.root.Close()
}

// sync returns when the files are on the disk, under their names.
func (d durable) sync(files []string) error {
	if len(files) >= many && d.root != nil && syncAll(d.root) == nil {
		return nil
	}
	if err := each(files, syncFile); err != nil {
		return err
	}
	seen := map[string]bool{}
	var folders []string
	for _, f := range files {
		if dir := filepath.Dir(f); !seen[dir] {
			seen[dir] = true
			folders = append(folders, dir)
		}
	}
	return each(folders, syncFolder)
}

// each calls do for all names, several at a time.
func each(names []string, do func(string) error) error {
	errs := make([]error, min(hands, len(names)))
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			for n := i; n < len(names) && errs[i] == nil; n += len(errs) {
				errs[i] = do(names[n])
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
