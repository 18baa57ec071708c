package peel

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
)

// TestHeadsOfStreams: streams that nothing marks are known by any part of
// their beginning, and noise hardly ever is.
func TestHeadsOfStreams(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 3))
	for n := 24; n < 6000; n += 1 + n/3 {
		var text strings.Builder
		for text.Len() < n {
			fmt.Fprintf(&text, "%c%d word%d ", 'a'+r.IntN(26), r.IntN(1000), r.IntN(50))
		}
		for level := 1; level <= 9; level++ {
			streams := map[string][]byte{"deflate": deflated(t, text.String(), level), "brotli": brotlied(t, text.String(), level)}
			for name, b := range streams {
				s := sealed{in: Input{ring: &keyring{}}}
				for _, head := range []int{16, 48, 80, holdsHead} {
					h := b[:min(head, len(b))]
					if !likelyStream(h, len(b)) || head >= holdsHead && !s.holds(h, len(b)) {
						t.Errorf("%s of %d bytes, level %d: not known by its first %d", name, n, level, head)
					}
				}
			}
		}
	}
	s, taken := sealed{in: Input{ring: &keyring{}}}, 0
	for i := range 4000 {
		if b := noiseBytes(uint64(i), 300); s.holds(b, 2000) {
			taken++
		}
	}
	if taken > 200 {
		t.Errorf("%d of 4000 runs of noise may be the beginning of something", taken)
	}
}

func deflated(t *testing.T, text string, level int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func brotlied(t *testing.T, text string, level int) []byte {
	t.Helper()
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, level)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
