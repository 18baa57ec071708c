package peel_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"

	"example.org/telltale/internal/peel"
)

// xzBlocks holds mark in the last of three blocks, written by the program xz.
const xzBlocks = "" +
	"fd377a585a0000016922de360200210116000000742fe5a3e00063005e5d00349b8aee979bfc427a3a1e2c7e213a89848e7a0ef43b416c25e99aebbd429912063cfef8e3f591" +
	"8e90f3b56936586505134e761315784836dd3577ad1b56f8cebebf4f683c0d8cf86fe95e24d4649e55f7698d9ea5f6f66e564e16273000000000268b1e220200210116000000" +
	"742fe5a3e00063005e5d003b1b89cd5eeeeec54d0b2b84dbd58ce94284e55537ec1d6a94e86b1ec8573629d6a3eba587432c44e454ac08f9b0e6ecadc824b4592d971384feff" +
	"46ba2cc9103d6c38734620410ec6f4a7f24309e1892f5631b749cbaadf4f17c0c650fb0000008c6545fe0200210116000000742fe5a3e0004e004d5d00331d8846f99aa05e82" +
	"48c439e583a9c1a8c7a169718f9eb6e0b3b1a23172f0c7442ab3acb3d722406e41222ec3ffe9c792f6166e3bae39311fce82b47d33c1467966eb8e975be481facf0be2000000" +
	"0000c2d1955a000376647664654ffaa5601a3e300d8b020000000001595a"

// prose is text of many words that do not repeat much.
func prose(r *rand.Rand, n int) string {
	var out strings.Builder
	for out.Len() < n {
		out.WriteString(word(r, "abcdefghilmnoprstuvy", 2+r.IntN(7)) + " ")
	}
	return out.String()
}

func TestOpensStreamsThatBeginInMidCapture(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	text := []byte(prose(r, 60000) + mark[:5] + ", " + mark[5:] + "; #" + mark + "# " + prose(r, 3000)) // its halves stand before it
	var records []byte
	for i := range 2000 {
		records = fmt.Appendf(records, `{"id":%d,"name":"%s","state":"unchanged"},`, i*7919%2000, word(r, "abcdefg", 3))
	}
	records = append(records, mark[:5]+", "+mark[5:]+"; #"+mark+"#"...)
	flushed := func() []byte {
		var out bytes.Buffer
		w, err := flate.NewWriter(&out, 6)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(text); i += 500 {
			w.Write(text[i:min(len(text), i+500)]) //nolint:errcheck // a buffer
			w.Flush()                              //nolint:errcheck // a buffer
		}
		return out.Bytes()
	}()
	last := func(b []byte, share float64) []byte { return b[int(float64(len(b))*share):] }
	for name, c := range map[string]struct {
		in   []byte
		coat string
	}{
		"gzip":    {last(gz(text), 0.3), "deflate:tail"},
		"zlib":    {last(zl(text), 0.41), "deflate:tail"},
		"flushed": {last(flushed, 0.9), "deflate:tail"},
		"bzip2":   {last(bzip2Of(text), 0.3), "bzip2:tail"},
		"zstd":    {last(zstdFlushed(t, text), 0.5), "zstd:tail"},
		"lz4":     {last(lz4Blocks(text, 8000, 0), 0.3), "lz4:tail"},
		"lz4 sum": {last(lz4Blocks(text, 8000, 4), 0.3), "lz4:tail"},
		"snappy":  {last(snappyFramed(records), 0.3), "snappy:tail"},
		"xz":      {last(unhex(t, xzBlocks), 0.3), "xz:tail"},
	} {
		got := open(t, peel.Job{Bytes: c.in, Needles: markNeedles()})
		if len(got.Finds) == 0 || !slices.Contains(got.Finds[0].Path, c.coat) {
			t.Errorf("%s: finds %d, notes %v", name, len(got.Finds), got.Notes)
			continue
		}
		if err := checkOpened(c.in, mark, got.Finds); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// zstdFlushed is a frame of many blocks.
func zstdFlushed(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	for ; len(b) > 0; b = b[min(4000, len(b)):] {
		w.Write(b[:min(4000, len(b))]) //nolint:errcheck // a buffer
		w.Flush()                      //nolint:errcheck // a buffer
	}
	w.Close() //nolint:errcheck // a buffer
	return out.Bytes()
}

// lz4Blocks is an LZ4 frame of blocks that stand alone.
func lz4Blocks(b []byte, size, sum int) []byte {
	out := []byte("\x04\x22\x4d\x18\x60\x40\x82")
	for ; len(b) > 0; b = b[min(size, len(b)):] {
		block := lz4BlockOf(b[:min(size, len(b))])
		out = append(binary.LittleEndian.AppendUint32(out, uint32(len(block))), block...)
		out = append(out, make([]byte, sum)...)
	}
	return append(out, 0, 0, 0, 0)
}

// snappyFramed has chunks of a few kilobytes.
func snappyFramed(b []byte) []byte {
	var out bytes.Buffer
	w := snappy.NewBufferedWriter(&out)
	for ; len(b) > 0; b = b[min(4000, len(b)):] {
		w.Write(b[:min(4000, len(b))]) //nolint:errcheck // a buffer
		w.Flush()                      //nolint:errcheck // a buffer
	}
	return out.Bytes()
}

func withDictionary(t testing.TB, b, dictionary []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := zlib.NewWriterLevelDict(&out, 9, dictionary)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(b) //nolint:errcheck // a buffer
	w.Close()  //nolint:errcheck // a buffer
	return out.Bytes()
}

// TestPresetDictionaries: with the dictionary a stream is opened; without it
// there is a note.
func TestPresetDictionaries(t *testing.T) {
	t.Parallel()
	dictionary := []byte("some words in front of and some behind it, " + mark)
	b := withDictionary(t, []byte(marked), dictionary)
	got := open(t, peel.Job{Bytes: b, Needles: markNeedles(), Keys: []peel.Key{{Bytes: []byte("abcdef"), Source: "x"}, {Bytes: dictionary, Source: "file"}}})
	if len(got.Finds) != 1 || got.Finds[0].Path[0] != "zlib:dictionary" || got.Finds[0].Key == nil || got.Finds[0].Key.Source != "file" {
		t.Errorf("with the dictionary: %+v", got.Finds)
	}
	got = open(t, peel.Job{Bytes: b, Needles: markNeedles()})
	if len(got.Finds) != 0 || !slices.ContainsFunc(got.Notes, func(n peel.Note) bool { return n.Kind == peel.NoteMalformed && n.Detail == "zlib:dictionary" }) {
		t.Errorf("without the dictionary: %+v, notes %v", got.Finds, got.Notes)
	}
}

// TestCutStreamsGiveWhatIsThere: blocks that are whole are opened.
func TestCutStreamsGiveWhatIsThere(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	text := []byte(prose(r, 500) + mark + " " + prose(r, 90000))
	for _, c := range compressions(t) {
		b := c.wrap(r, text)
		got := peel.New(peel.All()).Open(context.Background(), peel.Job{Bytes: b[:len(b)*3/4], Needles: markNeedles()})
		if len(got.Finds) == 0 {
			t.Errorf("%s: nothing found in three quarters, notes %v", c.name, got.Notes)
		}
	}
}

// TestTailsSurviveDamage: streams of blocks, cut and with wrong bytes; noise
// opens to nothing.
func TestTailsSurviveDamage(t *testing.T) {
	t.Parallel()
	a := ask()
	var tail peel.Peeler
	for _, p := range peel.All() {
		if p.Name() == "tail" {
			tail = p
		}
	}
	r := rand.New(rand.NewPCG(6, 6))
	text := []byte(prose(r, 5000) + mark[:5] + ", " + marked)
	for _, b := range [][]byte{zstdFlushed(t, text), lz4Blocks(text, 1000, 4), snappyFramed(text), unhex(t, xzBlocks), bzip2Of(text), zl(text)} {
		b = b[10:]
		for range 60 {
			damaged := bytes.Clone(b[r.IntN(len(b)/2) : len(b)-r.IntN(len(b)/4)])
			for range r.IntN(4) {
				damaged[r.IntN(len(damaged))] = byte(r.IntN(256))
			}
			check(t, tail, a.input(damaged))
			in := a.input(damaged)
			in.Cribs = nil // as on the way back
			check(t, tail, in)
		}
	}
	for range 5 {
		if got := tail.Peel(a.input(noise(r, 64<<10))); len(got) > 0 {
			t.Errorf("noise: %v, %d bytes", got[0].Coats, len(got[0].Bytes))
		}
	}
}
