package mutate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"example.org/telltale/internal/casefile/format"
)

// Mutation is one thing done to a case.
type Mutation struct {
	// What was done, in words.
	What string
	// After is the case then.
	After Tree
	// Key and Checkpoint are what the verifier knows from elsewhere; empty for
	// nothing.
	Key, Checkpoint string
	// Back says that the case is what it was at an earlier time.
	Back bool
}

// Random draws one mutation of a case. Other is another case, of which files
// are put in.
func Random(rng *rand.Rand, before, other Tree) Mutation {
	ways := randomWays()
	files := before.Names()
	for {
		d := draw{rng, before, other, files[rng.IntN(len(files))]}
		way := ways[rng.IntN(len(ways))]
		after := way.do(d)
		if after == nil || len(before.Changed(after)) == 0 || allowed(before, after) {
			continue // it cannot be done to this file, or changes nothing
		}
		return Mutation{What: way.what + ": " + d.file, After: after}
	}
}

// allowed reports whether all that was done is to remove what may be removed.
func allowed(before, after Tree) bool {
	for _, name := range before.Changed(after) {
		if _, there := after[name]; there || name != format.LockFile && name != format.IndexFile {
			return false
		}
	}
	return true
}

// draw is what a mutation is made of.
type draw struct {
	*rand.Rand
	before, other Tree
	file          string
}

// way is one way to damage a file; nil where it does not apply.
type way struct {
	what string
	do   func(draw) Tree
}

func randomWays() []way {
	return []way{
		{"one bit flipped", draw.flip},
		{"one byte changed", draw.change},
		{"cut off", draw.truncate},
		{"made longer", draw.extend},
		{"removed", func(d draw) Tree { return d.before.With(d.file, nil) }},
		{"renamed", draw.rename},
		{"swapped with another file", draw.swap},
		{"a block of zeros in it", draw.zero},
		{"a block moved", draw.move},
		{"two lines swapped", draw.swapLines},
		{"a line twice", draw.repeatLine},
		{"a line removed", draw.removeLine},
		{"an older checkpoint in its place", draw.replay},
		{"the file of another case in its place", draw.foreign},
		{"a file of another case put in", draw.smuggle},
	}
}

func (d draw) content() []byte { return d.before[d.file] }

// set gives the file other content.
func (d draw) set(b []byte) Tree { return d.before.With(d.file, append([]byte{}, b...)) }

func (d draw) flip() Tree {
	b := bytes.Clone(d.content())
	if len(b) == 0 {
		return nil
	}
	b[d.IntN(len(b))] ^= 1 << d.IntN(8)
	return d.set(b)
}

func (d draw) change() Tree {
	b := bytes.Clone(d.content())
	if len(b) == 0 {
		return nil
	}
	b[d.IntN(len(b))] = byte(d.IntN(256))
	return d.set(b)
}

func (d draw) truncate() Tree {
	if len(d.content()) == 0 {
		return nil
	}
	return d.set(d.content()[:d.IntN(len(d.content()))])
}

// extend adds up to 40 bytes: its own, zeros, or any.
func (d draw) extend() Tree {
	more := make([]byte, 1+d.IntN(40))
	switch d.IntN(3) {
	case 0:
		for i := range more {
			more[i] = byte(d.IntN(256))
		}
	case 1:
		copy(more, d.content())
	}
	return d.set(append(bytes.Clone(d.content()), more...))
}

func (d draw) rename() Tree {
	names := []string{d.file + "~", d.file + ".new", "capture/" + strings.ReplaceAll(d.file, "/", "-"), d.file[:len(d.file)-1]}
	to := names[d.IntN(len(names))]
	if _, taken := d.before[to]; taken || d.file == format.LockFile || strings.HasSuffix(to, "/") {
		return nil
	}
	return d.before.With(to, d.content()).With(d.file, nil)
}

func (d draw) swap() Tree {
	names := d.before.Names()
	with := names[d.IntN(len(names))]
	return d.before.With(d.file, d.before[with]).With(with, d.content())
}

// block draws a span of the file.
func (d draw) block() (from, to int) {
	n := len(d.content())
	from = d.IntN(n)
	return from, min(n, from+1+d.IntN(64))
}

func (d draw) zero() Tree {
	if len(d.content()) == 0 {
		return nil
	}
	b := bytes.Clone(d.content())
	from, to := d.block()
	clear(b[from:to])
	return d.set(b)
}

func (d draw) move() Tree {
	if len(d.content()) == 0 {
		return nil
	}
	from, to := d.block()
	block := bytes.Clone(d.content()[from:to])
	b := slices.Delete(bytes.Clone(d.content()), from, to)
	return d.set(slices.Insert(b, d.IntN(len(b)+1), block...))
}

// lines are those of the file, with their newlines; nil if it has one only.
func (d draw) lines() [][]byte {
	lines := slices.Collect(bytes.Lines(d.content()))
	if len(lines) < 2 {
		return nil
	}
	return lines
}

func (d draw) swapLines() Tree {
	lines := d.lines()
	if lines == nil {
		return nil
	}
	i, j := d.IntN(len(lines)), d.IntN(len(lines))
	lines[i], lines[j] = lines[j], lines[i]
	return d.set(bytes.Join(lines, nil))
}

func (d draw) repeatLine() Tree {
	lines := d.lines()
	if lines == nil {
		return nil
	}
	line := lines[d.IntN(len(lines))]
	return d.set(bytes.Join(slices.Insert(lines, d.IntN(len(lines)+1), line), nil))
}

func (d draw) removeLine() Tree {
	lines := d.lines()
	if lines == nil {
		return nil
	}
	i := d.IntN(len(lines))
	return d.set(bytes.Join(slices.Delete(lines, i, i+1), nil))
}

// replay puts an older checkpoint in the place of the file, if that is one.
func (d draw) replay() Tree {
	if !strings.HasPrefix(d.file, format.CheckpointFile) {
		return nil
	}
	sizes := checkpoints(d.before)
	older := d.before[numbered(sizes[d.IntN(len(sizes))])]
	return d.set(older)
}

func (d draw) foreign() Tree {
	b, there := d.other[d.file]
	if !there {
		b = d.other[d.sibling()]
	}
	return d.set(b)
}

// sibling is a file of the other case that lies in the same folder, or any.
func (d draw) sibling() string {
	folder, _, _ := strings.Cut(d.file, "/")
	names := d.other.Names()
	near := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !strings.HasPrefix(name, folder+"/") })
	if len(near) > 0 {
		names = near
	}
	return names[d.IntN(len(names))]
}

func (d draw) smuggle() Tree {
	name := d.sibling()
	if _, there := d.before[name]; there {
		return nil
	}
	return d.before.With(name, d.other[name])
}

// numbered is the path of the checkpoint over so many entries.
func numbered(size int) string { return fmt.Sprintf("%s/%08d", format.CheckpointDir, size) }

// checkpoints are the sizes that are signed, in order.
func checkpoints(t Tree) []int {
	var out []int
	for _, name := range t.Names() {
		var size int
		if n, err := fmt.Sscanf(name, format.CheckpointDir+"/%d", &size); n == 1 && err == nil && name == numbered(size) {
			out = append(out, size)
		}
	}
	return out
}
