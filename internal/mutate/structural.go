package mutate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"example.org/telltale/internal/casefile/format"
)

// Each gives mutations one after the other.
func Each(all []Mutation) func() (Mutation, bool) {
	i := 0
	return func() (Mutation, bool) {
		if i == len(all) {
			return Mutation{}, false
		}
		i++
		return all[i-1], true
	}
}

// Structural lists all mutations that somebody who knows the format would try
// on a case: each line, checkpoint, blob and file, and whole rewritings. Flips
// is in how many places of each file a bit is flipped, spread evenly.
func Structural(before, other Tree, f *Forger, flips int) ([]Mutation, error) {
	lines, err := parseLog(before[format.LogFile])
	if err != nil {
		return nil, err
	}
	l := &list{before: before, other: other, lines: lines, forger: f, flips: flips}
	l.eachLine()
	l.eachCheckpoint()
	l.eachBlob()
	l.eachFile()
	l.theLogCut()
	for _, forge := range []func() error{l.history, l.planMoved, l.findings, l.otherKey} {
		if err := forge(); err != nil {
			return nil, err
		}
	}
	return l.all, nil
}

// list is being made.
type list struct {
	before, other Tree
	lines         []line
	forger        *Forger
	flips         int
	all           []Mutation
}

// add takes a mutation in, unless it changes nothing or is allowed.
func (l *list) add(after Tree, what string, args ...any) {
	l.put(Mutation{What: fmt.Sprintf(what, args...), After: after})
}

func (l *list) put(m Mutation) {
	if len(l.before.Changed(m.After)) > 0 && !allowed(l.before, m.After) {
		l.all = append(l.all, m)
	}
}

// log adds a mutation of the log, as it is and with all entries renumbered.
func (l *list) log(lines []line, what string, args ...any) {
	l.add(l.before.With(format.LogFile, joined(lines)), what, args...)
	l.add(l.before.With(format.LogFile, joined(renumbered(lines))), what+", renumbered", args...)
}

func (l *list) eachLine() {
	for i := range l.lines {
		l.log(slices.Delete(slices.Clone(l.lines), i, i+1), "line %d removed", i+1)
		l.log(slices.Insert(slices.Clone(l.lines), i, l.lines[i]), "line %d twice", i+1)
		if i > 0 {
			swapped := slices.Clone(l.lines)
			swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
			l.log(swapped, "lines %d and %d swapped", i, i+1)
		}
		salted := slices.Clone(l.lines)
		salted[i].Salt = slices.Repeat([]byte{1}, format.SaltSize)
		l.add(l.before.With(format.LogFile, joined(salted)), "line %d with another salt", i+1)
	}
}

func (l *list) eachCheckpoint() {
	sizes := checkpoints(l.before)
	for i, size := range sizes {
		l.add(l.before.With(numbered(size), nil), "checkpoint %d removed", size)
		for _, by := range sizes {
			l.add(l.before.With(numbered(size), l.before[numbered(by)]), "checkpoint %d replaced by %d", size, by)
		}
		l.add(l.before.With(format.CheckpointFile, l.before[numbered(size)]), "the copy replaced by checkpoint %d", size)
		foreign := checkpoints(l.other)
		strange := l.other[numbered(foreign[i%len(foreign)])]
		l.add(l.before.With(numbered(size), strange), "checkpoint %d replaced by another case's", size)
		l.add(l.before.With(numbered(size+1000), l.before[numbered(size)]), "checkpoint %d under another name", size)
		twice := append(bytes.Clone(l.before[numbered(size)]), bytes.TrimPrefix(strange, firstLines(strange))...)
		l.add(l.before.With(numbered(size), twice), "checkpoint %d with one more signature", size)
	}
	l.add(l.before.With(format.CheckpointFile, nil), "the copy removed")
	l.add(l.before.With(format.CheckpointFile, l.other[format.CheckpointFile]), "the copy replaced by another case's")
	none := l.before.With(format.CheckpointFile, nil)
	for _, size := range sizes {
		none = none.With(numbered(size), nil)
	}
	l.add(none, "all checkpoints removed")
}

// firstLines are the text of a note with the empty line behind it.
func firstLines(note []byte) []byte {
	return note[:bytes.Index(note, []byte("\n\n"))+2]
}

func (l *list) eachBlob() {
	var blobs []string
	for _, name := range l.before.Names() {
		if strings.HasPrefix(name, format.BlobDir+"/") {
			blobs = append(blobs, name)
		}
	}
	for i, name := range blobs {
		next := blobs[(i+1)%len(blobs)]
		l.add(l.before.With(name, l.before[next]).With(next, l.before[name]), "%s and %s swapped", name, next)
		l.add(l.before.With(name, packed([]byte("another content"))), "%s packed with another content", name)
		l.add(l.before.With(name, packed(nil)), "%s packed with nothing", name)
		l.add(l.before.With(name, frameOf(l.before[name])), "%s without its armour", name)
		l.add(l.before.With(name, rearmoured(append(bytes.Clone(frameOf(l.before[name])), frameOf(l.before[next])...))), "%s with another frame behind it", name)
	}
	l.add(l.before.With(blobs[0]+"x", l.before[blobs[0]]), "a blob with a strange name")
}

func (l *list) eachFile() {
	for _, name := range l.before.Names() {
		content := l.before[name]
		l.add(l.before.With(name, nil), "%s removed", name)
		l.add(l.before.With(name, []byte{}), "%s emptied", name)
		l.add(l.before.With(name, append(bytes.Clone(content), '\n')), "%s with a newline more", name)
		l.add(l.before.With(name, append(bytes.Clone(content), 0)), "%s with a zero more", name)
		if foreign, there := l.other[name]; there {
			l.add(l.before.With(name, foreign), "%s of another case", name)
		}
		if name != format.LockFile {
			l.add(l.before.With(name, nil).With(name+".new", content), "%s renamed to .new", name)
		}
		for k := range min(len(content), l.flips) {
			at := k * len(content) / min(len(content), l.flips)
			bent := bytes.Clone(content)
			bent[at] ^= 1 << (k % 8)
			l.add(l.before.With(name, bent), "%s: bit %d of byte %d flipped", name, k%8, at)
		}
	}
	for _, name := range []string{"stray", "log/stray", "checkpoints/stray", "blobs/stray", "blobs/00/stray", "stamps/stray", "witness/00000001-stray", "report.stray", "sources/stray", "ca/stray", "capture/stray"} {
		l.add(l.before.With(name, []byte("stray")), "%s put in", name)
	}
}

// theLogCut cuts the log where a checkpoint says that it ended once, and within
// each line.
func (l *list) theLogCut() {
	newest := string(l.before[format.CheckpointFile])
	for _, size := range checkpoints(l.before) {
		if size == len(l.lines) {
			continue
		}
		l.add(l.before.With(format.LogFile, joined(l.lines[:size])), "the log cut at checkpoint %d", size)
		back := cutBack(l.before, l.lines, size)
		l.put(Mutation{What: fmt.Sprintf("the whole case cut back to checkpoint %d, the newest being known", size), After: back, Checkpoint: newest})
		if !finished(l.lines[:size]) {
			l.put(Mutation{What: fmt.Sprintf("the whole case cut back to checkpoint %d", size), After: back, Back: true})
		}
	}
	at := 0
	for i, one := range l.lines {
		half := at + len(one.text())/2
		l.add(l.before.With(format.LogFile, l.before[format.LogFile][:half]), "the log cut within line %d", i+1)
		at += len(one.text())
	}
	torn := append(bytes.Clone(l.before[format.LogFile]), []byte(`{"at":"2026`)...)
	l.add(l.before.With(format.LogFile, torn), "the beginning of a line more")
	l.add(l.before.With(format.TornPrefix+"7", []byte(`{"at"`)), "a torn line more")
}

// finished reports whether the entries end as those of a finished case do. A
// case that was cut back to then is what it was then; only who knows a newer
// checkpoint can tell.
func finished(lines []line) bool {
	for _, l := range slices.Backward(lines) {
		if l.Type != format.TypeFile {
			return l.Type == format.TypeEnd
		}
	}
	return false
}
