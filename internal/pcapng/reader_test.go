package pcapng_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/pcapng"
)

// rawBlock builds a block by hand.
func rawBlock(o binary.AppendByteOrder, kind uint32, body ...byte) []byte {
	b := o.AppendUint32(nil, kind)
	b = o.AppendUint32(b, uint32(12+len(body)))
	return o.AppendUint32(append(b, body...), uint32(12+len(body)))
}

// foreign is a file of another machine: times in units of 2^-10 seconds and
// an hour off, secrets, an unknown block, all kinds of packets, two sections.
func foreign(o binary.AppendByteOrder) []byte {
	word := func(all ...uint32) (b []byte) {
		for _, w := range all {
			b = o.AppendUint32(b, w)
		}
		return b
	}
	head := append(o.AppendUint32(nil, 0x1a2b3c4d), 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255)
	link := append(o.AppendUint16(nil, 101), 0, 0, 0, 0, 0, 4)
	option := func(code, size uint16, b ...byte) []byte {
		return append(o.AppendUint16(o.AppendUint16(nil, code), size), b...)
	}
	offset := append(option(14, 8), o.AppendUint64(nil, 3600)...)
	iface := bytes.Join([][]byte{link, option(2, 3, 'b', 'o', 'x', 0), option(9, 1, 0x8a, 0, 0, 0), offset, word(0)}, nil)
	old := bytes.Join([][]byte{word(0, 0, 1536, 2, 9), {'h', 'i', 0, 0}}, nil)
	enhanced := bytes.Join([][]byte{word(0, 0, 1024, 3, 3), {'y', 'o', 'u', 0}, option(1, 5, 'p', 'i', 'd', '-', '7', 0, 0, 0), word(0)}, nil)
	return bytes.Join([][]byte{
		rawBlock(o, 0x0a0d0d0a, head...), rawBlock(o, 1, iface...), rawBlock(o, 0x77777777, 1, 2, 3, 4),
		rawBlock(o, 10, append(word(pcapng.SecretsTLS, 3), 'k', 'e', 'y', 0)...), rawBlock(o, 2, old...),
		rawBlock(o, 0x0a0d0d0a, head...), rawBlock(o, 1, iface...),
		rawBlock(o, 3, append(word(9), "four"...)...), rawBlock(o, 6, enhanced...),
	}, nil)
}

// list prints a capture and its notes.
func list(t testing.TB, file []byte) (lines, notes []string) {
	t.Helper()
	r, err := pcapng.NewReader(bytes.NewReader(file), pcapng.Hooks{
		Secrets:   func(kind uint32, b []byte) { lines = append(lines, fmt.Sprintf("secrets %x %s", kind, b)) },
		Interface: func(i pcapng.Interface) { lines = append(lines, fmt.Sprint(i.Name, i.Link)) },
	})
	if err != nil {
		return nil, []string{err.Error()}
	}
	for {
		p, err := r.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Errorf("%v", err)
			}
			break
		}
		lines = append(lines, fmt.Sprintf("%d/%d %d %q %d %q", p.Interface, p.Link, p.At.UnixMilli(), p.Data, p.Size, p.Comments))
	}
	all, _ := r.Notes()
	for _, n := range all {
		notes = append(notes, n.String())
	}
	return lines, notes
}

func TestForeignFiles(t *testing.T) {
	t.Parallel()
	want := fmt.Sprintf(`box101|secrets 544c534b key|0/101 3601500 "hi" 9 []|box101|1/101 %d "four" 9 []|1/101 3601000 "you" 3 ["pid-7"]`, time.Time{}.UnixMilli())
	for _, o := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
		lines, notes := list(t, foreign(o))
		if got := strings.Join(lines, "|"); got != want || len(notes) > 0 {
			t.Errorf("%v:\n%s\nwant\n%s\n%q", o, got, want, notes)
		}
	}
}

// older is a pcap of five packets.
func older(o binary.AppendByteOrder, magic uint32, size int) []byte {
	b := o.AppendUint32(nil, magic)
	b = o.AppendUint16(o.AppendUint16(b, 2), 4)
	b = o.AppendUint32(o.AppendUint32(append(b, make([]byte, 8)...), 65535), 1)
	for i := range 5 {
		b = o.AppendUint32(o.AppendUint32(b, uint32(1700000000+i)), 500000)
		b = o.AppendUint32(o.AppendUint32(b, uint32(size)), uint32(size))
		b = append(b, bytes.Repeat([]byte{byte('a' + i)}, size)...)
	}
	return b
}

func TestOlderFormat(t *testing.T) {
	t.Parallel()
	for _, o := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
		for magic, ms := range map[uint32]int64{0xa1b2c3d4: 1700000001500, 0xa1b23c4d: 1700000001000} {
			lines, notes := list(t, older(o, magic, 3))
			if want := fmt.Sprintf(`0/1 %d "bbb" 3 []`, ms); len(lines) != 5 || lines[1] != want || len(notes) > 0 {
				t.Errorf("%q %q, want %s", lines, notes, want)
			}
		}
	}
}

// TestDamageIsSteppedOver: one damaged packet costs that packet and a note.
func TestDamageIsSteppedOver(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{"pcap": older(binary.LittleEndian, 0xa1b2c3d4, 400)} {
		at := 24 + 416 + 8 // the length of the second packet
		for _, claim := range []uint32{1 << 30, 0xffffffff} {
			bad := bytes.Clone(file)
			binary.LittleEndian.PutUint32(bad[at:], claim)
			lines, notes := list(t, bad)
			if len(lines) != 4 || len(notes) != 1 || !strings.Contains(notes[0], "offset 440: damaged: 416 bytes") {
				t.Errorf("%s: %d packets, %q", name, len(lines), notes)
			}
		}
	}
	file := foreign(binary.BigEndian)
	second := bytes.Index(file, []byte("hi\x00\x00")) - 28
	for _, claim := range [][]byte{{0, 0, 0, 2}, {0xff, 0xff, 0xff, 0xf0}, {0, 0, 1, 0}, {0, 0, 0, 0}} {
		bad := bytes.Clone(file)
		copy(bad[second+4:], claim)
		lines, notes := list(t, bad)
		if len(lines) != 5 || len(notes) == 0 {
			t.Errorf("%x: %q, %q", claim, lines, notes)
		}
	}
}

// TestTornCaptures: cut anywhere, all whole packets before are there.
func TestTornCaptures(t *testing.T) {
	t.Parallel()
	for _, file := range [][]byte{foreign(binary.BigEndian), older(binary.BigEndian, 0xa1b2c3d4, 20)} {
		whole, _ := list(t, file)
		last := 0
		for n := 24; n < len(file); n++ {
			lines, _ := list(t, file[:n])
			if len(lines) > len(whole) || len(lines) < last-1 {
				t.Fatalf("cut at %d: %d lines after %d", n, len(lines), last)
			}
			last = len(lines)
		}
	}
}

// FuzzCapture: no file makes the reader run on for ever or give more than
// there is.
func FuzzCapture(f *testing.F) {
	for _, o := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
		f.Add(foreign(o))
		f.Add(older(o, 0xa1b23c4d, 30))
	}
	f.Add([]byte("\n\r\r\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := pcapng.NewReader(bytes.NewReader(file), pcapng.Hooks{Secrets: func(uint32, []byte) {}, Custom: func(uint32, []byte) {}})
		if err != nil {
			return
		}
		total := 0
		for {
			p, err := r.Next()
			if err != nil {
				break
			}
			if total += len(p.Data) + 4; total > len(file) {
				t.Fatal("more was read than there is")
			}
		}
	})
}
