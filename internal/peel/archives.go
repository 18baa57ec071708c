package peel

import (
	"bufio"
	"bytes"
	"errors"
	"strings"

	"example.org/telltale/internal/unpack"
)

// archivePeeler offers the files of archives that packages and installers are
// made of: "ar:NAME", "cpio:NAME", "rpm:payload", "cab:NAME", "7z:NAME",
// "asar:NAME", "msi:NAME". They are read by [unpack].
type archivePeeler struct{}

func (archivePeeler) Name() string { return "archive" }

// archiveHead is the name of an archive by its first bytes.
func archiveHead(b []byte) string {
	if len(b) < 32 {
		return ""
	}
	magic, name := "", ""
	switch b[0] {
	case '7':
		magic, name = "7z\xbc\xaf\x27\x1c", "7z"
	case 'M':
		magic, name = "MSCF\x00\x00\x00\x00", "cab"
	case '!':
		magic, name = "!<arch>\n", "ar"
	case 0xed:
		magic, name = "\xed\xab\xee\xdb", "rpm"
	case 4:
		magic, name = "\x04\x00\x00\x00", "asar"
	case 0xd0:
		magic, name = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "msi"
	case '0':
		if magic, name = "07070", "cpio"; b[5] != '1' && b[5] != '2' && b[5] != '7' {
			return ""
		}
	default:
		return ""
	}
	if !bytes.HasPrefix(b, []byte(magic)) {
		return ""
	}
	return name
}

func (archivePeeler) Peel(in Input) []Candidate {
	name := archiveHead(in.Bytes)
	if name == "" {
		return nil
	}
	var fields []field
	limits := unpack.Limits{Depth: 1, Parts: 4 * partLimit, PartBytes: int64(in.Limit), TotalBytes: int64(in.Limit)}
	format := ""
	notes, err := unpack.Walk("", in.Bytes, unpack.Options{Limits: limits, Decode: inflateAll(in.Limit)}, func(p unpack.Part) error {
		if p.Depth == 0 {
			format = p.Format
			return nil
		}
		if len(fields) < partLimit {
			fields = append(fields, archiveField(in.Bytes, p))
		}
		return nil
	})
	if err != nil || format != name {
		return nil
	}
	out := fieldBids(in, name, fields, 0.97)
	for _, n := range notes {
		if n.Part == "" && len(out) > 0 {
			out[0].Note = NoteMalformed
		}
	}
	return out
}

// archiveField is a file of an archive, with its place if it stands there as
// it is.
func archiveField(b []byte, p unpack.Part) field {
	f := field{name: nameOf([]byte(strings.TrimPrefix(p.Name, "!/"))), bytes: p.Bytes, length: len(b)}
	at := cap(b) - cap(p.Bytes)
	if at >= 0 && at+len(p.Bytes) <= len(b) && &b[at] == &p.Bytes[0] {
		f.at, f.length = at, len(p.Bytes)
	}
	return f
}

// inflateAll lends the formats of this package.
func inflateAll(limit int) func(coding string, b []byte) ([]byte, error) {
	return func(coding string, b []byte) ([]byte, error) {
		for _, f := range formats() {
			if f.name == coding {
				return f.inflate(bufio.NewReader(bytes.NewReader(b)), limit)
			}
		}
		return nil, errors.New(coding + " is not known")
	}
}
