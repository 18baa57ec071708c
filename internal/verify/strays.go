package verify

import (
	"path"
	"regexp"
	"strings"

	"example.org/telltale/internal/casefile/format"
)

var (
	tornFile    = regexp.MustCompile(`^log/torn-[0-9]+(-[0-9]+)?$`)
	captureFile = regexp.MustCompile(`^capture/[^/]+\.pcapng$`)
	reportFile  = regexp.MustCompile(`^report\.[A-Za-z0-9.-]+$`)
)

func isReport(file string) bool { return reportFile.MatchString(file) && !unfinished(file) }

// unfinished reports whether a file is what is left of writing one.
func unfinished(file string) bool {
	name := path.Base(file)
	return strings.HasSuffix(name, ".new") || strings.HasPrefix(name, ".new-") || file == "log/torn-new"
}

// folder names folders that do not belong to a case.
func (c *check) folder(dir string) {
	top, below, _ := strings.Cut(dir, "/")
	switch top {
	case ".", "log", format.CheckpointDir, format.CaptureDir, format.AuthorityDir:
		if below == "" {
			return
		}
	case format.BlobDir:
		if below == "" || len(below) == 2 {
			return
		}
	case format.StampDir, format.WitnessDir:
		if below == "" && c.version > 1 {
			return
		}
	case format.SourceDir:
		if c.version > 1 {
			return
		}
	}
	c.problem(dir, 0, "is a folder that does not belong to a case")
}

// strays names files that nothing in the log accounts for.
func (c *check) strays() {
	c.torn()
	for _, file := range c.order {
		if unfinished(file) {
			c.note(file, 0, "was being written when a run was cut off; it is no evidence and may be deleted")
			continue
		}
		if _, sealed := c.book.sealed[file]; !sealed {
			c.stray(file)
		}
	}
	if size := c.files[format.LockFile]; size > 0 {
		c.problem(format.LockFile, 0, "has %d bytes: it must be empty", size)
	}
}

// stray judges a file that is not sealed.
func (c *check) stray(file string) {
	switch dir := path.Dir(file); {
	case dir == format.CheckpointDir, dir == format.StampDir, dir == format.WitnessDir && c.version > 1, strings.HasPrefix(file, format.BlobDir+"/"):
		c.unsealed(file, dir)
	case tornFile.MatchString(file), c.expected(file):
	case captureFile.MatchString(file):
		c.note(file, 0, "was not closed: the run was cut off or goes on")
	case dir == format.AuthorityDir && c.version == 1:
	case dir == format.AuthorityDir && !c.book.ended:
		c.note(file, 0, "is not sealed: the run was cut off or goes on")
	case isReport(file) && c.version == 1:
	case strings.HasPrefix(file, format.SourceDir+"/") && c.version > 1:
		c.problem(file, 0, "is not sealed: it was put there afterwards")
	case isReport(file), dir == format.AuthorityDir:
		c.problem(file, 0, "is not sealed: it was put there afterwards")
	default:
		c.problem(file, 0, "does not belong to a case")
	}
}

// unsealed judges files that other checks have looked at.
func (c *check) unsealed(file, dir string) {
	switch {
	case dir == format.WitnessDir && !witnessFile.MatchString(file) && !witnessKey.MatchString(file):
		c.problem(file, 0, "does not belong to a case")
	case dir == format.StampDir && c.version == 1:
		c.problem(file, 0, "does not belong to a case of version 1")
	case dir == format.StampDir, dir == format.WitnessDir:
		c.note(file, 0, "is not sealed: it was added later")
	}
}

// expected reports whether a file is accounted for by another check, or is a
// cache that may be anything.
func (c *check) expected(file string) bool {
	switch file {
	case format.FormatFile, format.PublicKeyFile, format.CanaryKeyFile, format.LogFile, format.CheckpointFile,
		format.LockFile, format.IndexFile:
		return true
	case format.RedactedFile:
		return c.version > 1
	}
	return false
}

// torn checks the lines that were set aside.
func (c *check) torn() {
	for _, file := range sortedKeys(c.book.torn) {
		s := c.book.torn[file]
		size, there := c.files[file]
		switch {
		case !tornFile.MatchString(file):
			c.problem(format.LogFile, s.line, "%.100q is named, which is no torn line of a case", file)
		case c.withheld(s) && there:
			c.problem(file, 0, "is there although its digest was taken out")
		case c.withheld(s):
		case !there:
			c.problem(file, 0, "missing: line %d of the log names it", s.line)
		case size != s.Size:
			c.problem(file, 0, "was changed: it has %d bytes, line %d of the log says %d", size, s.line, s.Size)
		case c.version > 1:
			c.tornContent(file, s)
		}
	}
	for _, file := range c.order {
		if _, named := c.book.torn[file]; !named && tornFile.MatchString(file) {
			c.note(file, 0, "is named by no entry: a crash came before that, or somebody put it there")
		}
	}
}

// withheld reports whether the digest of a file was taken out of a redacted
// copy, and the file with it.
func (c *check) withheld(s seal) bool {
	return c.book.masked > 0 && (s.Digest == "" || c.book.aliases[s.Digest])
}

func (c *check) tornContent(file string, s seal) {
	r, err := newBlobReader()
	if err == nil {
		defer r.decoder.Close()
		_, err = c.read(job{file: file, want: s.Digest}, r)
	}
	if err != nil {
		c.problem(file, 0, "was changed after line %d of the log set it aside: %v", s.line, err)
	}
}
