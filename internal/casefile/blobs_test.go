package casefile_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
)

// TestWhatACrashLeftOfABlobIsWrittenAgain: of a blob that was not on the disk
// when the machine stopped, the name may be there without the content.
func TestWhatACrashLeftOfABlobIsWrittenAgain(t *testing.T) {
	t.Parallel()
	for name, left := range map[string][]byte{"nothing": {}, "rubbish": []byte("rubbish")} {
		dir := filepath.Join(t.TempDir(), "case")
		opts := options(t)
		write(t, dir, opts)
		path := filepath.Join(dir, blobPath("evidence"))
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, left, 0o600))
		must(t, os.WriteFile(filepath.Join(filepath.Dir(path), ".new-1"), left, 0o600))
		c, err := casefile.Open(dir, opts)
		must(t, err)
		for range 2 {
			d, err := c.Keep([]byte("evidence"))
			must(t, err)
			if got, err := c.Blob(d); err != nil || string(got) != "evidence" {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
		must(t, c.Close())
	}
}

// TestManyBlobsAtOnce: whoever keeps them and whoever signs do not wait for
// each other, and what is signed is there.
func TestManyBlobsAtOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	opts := options(t)
	c, err := casefile.Create(dir, opts)
	must(t, err)
	const workers, each = 4, 60
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			random := rand.NewChaCha8([32]byte{byte(w)})
			for n := range each {
				b := make([]byte, 1+n*50)
				_, _ = random.Read(b) // it has no errors
				for _, one := range [][]byte{b, bytes.Repeat([]byte("the same for all "), n+1)} {
					d, err := c.Keep(one)
					if err == nil {
						err = c.Record(telltale.Flow{Host: fmt.Sprint(w), Messages: []telltale.Message{{Bytes: d, Size: int64(len(one))}}})
					}
					if err != nil {
						t.Error(err)
					}
				}
				if n%20 == 19 {
					if err := c.Checkpoint(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	must(t, c.Checkpoint())
	must(t, c.Close())
	check, err := verified(dir, "")
	must(t, err)
	if len(check.Problems) > 0 || check.Signed != check.Entries || len(check.Record.Flows) != workers*each*2 {
		t.Errorf("%v; %d of %d entries signed, %d flows", check.Problems, check.Signed, check.Entries, len(check.Record.Flows))
	}
}

// TestMuchIsBroughtToTheDiskMeanwhile: more than is waited for at the end.
func TestMuchIsBroughtToTheDiskMeanwhile(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short: writes 90 MB")
	}
	dir := filepath.Join(t.TempDir(), "case")
	c, err := casefile.Create(dir, options(t))
	must(t, err)
	random := rand.NewChaCha8([32]byte{9})
	b := make([]byte, 1<<20)
	for range 90 {
		_, _ = random.Read(b)
		d, err := c.Keep(b)
		must(t, err)
		must(t, c.Record(telltale.Flow{Messages: []telltale.Message{{Bytes: d, Size: int64(len(b))}}}))
	}
	must(t, c.Checkpoint())
	must(t, c.Close())
	check, err := verified(dir, "")
	must(t, err)
	if len(check.Problems) > 0 || check.Signed != check.Entries {
		t.Errorf("%v; %d of %d entries signed", check.Problems, check.Signed, check.Entries)
	}
}

// TestNothingIsSignedThatIsNotOnTheDisk: a blob that cannot be brought there
// ends the case before the signature.
func TestNothingIsSignedThatIsNotOnTheDisk(t *testing.T) {
	t.Parallel()
	for name, sign := range map[string]func(c *casefile.Case) error{
		"a checkpoint":  func(c *casefile.Case) error { return c.Checkpoint() },
		"a stage's end": func(c *casefile.Case) error { return c.PutStage(telltale.Stage{Name: "screen", Done: true}) },
		"after a blob more": func(c *casefile.Case) error {
			if _, err := c.Keep([]byte("more")); err != nil {
				return err
			}
			return c.Checkpoint()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "case")
			opts := options(t)
			write(t, dir, opts)
			c, err := casefile.Open(dir, opts)
			must(t, err)
			before, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
			must(t, err)
			_, err = c.Keep([]byte("evidence"))
			must(t, err)
			must(t, os.Remove(filepath.Join(dir, blobPath("evidence"))))
			failed(t, c, sign(c))
			after, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
			must(t, err)
			if !bytes.Equal(before, after) {
				t.Error("it was signed")
			}
			goesOn(t, dir, opts)
		})
	}
}
