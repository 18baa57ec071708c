package peel_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"

	"example.org/telltale/internal/peel"
)

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
	text := []byte(prose(r, 60000) + "#" + mark + "# " + prose(r, 3000))
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
	} {
		got := open(t, peel.Job{Bytes: c.in, Needles: markNeedles()})
		if len(got.Finds) == 0 || !slices.Contains(got.Finds[0].Path, c.coat) {
			t.Errorf("%s: finds %d, notes %v", name, len(got.Finds), got.Notes)
		}
	}
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
