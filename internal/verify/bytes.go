package verify

import (
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
)

// workers read blobs and sealed files at the same time: one hashes while the
// other waits for the disk.
const workers = 2

// job is one file that has to be read from end to end.
type job struct {
	file string
	want telltale.Digest
	blob bool
}

// outcome is what came of it.
type outcome struct {
	n   int64 // bytes of content
	err error
}

// bytes reads every blob and every sealed file, and compares them with what
// the log says of them.
func (c *check) bytes() {
	jobs := append(c.blobJobs(), c.sealedJobs()...)
	for i, got := range c.readAll(jobs) {
		if jobs[i].blob {
			c.blobRead(jobs[i], got)
		} else {
			c.sealedRead(jobs[i], got)
		}
	}
	c.missingBlobs()
	c.moved.finish()
}

// readAll works off all jobs; the outcomes are in their order.
func (c *check) readAll(jobs []job) []outcome {
	out := make([]outcome, len(jobs))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(workers, len(jobs)) {
		wg.Go(func() {
			r, err := newBlobReader()
			for i := range next {
				if err != nil {
					out[i].err = err
					continue
				}
				out[i].n, out[i].err = c.read(jobs[i], r)
			}
			if err == nil {
				r.decoder.Close()
			}
		})
	}
	for i := range jobs {
		next <- i
	}
	close(next)
	wg.Wait()
	return out
}

func (c *check) read(j job, r *blobReader) (int64, error) {
	f, err := openRegular(c.path(j.file))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var n int64
	var got sum
	if j.blob {
		n, got, err = r.copy(io.Discard, f, &c.moved)
	} else {
		n, got, err = r.plain(f, &c.moved)
	}
	if err == nil && digestOf(got) != j.want {
		err = errContent
	}
	return n, err
}

// plain hashes a file as it is.
func (r *blobReader) plain(f *os.File, through *meter) (int64, sum, error) {
	h := sha256.New()
	n, err := io.CopyBuffer(h, struct{ io.Reader }{through.reader(f)}, r.buf)
	return n, sum(h.Sum(nil)), bare(err)
}

// blobJobs lists the blobs that are there.
func (c *check) blobJobs() []job {
	var jobs []job
	for _, file := range c.order {
		if !strings.HasPrefix(file, format.BlobDir+"/") || unfinished(file) {
			continue
		}
		hex := strings.TrimSuffix(strings.ReplaceAll(strings.TrimPrefix(file, format.BlobDir+"/"), "/", ""), ".zst")
		d := telltale.Digest("sha256:" + hex)
		if right, err := blobFile(d); err != nil || right != file {
			c.problem(file, 0, "is not named like a blob")
			continue
		}
		jobs = append(jobs, job{file, d, true})
	}
	return jobs
}

func (c *check) blobRead(j job, got outcome) {
	_, named := c.book.named[j.want]
	switch {
	case got.err != nil:
		c.problem(j.file, 0, "%v", got.err)
	case named:
		c.res.Blobs++
		c.res.BlobBytes += got.n
	default:
		c.note(j.file, 0, "is named by no entry: a crash came between the two, or somebody put it there")
	}
}

// missingBlobs names those that an entry names and that are not there.
func (c *check) missingBlobs() {
	var names []telltale.Digest
	for d := range c.book.named {
		names = append(names, d)
	}
	slices.Sort(names)
	for _, d := range names {
		if c.book.aliases[d] {
			continue // its name was taken out, so it may be withheld
		}
		file, err := blobFile(d)
		if err != nil {
			c.problem(format.LogFile, c.book.named[d], "%v", err)
		} else if _, there := c.files[file]; !there {
			c.problem(file, 0, "missing: line %d of the log names it", c.book.named[d])
		}
	}
}

// sealedJobs lists the sealed files that are there, and names those that are
// not or cannot be.
func (c *check) sealedJobs() []job {
	var jobs []job
	for _, name := range sortedKeys(c.book.sealed) {
		s := c.book.sealed[name]
		if err := c.sealable(name); err != nil {
			c.problem(format.LogFile, s.line, "%.100q %v", name, err)
			continue
		}
		_, there := c.files[name]
		switch {
		case c.withheld(s) && there:
			c.problem(name, 0, "is there although its digest was taken out")
		case c.withheld(s):
		case !there && !c.renamedLater(s):
			c.problem(name, 0, "missing: line %d of the log seals it", s.line)
		case there:
			jobs = append(jobs, job{file: name, want: s.Digest})
		}
	}
	return jobs
}

// sealable says why a file cannot be sealed.
func (c *check) sealable(name string) error {
	dir := path.Dir(name)
	inside := dir == format.CaptureDir || c.version > 1 &&
		(dir == format.AuthorityDir || dir == format.StampDir || dir == format.WitnessDir || strings.HasPrefix(name, format.SourceDir+"/") || isReport(name))
	if !inside || path.Clean(name) != name || strings.ContainsAny(name, "\\\x00") {
		return errors.New("is sealed and is no file of a case that can be")
	}
	return nil
}

// renamedLater reports whether a file that was sealed still has the name that
// it was written under: a crash came before it was renamed, and so before the
// seal was signed. Packet files and the authority have their names at once.
func (c *check) renamedLater(s seal) bool {
	name := s.File.File + ".new"
	dir := path.Dir(s.File.File)
	if _, there := c.files[name]; !there || int64(s.line) <= c.res.Signed || dir == format.CaptureDir || dir == format.AuthorityDir {
		return false
	}
	r, err := newBlobReader()
	if err != nil {
		return false
	}
	defer r.decoder.Close()
	_, err = c.read(job{file: name, want: s.Digest}, r)
	if err == nil {
		c.note(name, 0, "is sealed as %s: a crash came before it was renamed", s.File.File)
	}
	return err == nil
}

func (c *check) sealedRead(j job, got outcome) {
	s := c.book.sealed[j.file]
	switch {
	case got.err == nil && got.n == s.Size:
		c.res.Files++
		if path.Dir(j.file) == format.CaptureDir {
			c.res.Captures++
		}
	case got.err != nil && !errors.Is(got.err, errContent):
		c.problem(j.file, 0, "%v", got.err)
	case c.sealedBefore(j.file, s) && c.renamedLater(s):
	default:
		c.problem(j.file, 0, "was changed after line %d of the log sealed it (%d bytes, then %d)", s.line, s.Size, got.n)
	}
}

// sealedBefore reports whether a file is one that an earlier entry sealed.
func (c *check) sealedBefore(file string, s seal) bool {
	f, err := openRegular(c.path(file))
	if err != nil {
		return false
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return err == nil && slices.Contains(s.before, digestOf(sum(h.Sum(nil))))
}

func sortedKeys[T any](of map[string]T) []string {
	keys := make([]string, 0, len(of))
	for k := range of {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
