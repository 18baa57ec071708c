package unpack

import (
	"strings"
	"unicode/utf16"
)

// ole reads a compound file (MS-CFB), which MSI packages are.
type ole struct {
	b           []byte
	sector      int
	fat, mini   []uint32
	miniStream  []byte
	miniCutoff  int
	mostSectors int
}

const oleEnd = 0xfffffffa // from here on: no sector

// openOLE gives the streams of a compound file.
func openOLE(w *walker, p Part) (bool, error) {
	o := &ole{b: p.Bytes, miniCutoff: u32(p.Bytes, 56)}
	if shift := u16(p.Bytes, 30); shift == 9 || shift == 12 {
		o.sector = 1 << shift
	} else {
		w.note(p.Name, 30, "compound file: sectors of 2^%d bytes", shift)
		return false, nil
	}
	o.mostSectors = len(o.b)/o.sector + 1
	o.readFAT()
	directory := o.chain(uint32(u32(o.b, 48)), len(o.b))
	if len(directory) < 128 {
		w.note(p.Name, 48, "compound file: its directory cannot be read")
		return false, nil
	}
	o.miniStream = o.chain(uint32(u32(directory, 116)), u32(directory, 120))
	o.mini = cutWords(o.chain(uint32(u32(o.b, 60)), len(o.b)))
	for at := 128; at+128 <= len(directory); at += 128 {
		entry := directory[at : at+128]
		const isStream = 2
		if entry[66] != isStream {
			continue
		}
		if err := w.inside(p, oleName(entry), o.stream(entry)); err != nil {
			return false, err
		}
	}
	return true, nil
}

// readFAT joins the sectors of the allocation table, which the header and the
// chain behind it name.
func (o *ole) readFAT() {
	list := cutWords(cut(o.b, 76, 436))
	next := uint32(u32(o.b, 68))
	for range o.mostSectors {
		if next >= oleEnd {
			break
		}
		words := cutWords(o.at(next))
		if len(words) < 2 {
			break
		}
		list = append(list, words[:len(words)-1]...)
		next = words[len(words)-1]
	}
	for _, s := range list {
		if s < oleEnd && len(o.fat) <= 2*o.mostSectors+o.sector {
			o.fat = append(o.fat, cutWords(o.at(s))...)
		}
	}
}

// at gives a sector.
func (o *ole) at(n uint32) []byte { return cut(o.b, (int(n)+1)*o.sector, o.sector) }

// chain joins the sectors from one on, size bytes at most.
func (o *ole) chain(n uint32, size int) []byte {
	var out []byte
	for range o.mostSectors {
		if n >= oleEnd || len(out) >= size {
			break
		}
		out = append(out, o.at(n)...)
		if int(n) >= len(o.fat) {
			break
		}
		n = o.fat[n]
	}
	return out[:min(len(out), max(size, 0))]
}

// stream gives the bytes of an entry; short ones are kept together.
func (o *ole) stream(entry []byte) []byte {
	n, size := uint32(u32(entry, 116)), u32(entry, 120)
	if size >= o.miniCutoff {
		return o.chain(n, size)
	}
	var out []byte
	for range size/64 + 1 {
		if n >= oleEnd || int(n) >= len(o.mini) {
			break
		}
		out = append(out, cut(o.miniStream, int(n)*64, 64)...)
		n = o.mini[n]
	}
	return out[:min(len(out), size)]
}

func cutWords(b []byte) []uint32 {
	out := make([]uint32, 0, len(b)/4)
	for i := 0; i+4 <= len(b); i += 4 {
		out = append(out, uint32(u32(b, i)))
	}
	return out
}

// oleName reads the name of an entry. MSI packs two letters into one
// character of a range that nobody else uses.
func oleName(entry []byte) string {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"
	units := make([]uint16, 0, 32)
	for i := range min(u16(entry, 64), 64) / 2 {
		if u := uint16(u16(entry, 2*i)); u != 0 {
			units = append(units, u)
		}
	}
	var out strings.Builder
	for _, r := range utf16.Decode(units) {
		switch {
		case r >= 0x3800 && r < 0x4800:
			out.WriteByte(letters[(r-0x3800)&63])
			out.WriteByte(letters[(r-0x3800)>>6])
		case r >= 0x4800 && r < 0x4840:
			out.WriteByte(letters[r-0x4800])
		case r == 0x4840:
			out.WriteByte('!')
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
