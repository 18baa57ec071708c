package mutate

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"example.org/telltale/internal/casefile/format"
)

// Saying is one thing that a verifier said of a case.
type Saying struct {
	// File within the case; Line of the log, or 0.
	File string
	Line int
	What string
	// Problem: the case does not hold. Otherwise it is a note.
	Problem bool
}

// Verdict says how well a mutation was noticed.
type Verdict int

// The verdicts.
const (
	// Unnoticed: nothing new was said, or a note where a note is not enough.
	Unnoticed Verdict = iota
	// Unnamed: something new was said, but of other files.
	Unnamed
	// Noted: a note names it, and that is enough.
	Noted
	// Named: a problem names it.
	Named
)

func (v Verdict) String() string {
	return [...]string{"unnoticed", "noticed, but not named", "noted", "named"}[v]
}

// Judge compares what is said of a case after a mutation with what was said
// before. The package comment has the rule.
func Judge(before Tree, m Mutation, was, now []Saying) Verdict {
	changed := before.Changed(m.After)
	verdict := Unnoticed
	for _, s := range now {
		if slices.Contains(was, s) || !s.Problem && !Gentle(before, m) {
			continue
		}
		switch {
		case !names(before, m.After, changed, s.File):
			verdict = max(verdict, Unnamed)
		case s.Problem:
			verdict = max(verdict, Named)
		default:
			verdict = max(verdict, Noted)
		}
	}
	return verdict
}

// names reports whether a saying about a file names one of those that were
// changed, or one that contradicts it.
func names(before, after Tree, changed []string, file string) bool {
	for _, c := range changed {
		if c == file || strings.HasPrefix(c, file+"/") || contradicts(before, after, c, file) {
			return true
		}
	}
	return false
}

// contradicts reports whether file can show that c was changed.
func contradicts(before, after Tree, c, file string) bool {
	dir, number := path.Dir(file), path.Base(file)
	switch {
	case c == format.LogFile:
		vouched := []byte(`"` + file + `"`)
		return dir == format.CheckpointDir || dir == format.WitnessDir || dir == format.StampDir || file == format.RedactedFile ||
			bytes.Contains(before[c], vouched) != bytes.Contains(after[c], vouched) || strings.HasPrefix(file, format.BlobDir+"/")
	case path.Dir(c) == format.CheckpointDir:
		return file == format.CheckpointFile || file == format.LogFile || (dir == format.WitnessDir || dir == format.StampDir) && strings.HasPrefix(number, path.Base(c)+"-")
	case c == format.PublicKeyFile:
		return dir == format.CheckpointDir || file == format.LogFile || file == format.RedactedFile
	case path.Dir(c) == format.WitnessDir && strings.HasSuffix(c, ".pub"):
		return dir == format.WitnessDir
	}
	return false
}

var addable = regexp.MustCompile(`^(blobs/[0-9a-f]{2}/[0-9a-f]{62}\.zst|capture/[^/]+\.pcapng|(stamps|witness)/[^/]+|log/torn-[0-9-]+|(.*/)?(\.new-[^/]*|[^/]*\.new))$`)

// Gentle reports whether what was done is what a crash leaves behind too, or
// what anybody may add, so that a note about it is enough.
func Gentle(before Tree, m Mutation) bool {
	if m.Key != "" || m.Checkpoint != "" {
		return false // who knows these can tell
	}
	if m.Back {
		return true
	}
	for _, name := range before.Changed(m.After) {
		b, was := before[name]
		now, is := m.After[name]
		switch {
		case name == format.LogFile && bytes.HasPrefix(now, signedPart(m.After, b)):
		case name == format.CheckpointFile && is && isLastButOne(m.After, now):
		case name == format.IndexFile && !is, name == format.LockFile && !is:
		case path.Dir(name) == format.CheckpointDir && !is && rolledBack(m.After, name):
		case !was && addable.MatchString(name):
		default:
			return false
		}
	}
	return true
}

// signedPart are the lines that the newest checkpoint of the case covers.
func signedPart(t Tree, log []byte) []byte {
	sizes := checkpoints(t)
	if len(sizes) == 0 {
		return nil
	}
	lines := slices.Collect(bytes.Lines(log))
	return bytes.Join(lines[:min(len(lines), sizes[len(sizes)-1])], nil)
}

// isLastButOne reports whether b is the checkpoint before the newest, which a
// crash leaves as the copy of the newest.
func isLastButOne(t Tree, b []byte) bool {
	sizes := checkpoints(t)
	return len(sizes) > 1 && bytes.Equal(t[numbered(sizes[len(sizes)-2])], b)
}

// rolledBack reports whether no newer checkpoint than one that was removed is
// left: then the lines behind the newest are merely not signed.
func rolledBack(t Tree, name string) bool {
	sizes := checkpoints(t)
	return len(sizes) == 0 || numbered(sizes[len(sizes)-1]) < name
}
