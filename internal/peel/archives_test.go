package peel_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"example.org/telltale/internal/peel"
)

// archiveBoxes are archives of one file of interest.
func archiveBoxes(t testing.TB) []coat {
	t.Helper()
	return []coat{
		{name: "ar", takes: 'B', box: true, wrap: fixed(arOf)},
		{name: "cpio", takes: 'B', box: true, wrap: fixed(cpioOf)},
		{name: "rpm", takes: 'B', box: true, wrap: fixed(func(b []byte) []byte { return rpmOf(gz(cpioOf(b))) })},
		{name: "cab", takes: 'B', box: true, most: 30000, wrap: fixed(func(b []byte) []byte { return cabOf(t, b, 0) })},
		{name: "cab", takes: 'B', box: true, most: 30000, wrap: fixed(func(b []byte) []byte { return cabOf(t, b, 1) })},
		{name: "7z", takes: 'B', box: true, wrap: fixed(sevenOf)},
	}
}

func arOf(b []byte) []byte {
	entry := func(name string, b []byte) string {
		return fmt.Sprintf("%-16s%-12d%-6d%-6d%-8o%-10d`\n%s%s", name, 0, 0, 0, 0o100644, len(b), b, "\n"[:len(b)%2])
	}
	return []byte("!<arch>\n" + entry("debian-binary", []byte("2.0\n")) + entry("data", b))
}

func cpioOf(b []byte) []byte {
	var out []byte
	for _, e := range []struct {
		name string
		b    []byte
	}{{"usr/note.txt", b}, {"TRAILER!!!", nil}} {
		out = fmt.Appendf(out, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00", 1, 0o100644, 0, 0, 1, 0, len(e.b), 0, 0, 0, 0, len(e.name)+1, 0, e.name)
		out = append(out, make([]byte, -len(out)&3)...)
		out = append(out, e.b...)
		out = append(out, make([]byte, -len(out)&3)...)
	}
	return out
}

// rpmOf is a package with empty headers.
func rpmOf(payload []byte) []byte {
	out := append([]byte("\xed\xab\xee\xdb\x03\x00"), make([]byte, 90)...)
	for range 2 {
		out = append(out, "\x8e\xad\xe8\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	}
	return append(out, payload...)
}

// cabOf is a cabinet of one file in one block: stored, or MSZIP.
func cabOf(t testing.TB, b []byte, method uint16) []byte {
	t.Helper()
	block := b
	if method == 1 {
		block = append([]byte("CK"), deflated(t, b)...)
	}
	le := binary.LittleEndian
	const files, data = 44, 44 + 16 + 9
	out := append([]byte("MSCF"), make([]byte, data-4)...)
	le.PutUint32(out[8:], uint32(data+8+len(block)))
	le.PutUint32(out[16:], files)
	copy(out[24:], []byte{3, 1, 1, 0, 1, 0}) // version, one folder, one file
	le.PutUint32(out[36:], data)
	le.PutUint16(out[40:], 1)
	le.PutUint16(out[42:], method)
	le.PutUint32(out[files:], uint32(len(b)))
	copy(out[files+16:], "note.txt")
	out = append(out, 0, 0, 0, 0)
	out = le.AppendUint16(le.AppendUint16(out, uint16(len(block))), uint16(len(b)))
	return append(out, block...)
}

// sevenOf is an archive of one file that is stored.
func sevenOf(b []byte) []byte {
	number := binary.LittleEndian.AppendUint32([]byte{0xf0}, uint32(len(b)))
	header := slices.Concat([]byte{1, 4, 6, 0, 1, 9}, number, []byte{0, 7, 11, 1, 0, 1, 1, 0, 12}, number, []byte{0, 0}, []byte("\x05\x01\x11\x05\x00a\x00\x00\x00\x00\x00"))
	out := binary.LittleEndian.AppendUint64([]byte("7z\xbc\xaf\x27\x1c\x00\x04\x00\x00\x00\x00"), uint64(len(b)))
	out = binary.LittleEndian.AppendUint64(out, uint64(len(header)))
	return append(append(append(out, 0, 0, 0, 0), b...), header...)
}

// sevenMarked holds marked under LZMA2 with a packed header, written by the
// program 7z.
const sevenMarked = "" +
	"377abcaf271c0004be5a65c3b30000000000000020000000000000009eee411ae0024c00655d00399bc9f2e750ca83c76ae1382311d2c57bdb77ec004c597c3e8f0f3d55f6a9" +
	"62f6f6dabaaaaff6ad02bf7248009a32af4d770590eed35d85b75e68f62cca2608f3d65b21edcefaab53e5e8af962494ae3ffeca2c9bcedce75e7d37656d76a280a7cdba3f78" +
	"000000813307ae0fd437a23d40c090d2ff7d694d8f563b5366b0b7bb99a8dcb2f6727be1177ba5bbaf51fa7192f5ec8bed156ed94c2fa97c81d2940c4e8642f3743abde17433" +
	"8017066d01094600070b01000123030101055d001000000c500a01ee6755a30000"

// TestArchivesInOtherCoats: packages as they are sent.
func TestArchivesInOtherCoats(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 8))
	text := []byte(prose(r, 300) + mark[:5] + ", " + mark[5:] + "; " + marked)
	for name, b := range map[string][]byte{
		"deb":            arOf(gz(tarred(t, string(text)))),
		"rpm":            rpmOf(gz(cpioOf(text))),
		"cpio.gz":        gz(cpioOf(text)),
		"cab in json":    []byte(`{"file":"` + string(b64(cabOf(t, text, 1))) + `"}`),
		"7z":             unhex(t, sevenMarked),
		"7z in a form":   []byte("id=12&file=" + string(hexed(unhex(t, sevenMarked))) + "&v=2"),
		"7z of a tar":    sevenOf(tarred(t, string(b64(text)))),
		"xml in ar":      arOf([]byte("<?xml version=\"1.0\"?><r><m>" + string(b64(text)) + "</m></r>")),
		"cab in request": append(request("/up"), cabOf(t, text, 1)...),
	} {
		got := open(t, peel.Job{Bytes: b, Needles: markNeedles()})
		if err := checkOpened(b, mark, got.Finds); err != nil {
			t.Errorf("%s: %v; notes %v", name, err, got.Notes)
		}
	}
}
