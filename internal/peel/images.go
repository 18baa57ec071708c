package peel

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// pngPeeler offers what stands beside the picture in PNG (ISO 15948): texts,
// "png:tEXt" and the like, chunks of unknown kinds, EXIF, and what follows
// the end.
type pngPeeler struct{}

func (pngPeeler) Name() string { return "png" }

const (
	pngHead    = "\x89PNG\r\n\x1a\n"
	pictureMax = 4 // pictures in one layer
)

func (pngPeeler) Peel(in Input) []Candidate {
	return pictures(in, "png", pngHead, pngFields)
}

// pictures reads each picture in a layer that begins with head; fields
// returns what is in it and how long it is.
func pictures(in Input, coat, head string, fields func(b []byte, at int) ([]field, int)) []Candidate {
	var found []field
	first := bytes.Index(in.Bytes, []byte(head))
	for at, n := first, 0; at >= 0 && n < pictureMax; n++ {
		more, end := fields(in.Bytes, at)
		found = append(found, more...)
		end = max(end, at+1)
		next := bytes.Index(in.Bytes[end:], []byte(head))
		if next < 0 {
			if rest := in.Bytes[end:]; len(rest) > 0 {
				found = append(found, field{name: "after", bytes: rest, at: end})
			}
			break
		}
		at = end + next
	}
	out := fieldBids(in, coat, found, 0.9)
	for i := range out {
		out[i].Whole = first == 0
	}
	return out
}

// pngFields reads chunks up to the end or the first wrong one.
func pngFields(b []byte, at int) (fields []field, end int) {
	for at += len(pngHead); at+12 <= len(b) && len(fields) < partLimit; {
		size := binary.BigEndian.Uint32(b[at:])
		kind := b[at+4 : at+8]
		if size > 1<<31-1 || !letters(kind) {
			break
		}
		from, until := at+8, min(at+8+int(size), len(b))
		switch string(kind) {
		case "IHDR", "PLTE", "IDAT", "gAMA", "cHRM", "sRGB", "pHYs", "tIME", "bKGD", "tRNS", "sBIT", "hIST":
		case "IEND":
			return fields, min(until+4, len(b))
		case "eXIf":
			fields = append(fields, tiffFields(b[from:until], from)...)
		default:
			fields = append(fields, pngText(string(kind), b[from:until], from))
		}
		at = until + 4
	}
	return fields, min(at, len(b))
}

func letters(b []byte) bool {
	for _, c := range b {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return true
}

// pngText takes the keyword and what belongs to it off a text; one that is
// compressed shows that itself.
func pngText(kind string, b []byte, at int) field {
	skip := 0
	if end := bytes.IndexByte(b, 0); end >= 0 {
		switch kind {
		case "tEXt":
			skip = end + 1
		case "zTXt":
			skip = end + 2
		case "iTXt":
			skip = min(end+3, len(b))
			for range 2 { // language, keyword in it
				if n := bytes.IndexByte(b[skip:], 0); n >= 0 {
					skip += n + 1
				}
			}
		}
	}
	skip = min(skip, len(b))
	return field{name: kind, bytes: b[skip:], at: at + skip}
}

// jpegPeeler offers what stands beside the picture in JPEG: comments,
// application blocks, the values of EXIF, and what follows the end.
type jpegPeeler struct{}

func (jpegPeeler) Name() string { return "jpeg" }

const jpegHead = "\xff\xd8\xff"

func (jpegPeeler) Peel(in Input) []Candidate { return pictures(in, "jpeg", jpegHead, jpegFields) }

// jpegFields reads segments up to the picture itself, and looks for its end.
func jpegFields(b []byte, at int) (fields []field, end int) {
	for at += 2; at+4 <= len(b) && len(fields) < partLimit; {
		mark, size := b[at+1], int(binary.BigEndian.Uint16(b[at+2:]))
		if b[at] != 0xff || size < 2 {
			return fields, at
		}
		from, until := at+4, min(at+2+size, len(b))
		body := b[min(from, until):until]
		switch {
		case mark == 0xfe:
			fields = append(fields, field{name: "comment", bytes: body, at: from})
		case mark == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			fields = append(fields, tiffFields(body[6:], from+6)...)
		case mark >= 0xe0 && mark <= 0xef:
			name, skip := appName(body)
			fields = append(fields, field{name: fmt.Sprintf("app%d%s", mark&15, name), bytes: body[skip:], at: from + skip})
		case mark == 0xda:
			if n := bytes.Index(b[until:], []byte("\xff\xd9")); n >= 0 {
				return fields, until + n + 2
			}
			return fields, len(b)
		}
		at = until
	}
	return fields, min(at, len(b))
}

// appName takes the zero-ended name off an application block.
func appName(b []byte) (name string, skip int) {
	if n := bytes.IndexByte(b[:min(len(b), 40)], 0); n > 0 {
		if name = nameOf(b[:n]); name != "" {
			return "-" + name, n + 1
		}
	}
	return "", 0
}

// tiffTags bounds the values of one EXIF block.
const tiffTags = 200

// tiffFields reads the longer values of a TIFF directory and of those that
// it leads to: EXIF, GPS, the thumbnail's.
func tiffFields(b []byte, at int) []field {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case len(b) < 14:
		return nil
	case string(b[:4]) == "MM\x00*":
		order = binary.BigEndian
	case string(b[:4]) != "II*\x00":
		return nil
	}
	var fields []field
	seen := map[uint32]bool{}
	queue := []uint32{order.Uint32(b[4:])}
	for tags := 0; len(queue) > 0; queue = queue[1:] {
		from := queue[0]
		if seen[from] || from == 0 || int64(from)+2 > int64(len(b)) {
			continue
		}
		seen[from] = true
		count := int(order.Uint16(b[from:]))
		entry := int(from) + 2
		for ; count > 0 && entry+12 <= len(b) && tags < tiffTags; count, entry, tags = count-1, entry+12, tags+1 {
			tag, kind := order.Uint16(b[entry:]), order.Uint16(b[entry+2:])
			size, value := uint64(order.Uint32(b[entry+4:])), order.Uint32(b[entry+8:])
			switch {
			case tag == 0x8769 || tag == 0x8825 || tag == 0xa005:
				queue = append(queue, value)
			case (kind == 1 || kind == 2 || kind == 7) && size > 4 && uint64(value)+size <= uint64(len(b)):
				text := b[value : uint64(value)+size]
				skip := commentHead(tag, text)
				text = bytes.TrimRight(text[skip:], "\x00")
				fields = append(fields, field{name: fmt.Sprintf("exif-%04x", tag), bytes: text, at: at + int(value) + skip})
			}
		}
		if entry+4 <= len(b) && len(queue) < 8 {
			queue = append(queue, order.Uint32(b[entry:]))
		}
	}
	return fields
}

// commentHead is the length of the name of the charset in front of a user's
// comment.
func commentHead(tag uint16, b []byte) int {
	if tag == 0x9286 && len(b) >= 8 {
		for _, name := range []string{"ASCII\x00\x00\x00", "UNICODE\x00", "JIS\x00\x00\x00\x00\x00", "\x00\x00\x00\x00\x00\x00\x00\x00"} {
			if string(b[:8]) == name {
				return 8
			}
		}
	}
	return 0
}
