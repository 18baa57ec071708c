package verify

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.org/telltale/internal/casefile/format"
)

// signedNotes are all texts of the case that are signed, read before the log
// so that it is known at which sizes the tree's root will be asked for.
type signedNotes struct {
	numbered []noteFile // checkpoints/N, oldest first
	newest   noteFile   // checkpoint
	seen     []noteFile // witness/N-NAME
	redacted noteFile
	outside  noteFile // Options.Checkpoint
	sizes    []int64  // of numbered, by their names
	wanted   map[int64]bool
	roots    map[int64]sum
}

// noteFile is one of them: as far as it could be read, or why not.
type noteFile struct {
	file   string
	read   bool // and digest is that of its bytes
	digest sum
	note   signedNote
	head   head
	err    error
}

// head is the first lines of what is signed.
type head struct {
	origin string
	size   int64
	root   sum
	rest   string // what follows the root
}

var checkpointFile = regexp.MustCompile(`^checkpoints/([0-9]{8,18})$`)

func checkpointName(size int64) string {
	return fmt.Sprintf("%s/%08d", format.CheckpointDir, size)
}

// readNotes reads everything that is signed.
func (c *check) readNotes() {
	n := &c.notes
	n.wanted, n.roots = map[int64]bool{}, map[int64]sum{}
	for _, file := range c.order {
		dir := path.Dir(file)
		switch {
		case dir == format.CheckpointDir && !unfinished(file):
			n.numbered = append(n.numbered, c.numbered(file))
			if m := checkpointFile.FindStringSubmatch(file); m != nil {
				size, _ := strconv.ParseInt(m[1], 10, 64) // 18 digits at most
				n.sizes = append(n.sizes, size)
			}
		case dir == format.WitnessDir && !unfinished(file) && !strings.HasSuffix(file, ".pub"):
			n.seen = append(n.seen, c.noteFile(file))
		}
	}
	slices.Sort(n.sizes)
	slices.SortStableFunc(n.numbered, func(a, b noteFile) int { return int(min(max(a.head.size-b.head.size, -1), 1)) })
	n.newest = c.noteFile(format.CheckpointFile)
	n.redacted = c.noteFile(format.RedactedFile)
	if c.opts.Checkpoint != "" {
		n.outside = c.noteOf(format.CheckpointFile, []byte(c.opts.Checkpoint))
	}
	n.wanted[0] = true
	n.roots[0] = (&tree{}).root()
}

// numbered reads a checkpoint and checks its signature. Nothing but its head is
// kept: there may be any number of them.
func (c *check) numbered(file string) noteFile {
	f := c.noteFile(file)
	if f.err == nil {
		f.err = f.note.signedBy(c.own)
	}
	f.note = signedNote{}
	return f
}

func (c *check) noteFile(file string) noteFile {
	if _, ok := c.files[file]; !ok {
		return noteFile{file: file, err: errMissing}
	}
	b, err := c.small(file)
	if err != nil {
		return noteFile{file: file, err: err}
	}
	return c.noteOf(file, b)
}

func (c *check) noteOf(file string, b []byte) noteFile {
	f := noteFile{file: file, read: true, digest: sha256.Sum256(b)}
	if f.note, f.err = parseNote(b); f.err != nil {
		return f
	}
	if f.head, f.err = parseHead(f.note.text); f.err == nil {
		c.notes.wanted[f.head.size] = true
	}
	return f
}

// parseHead reads origin, size and root. Each value has one form.
func parseHead(text string) (head, error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) != 4 {
		return head{}, errors.New("is no checkpoint: want a first line, a number and a root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return head{}, fmt.Errorf("is no checkpoint: %.40q is no number of entries", lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != sha256.Size {
		return head{}, fmt.Errorf("is no checkpoint: %.60q is no root", lines[2])
	}
	return head{lines[0], size, sum(root), lines[3]}, nil
}

// origin is the first line of this case's checkpoints.
func (c *check) origin() string {
	if c.version == 1 {
		return format.CheckpointOrigin1
	}
	return format.CheckpointOrigin + c.book.begin.Case
}

// signatures checks everything that is signed, the log having been read.
func (c *check) signatures() {
	for _, f := range c.notes.numbered {
		c.res.Checkpoints++
		err := f.err
		if err == nil {
			err = c.covers(f.head, c.origin())
		}
		if err != nil {
			c.problem(f.file, 0, "%v", err)
			continue
		}
		if f.file != checkpointName(f.head.size) {
			c.problem(f.file, 0, "is over %d entries, which its name does not say", f.head.size)
		}
		c.res.Signed = max(c.res.Signed, f.head.size)
	}
	c.newestCopy()
	if n := c.res.Entries - c.res.Signed; n > 0 && len(c.notes.numbered) > 0 {
		c.note(format.LogFile, int(c.res.Signed)+1, "the last %d entries are not signed: the run was cut off or goes on", n)
	}
	c.fromElsewhere()
	c.redaction()
	c.witnesses()
	c.stamps()
}

// vouches checks the signature of a checkpoint and the root that was signed.
func (c *check) vouches(f noteFile) error {
	if f.err != nil {
		return f.err
	}
	if err := f.note.signedBy(c.own); err != nil {
		return err
	}
	return c.covers(f.head, c.origin())
}

// fromElsewhere compares the case with a checkpoint that the reader holds.
func (c *check) fromElsewhere() {
	if c.opts.Checkpoint == "" {
		return
	}
	if err := c.vouches(c.notes.outside); err != nil {
		c.problem(format.CheckpointFile, 0, "the one that you hold: %v", err)
		return
	}
	c.note(format.CheckpointFile, 0, "the case holds the %d entries of the checkpoint that you hold, unchanged", c.notes.outside.head.size)
}

// covers compares what was signed with the log.
func (c *check) covers(h head, origin string) error {
	switch {
	case h.origin != origin && c.res.Entries > 0:
		return fmt.Errorf("is of another case: its first line is %.60q, want %.60q", h.origin, origin)
	case h.rest != "" && origin == c.origin():
		return errors.New("says more than a checkpoint does")
	case h.size > c.res.Entries:
		return fmt.Errorf("signs %d entries, the log has %d: lines were cut off", h.size, c.res.Entries)
	case h.root != c.notes.roots[h.size]:
		return fmt.Errorf("the first %d lines of the log are not those that were signed", h.size)
	}
	return nil
}

// newestCopy checks the file "checkpoint". A crash between the two writes
// leaves the copy of the one before; nothing else does.
func (c *check) newestCopy() {
	copied, all := c.notes.newest, c.notes.numbered
	last := len(all) - 1
	switch {
	case last < 0 && errors.Is(copied.err, errMissing):
		c.note(format.CheckpointFile, 0, "nothing is signed yet")
	case last < 0:
		c.problem(format.CheckpointFile, 0, "is none of the numbered checkpoints: there are none")
	case errors.Is(copied.err, errMissing) && last == 0 && c.cutOffAt(all[0]):
		c.note(format.CheckpointFile, 0, "missing: a crash came before the first one was copied")
	case !copied.read:
		c.problem(format.CheckpointFile, 0, "%v", copied.err)
	case copied.digest == all[last].digest && all[last].read:
	case last > 0 && copied.digest == all[last-1].digest && c.cutOffAt(all[last]):
		c.note(format.CheckpointFile, 0, "is the one before the newest: a crash came before that was copied")
	default:
		c.problem(format.CheckpointFile, 0, "is not the newest of the numbered checkpoints, %s", all[last].file)
	}
}

// cutOffAt reports whether a run may have ended right after it signed f. Only
// in version 1 it went on without copying it first.
func (c *check) cutOffAt(f noteFile) bool {
	return f.err == nil && (c.res.Entries == f.head.size || c.version == 1 && c.book.breaks[f.head.size])
}
