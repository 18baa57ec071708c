package casefile_test

import (
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"example.org/telltale/internal/casefile"
)

// TestAnErrorOfTheDiskSaysWhatToDo: the cause and the remedy stand in the
// error, and the case can be gone on with.
func TestAnErrorOfTheDiskSaysWhatToDo(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the errors have other numbers here")
	}
	for cause, want := range map[syscall.Errno]string{
		syscall.ENOSPC: "the disk is full", syscall.EDQUOT: "the quota is used up", syscall.EROFS: "the disk is read-only",
		syscall.EACCES: "writing is not allowed", syscall.EPERM: "writing is not allowed", syscall.EIO: "mend what is named here",
	} {
		t.Run(cause.Error(), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "case")
			opts := options(t)
			write(t, dir, opts)
			broken := opts
			broken.Random = &breaking{from: opts.Random, left: 3, err: cause}
			c, err := casefile.Open(dir, broken)
			must(t, err)
			for range 3 {
				must(t, c.PutCoverage(nil))
			}
			err = c.PutEnd("")
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "then resume") {
				t.Errorf("%v says %v, want %q", cause, err, want)
			}
			failed(t, c, err)
			goesOn(t, dir, opts)
			if r, err := casefile.Read(dir); err != nil || len(r.Record.Coverage) != 0 || len(r.Record.Probes) != 5 {
				t.Errorf("reads as %+v, %v", r, err)
			}
		})
	}
}

// breaking gives out a number of salts, then an error in place of the disk's.
type breaking struct {
	from io.Reader
	left int
	err  error
}

func (b *breaking) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, b.err
	}
	b.left--
	return b.from.Read(p)
}
