package unpack

import (
	"bytes"
	"fmt"
	"sort"
)

// Section is a named range of a program's bytes.
type Section struct {
	Name     string
	From, To int
}

// mostSections bounds what is read of a table of sections.
const mostSections = 1000

// Sections names the ranges of a program file; nil for other files. What is
// behind the last section of a PE file is its "overlay".
func Sections(b []byte) []Section {
	var out []Section
	switch {
	case isPE(b):
		out = sectionsPE(b)
	case isELF(b):
		out = sectionsELF(b)
	case isMachO(b):
		out = sectionsMachO(b)
	case isFat(b):
		for i, s := range slicesFat(b) {
			out = append(out, Section{fmt.Sprintf("slice %d", i), s.From, s.To})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].From < out[j].From })
	return out
}

// SectionAt is the name of the section that holds an offset, or "".
func SectionAt(sections []Section, offset int) string {
	name := ""
	for _, s := range sections {
		if s.From > offset {
			break
		}
		if offset < s.To {
			name = s.Name
		}
	}
	return name
}

func section(name []byte, b []byte, from, size uint64) (Section, bool) {
	if from >= uint64(len(b)) || size == 0 {
		return Section{}, false
	}
	to := uint64(len(b))
	if size < to-from {
		to = from + size
	}
	name, _, _ = bytes.Cut(name, []byte{0})
	return Section{clean(string(name)), int(from), int(to)}, true
}

func isPE(b []byte) bool {
	at := u32(b, 0x3c)
	return bytes.HasPrefix(b, []byte("MZ")) && string(cut(b, at, 4)) == "PE\x00\x00"
}

// sectionsPE reads the table behind the optional header (PE format, 3 and 4).
func sectionsPE(b []byte) []Section {
	at := u32(b, 0x3c)
	table := at + 24 + u16(b, at+20)
	var out []Section
	end := table
	for i := range min(u16(b, at+6), mostSections) {
		head := cut(b, table+40*i, 40)
		if len(head) < 40 {
			break
		}
		s, ok := section(head[:8], b, le(head, 20, 4), le(head, 16, 4))
		if ok {
			out = append(out, s)
			end = max(end, s.To)
		}
	}
	if end < len(b) {
		out = append(out, Section{"overlay", end, len(b)})
	}
	return out
}

// openPE opens what hangs on a program: an installer's archive.
func openPE(w *walker, p Part) (bool, error) {
	sections := Sections(p.Bytes)
	for _, s := range sections {
		if s.Name == "overlay" {
			return false, w.overlay(p, s.From)
		}
	}
	return false, w.overlay(p, len(p.Bytes))
}

// openProgram opens archives that are appended to a program.
func openProgram(w *walker, p Part) (bool, error) {
	if isZip(p.Bytes) {
		_, err := openZip(w, p)
		return false, err
	}
	return false, nil
}

func isELF(b []byte) bool {
	return len(b) >= 52 && bytes.HasPrefix(b, []byte("\x7fELF")) && (b[4] == 1 || b[4] == 2) && (b[5] == 1 || b[5] == 2)
}

// sectionsELF reads the section headers (System V ABI, chapter 4).
func sectionsELF(b []byte) []Section {
	num, wide := le, b[4] == 2
	if b[5] == 2 {
		num = be
	}
	shoff, entry, count, names := num(b, 0x20, 4), num(b, 0x2e, 2), num(b, 0x30, 2), num(b, 0x32, 2)
	if wide {
		shoff, entry, count, names = num(b, 0x28, 8), num(b, 0x3a, 2), num(b, 0x3c, 2), num(b, 0x3e, 2)
	}
	if shoff >= uint64(len(b)) || entry < 40 {
		return nil
	}
	header := func(i uint64) (name, kind, from, size uint64) {
		h := cut(b, int(shoff+i*entry), int(entry))
		if wide {
			return num(h, 0, 4), num(h, 4, 4), num(h, 0x18, 8), num(h, 0x20, 8)
		}
		return num(h, 0, 4), num(h, 4, 4), num(h, 0x10, 4), num(h, 0x14, 4)
	}
	_, _, pool, poolSize := header(names)
	var strings []byte
	if s, ok := section(nil, b, pool, poolSize); ok {
		strings = b[s.From:s.To]
	}
	const noBits = 8
	var out []Section
	for i := range min(count, mostSections) {
		name, kind, from, size := header(i)
		if kind == noBits || kind == 0 || name >= uint64(len(strings))+1 {
			continue
		}
		if s, ok := section(cut(strings, int(name), 64), b, from, size); ok {
			out = append(out, s)
		}
	}
	return out
}

func isMachO(b []byte) bool {
	return len(b) >= 32 && (be(b, 0, 4)|1 == 0xfeedfacf || le(b, 0, 4)|1 == 0xfeedfacf)
}

// sectionsMachO reads the load commands for segments (mach-o/loader.h).
func sectionsMachO(b []byte) []Section {
	num := le
	if be(b, 0, 4)|1 == 0xfeedfacf {
		num = be
	}
	wide := num(b, 0, 4) == 0xfeedfacf
	at := map[bool]int{false: 28, true: 32}[wide]
	var out []Section
	for range min(num(b, 16, 4), mostSections) {
		command, size := num(b, at, 4), int(num(b, at+4, 4))
		if size < 8 || size > len(b)-at {
			break
		}
		if command == 1 || command == 0x19 {
			out = append(out, segment(b, b[at:at+size], num, command == 0x19)...)
		}
		at += size
		if len(out) > mostSections {
			break
		}
	}
	return out
}

// segment lists the sections of one load command.
func segment(b, command []byte, num func([]byte, int, int) uint64, wide bool) []Section {
	head, entry, count := 56, 68, num(command, 48, 4)
	if wide {
		head, entry, count = 72, 80, num(command, 64, 4)
	}
	var out []Section
	for i := range min(count, mostSections) {
		h := cut(command, head+int(i)*entry, entry)
		if len(h) < entry {
			break
		}
		size, from := num(h, 36, 4), num(h, 40, 4)
		if wide {
			size, from = num(h, 40, 8), num(h, 48, 4)
		}
		segmentName, _, _ := bytes.Cut(h[16:32], []byte{0})
		sectionName, _, _ := bytes.Cut(h[:16], []byte{0})
		if s, ok := section([]byte(string(segmentName)+","+string(sectionName)), b, from, size); ok {
			out = append(out, s)
		}
	}
	return out
}

// isFat tells a fat Mach-O file from a Java class, which begins alike.
func isFat(b []byte) bool {
	n := be(b, 4, 4)
	return len(b) >= 28 && be(b, 0, 4) == 0xcafebabe && n > 0 && n < 40
}

func slicesFat(b []byte) []Section {
	var out []Section
	for i := range int(be(b, 4, 4)) {
		if s, ok := section(nil, b, be(b, 16+20*i, 4), be(b, 20+20*i, 4)); ok {
			out = append(out, s)
		}
	}
	return out
}

// openFat gives each architecture's program.
func openFat(w *walker, p Part) (bool, error) {
	for i, s := range slicesFat(p.Bytes) {
		if err := w.inside(p, fmt.Sprintf("slice %d", i), p.Bytes[s.From:s.To]); err != nil {
			return false, err
		}
	}
	return true, nil
}
