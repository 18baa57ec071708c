package peel

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/flate"
)

// zipPeeler offers the entries of a ZIP archive: "zip:NAME". It reads the
// heads in front of the entries and not the directory at the end, so an
// archive that is cut gives what is there.
type zipPeeler struct{}

func (zipPeeler) Name() string { return "zip" }

const (
	zipHead   = "PK\x03\x04"
	zipHeads  = 64 // entries
	zipStream = 8  // flag: lengths stand behind the entry
)

func (zipPeeler) Peel(in Input) []Candidate {
	var out []Candidate
	first := bytes.Index(in.Bytes, []byte(zipHead))
	left := in.Limit
	var fields []field
	note := ""
	for at := first; at >= 0 && at+30 <= len(in.Bytes) && len(fields) < zipHeads && left > 0; {
		f, end, kind := zipEntry(in.Bytes, at, left)
		if f.bytes != nil {
			fields = append(fields, f)
			left -= len(f.bytes)
		}
		if kind != "" {
			note = kind
		}
		next := bytes.Index(in.Bytes[end:], []byte(zipHead))
		if next < 0 {
			break
		}
		at = end + next
	}
	out = fieldBids(in, "zip", fields, 0.97)
	for i := range out {
		out[i].Whole = first == 0
		if i == 0 {
			out[i].Note = note
		}
	}
	return out
}

// zipEntry reads the entry whose head stands at a place.
func zipEntry(b []byte, at, limit int) (f field, end int, note string) {
	head := b[at:]
	flags, method := binary.LittleEndian.Uint16(head[6:]), binary.LittleEndian.Uint16(head[8:])
	size := int(binary.LittleEndian.Uint32(head[18:]))
	nameLen, extra := int(binary.LittleEndian.Uint16(head[26:])), int(binary.LittleEndian.Uint16(head[28:]))
	from := at + 30 + nameLen + extra
	if from > len(b) {
		return field{}, at + 4, NoteTruncated
	}
	if flags&1 != 0 {
		return field{}, from, NoteMalformed // encrypted
	}
	body := b[from:]
	if flags&zipStream == 0 && size <= len(body) {
		body = body[:size]
	} else if method == 0 {
		if n := bytes.Index(body, []byte("PK\x07\x08")); n >= 0 {
			body = body[:n]
		}
	}
	plain, used, note := unzip(method, body, limit)
	return field{name: nameOf(b[at+30 : at+30+nameLen]), bytes: plain, at: from, length: used}, from + used, note
}

// unzip opens the body of an entry by its method.
func unzip(method uint16, body []byte, limit int) (plain []byte, used int, note string) {
	name := map[uint16]string{12: "bzip2", 93: "zstd", 95: "xz"}[method]
	switch {
	case method == 0:
		return body[:min(len(body), limit)], len(body), ""
	case method == 8:
		src := bytes.NewReader(body)
		plain, err := format{open: func(r io.Reader) (io.Reader, error) { return flate.NewReader(r), nil }}.inflate(src, limit)
		return plain, len(body) - src.Len(), inflateNote(err)
	case method == 14 && len(body) > 9 && body[2] == 5: // LZMA: version, length of the properties, properties
		plain, err := format{open: func(r io.Reader) (io.Reader, error) { return newLZMA(bufio.NewReader(r), body[4], -1) }}.inflate(bytes.NewReader(body[9:]), limit)
		return plain, len(body), inflateNote(err)
	case name != "":
		for _, f := range formats() {
			if f.name == name {
				plain, err := f.inflate(bytes.NewReader(body), limit)
				return plain, len(body), inflateNote(err)
			}
		}
	}
	return nil, 0, NoteMalformed
}
