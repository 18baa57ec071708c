// Package unpack takes programs apart so that their bytes can be searched:
// archives (ZIP, so APK, JAR, IPA and the like; asar, tar, ar and deb, cpio
// and rpm, cabinets, 7z), installers (self-extracting archives, MSI, NSIS, Inno
// Setup), compressed streams, and programs (PE, ELF, Mach-O), whose sections
// it names. It is pure and bounded: it never panics, allocates no more than
// [Limits] say, and what could not be read is a [Note] that names the place.
package unpack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Part is a file that was looked into: the one given, or one inside it.
type Part struct {
	// Name is the file's name, and for what is inside "!/" and the name there,
	// as in "app.apk!/lib/libx.so".
	Name string
	// Format it has, as in "zip" or "pe"; empty if it is none of the known.
	Format string
	// Depth is 0 for the file given.
	Depth int
	Bytes []byte
	// Packed says that everything in Bytes is given as parts as well, so
	// that there is no use in searching it.
	Packed bool
}

// Note says what could not be read.
type Note struct {
	// Part is the name of the file that it is about, Offset the place in it.
	Part   string
	Offset int64
	What   string
}

func (n Note) String() string { return fmt.Sprintf("%s: offset %d: %s", n.Part, n.Offset, n.What) }

// Limits bound the work. A zero field means the default.
type Limits struct {
	// Depth of parts in parts (default 5).
	Depth int
	// Parts in all (default 50,000).
	Parts int
	// PartBytes of one part (default 64 MiB), and TotalBytes of all (default
	// 1 GiB).
	PartBytes, TotalBytes int64
}

func (l Limits) withDefaults() Limits {
	if l.Depth <= 0 {
		l.Depth = 5
	}
	if l.Parts <= 0 {
		l.Parts = 50_000
	}
	if l.PartBytes <= 0 {
		l.PartBytes = 64 << 20
	}
	if l.TotalBytes <= 0 {
		l.TotalBytes = 1 << 30
	}
	return l
}

// Options are what a walk needs from outside.
type Options struct {
	Limits Limits
	// Decode inflates a whole "xz" or "lzma" stream; nil if nobody can.
	Decode func(coding string, b []byte) ([]byte, error)
}

// walker is a walk in progress.
type walker struct {
	Options
	visit func(Part) error
	notes []Note
	parts int
	total int64
	// failed is the error of visit, which ends the walk.
	failed error
}

func (w *walker) give(p Part) error {
	if w.failed == nil {
		w.failed = w.visit(p)
	}
	return w.failed
}

// Walk gives every part of a file to visit, and then the file: parts come
// before what holds them. The bytes of a part are not kept. It ends early with the error of visit.
func Walk(name string, b []byte, o Options, visit func(Part) error) ([]Note, error) {
	o.Limits = o.Limits.withDefaults()
	w := &walker{Options: o, visit: visit}
	if err := w.open(name, b, 0); err != nil && !errors.Is(err, errLimit) {
		return w.notes, err
	}
	return w.notes, w.failed // a limit is said in a note
}

// errLimit ends a walk that would go on for too long.
var errLimit = errors.New("limit")

// mostNotes bounds what a hostile file can make the walk say.
const mostNotes = 200

func (w *walker) note(part string, offset int, format string, args ...any) {
	if len(w.notes) < mostNotes {
		w.notes = append(w.notes, Note{part, int64(offset), fmt.Sprintf(format, args...)})
	}
}

// opener is a reader of one format.
type opener struct {
	format string
	is     func(b []byte) bool
	// open gives the parts to w; whole says that they are all there is.
	open func(w *walker, p Part) (whole bool, err error)
}

// openers are the formats, in the order in which they are asked.
func openers() []opener {
	return []opener{
		{"pe", isPE, openPE},
		{"elf", isELF, openProgram},
		{"mach-o", isMachO, openProgram},
		{"mach-o fat", isFat, openFat},
		{"asar", isAsar, openAsar},
		{"cab", startsWith("MSCF\x00\x00\x00\x00"), openCab},
		{"msi", startsWith("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), openOLE},
		{"ar", startsWith("!<arch>\n"), openAr},
		{"rpm", startsWith("\xed\xab\xee\xdb"), openRPM},
		{"cpio", isCpio, openCpio},
		{"tar", isTar, openTar},
		{"gzip", startsWith("\x1f\x8b\x08"), openStream},
		{"bzip2", startsWith("BZh"), openStream},
		{"xz", startsWith("\xfd7zXZ\x00"), openStream},
		{"zstd", startsWith("\x28\xb5\x2f\xfd"), openStream},
		{"7z", startsWith("7z\xbc\xaf\x27\x1c"), openSevenZip},
		{"rar", startsWith("Rar!\x1a\x07"), openUnknown},
		{"squashfs", startsWith("hsqs"), openUnknown},
		{"dmg", isDMG, openUnknown},
		{"zip", isZip, openZip},
	}
}

func startsWith(magic string) func([]byte) bool {
	return func(b []byte) bool { return bytes.HasPrefix(b, []byte(magic)) }
}

// isDMG looks for the trailer of a disk image.
func isDMG(b []byte) bool { return len(b) > 512 && string(b[len(b)-512:len(b)-508]) == "koly" }

// openUnknown names a format that cannot be read.
func openUnknown(w *walker, p Part) (bool, error) {
	w.note(p.Name, 0, "%s: archives of this kind are not opened: unpack it first", p.Format)
	return false, nil
}

// open visits a file and looks into it.
func (w *walker) open(name string, b []byte, depth int) error {
	p := Part{Name: name, Depth: depth, Bytes: b}
	if w.parts++; w.parts > w.Limits.Parts {
		w.note(name, 0, "more than %d parts: the others were not opened", w.Limits.Parts)
		return errLimit
	}
	var found *opener
	for _, o := range openers() {
		if o.is(b) {
			p.Format, found = o.format, &o
			break
		}
	}
	if found == nil {
		return w.give(p)
	}
	if depth >= w.Limits.Depth {
		w.note(name, 0, "%d files in one another: this one was not opened", depth)
		return w.give(p)
	}
	whole, err := found.open(w, p)
	if err != nil {
		return errors.Join(err, w.give(p))
	}
	p.Packed = whole
	return w.give(p)
}

// inside opens a part. All parts count, inflated or not: an archive may name
// the same bytes a thousand times.
func (w *walker) inside(p Part, name string, b []byte) error {
	if err := w.count(p, len(b)); err != nil {
		return err
	}
	if len(b) == 0 {
		return nil
	}
	return w.open(p.Name+"!/"+clean(name), b, p.Depth+1)
}

func (w *walker) count(p Part, n int) error {
	if w.total += int64(n); w.total > w.Limits.TotalBytes {
		w.note(p.Name, 0, "more than %d MiB in all: the rest was not opened", w.Limits.TotalBytes>>20)
		return errLimit
	}
	return nil
}

// clean makes the name of a part one that can be shown: it is hostile.
func clean(name string) string {
	const longest = 200
	var out []byte
	for _, r := range name[:min(len(name), longest)] {
		if r < ' ' || r == 0x7f || r == 0xfffd || r >= 0x80 && r < 0xa0 || r >= 0x200b && r <= 0x202f || r >= 0x2060 && r <= 0x206f {
			r = '?'
		}
		out = append(out, string(r)...)
	}
	return string(out)
}

// inflate reads a stream within the limits; cut says that it has more.
func (w *walker) inflate(r io.Reader) (b []byte, cut bool, err error) {
	limit := min(w.Limits.PartBytes, max(w.Limits.TotalBytes-w.total, 0)+1)
	b, err = io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(b)) > limit {
		return b[:limit], true, nil
	}
	return b, false, err
}

// u16, u32 and u64 read little-endian numbers; 0 beyond the end.
func u16(b []byte, at int) int { return int(le(b, at, 2)) }
func u32(b []byte, at int) int { return int(le(b, at, 4)) }

func le(b []byte, at, n int) uint64 {
	if at < 0 || at > len(b)-n {
		return 0
	}
	var v uint64
	for i := n - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[at+i])
	}
	return v
}

func be(b []byte, at, n int) uint64 {
	if at < 0 || at > len(b)-n {
		return 0
	}
	var v uint64
	for i := range n {
		v = v<<8 | uint64(b[at+i])
	}
	return v
}

// cut gives b[from:from+n] as far as it is there.
func cut(b []byte, from, n int) []byte {
	if from < 0 || n < 0 || from >= len(b) {
		return nil
	}
	return b[from:min(len(b), from+min(n, len(b)))]
}
