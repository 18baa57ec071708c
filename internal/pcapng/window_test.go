package pcapng_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
	"time"

	"example.org/telltale/internal/pcapng"
)

// long is a pcap of several megabytes, and what is in it.
func long() (file []byte, all []pcapng.Packet) {
	source := rand.NewChaCha8([32]byte{7})
	random := rand.New(source)
	word := func(all ...uint32) {
		for _, w := range all {
			file = binary.LittleEndian.AppendUint32(file, w)
		}
	}
	word(0xa1b2c3d4, 2|4<<16, 0, 0, 1<<20, pcapng.LinkRaw)
	for i := range 3000 {
		p := pcapng.Packet{At: time.Unix(1_700_000_000, int64(i)*1000).UTC(), Link: pcapng.LinkRaw, Offset: int64(len(file))}
		p.Data = make([]byte, random.IntN(1500))
		if i%1000 == 999 { // more than is in view at a time
			p.Data = make([]byte, 1<<20)
		}
		_, _ = source.Read(p.Data) // it has no errors
		p.Size = len(p.Data) + i%2
		word(1_700_000_000, uint32(i), uint32(len(p.Data)), uint32(p.Size))
		file = append(file, p.Data...)
		all = append(all, p)
	}
	return file, all
}

// TestEveryPacketOfALongCapture: also those that stand where reading goes on.
func TestEveryPacketOfALongCapture(t *testing.T) {
	t.Parallel()
	file, want := long()
	for name, in := range map[string]io.Reader{
		"at once":           bytes.NewReader(file),
		"halves":            iotest.HalfReader(bytes.NewReader(file)),
		"end with the last": iotest.DataErrReader(bytes.NewReader(file)),
	} {
		r, err := pcapng.NewReader(in, pcapng.Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			got, err := r.Next()
			if err != nil || !got.At.Equal(w.At) || got.Size != w.Size || got.Offset != w.Offset || got.Link != w.Link || !bytes.Equal(got.Data, w.Data) {
				t.Fatalf("%s: packet %d at %d: %v, %s of %d, want %s of %d", name, i, got.Offset, err, got.At, got.Size, w.At, w.Size)
			}
		}
		if _, err := r.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v at the end", name, err)
		}
		if notes, _ := r.Notes(); len(notes) > 0 {
			t.Errorf("%s: %v", name, notes)
		}
	}
}

// TestErrorsOfTheFile are told, with what came before them.
func TestErrorsOfTheFile(t *testing.T) {
	t.Parallel()
	file, want := long()
	broken := errors.New("the disk is gone")
	r, err := pcapng.NewReader(io.MultiReader(bytes.NewReader(file[:want[500].Offset+3]), iotest.ErrReader(broken)), pcapng.Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; err == nil; n++ {
		_, err = r.Next()
	}
	if !errors.Is(err, broken) || n != 501 {
		t.Errorf("%d packets, then %v", n-1, err)
	}
	r, err = pcapng.NewReader(io.MultiReader(bytes.NewReader(file[:24]), idle{}), pcapng.Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a file that gives nothing: %v", err)
	}
}

// idle is a file that neither gives anything nor ends.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }
