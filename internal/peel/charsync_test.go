package peel_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/peel/match"
)

// spelled is a text that each charset can write.
func spelled(form string) string {
	switch form {
	case "shift-jis", "euc-jp":
		return "かなのことば竹"
	case "euc-kr":
		return "가나다라마바사"
	case "windows-1251", "koi8-r", "iso-8859-5", "cp866":
		return "Запрещённое слово"
	case "windows-1257":
		return "ąčęėįšųū žodžių"
	case "windows-1250", "iso-8859-2":
		return "żółć gęślą jaźń"
	case "windows-1253":
		return "Ελληνικά γράμματα"
	case "windows-1255":
		return "שלום לעולם"
	case "windows-1256":
		return "مرحبا بالعالم"
	case "windows-874":
		return "ภาษาไทยคำต้องห้าม"
	case "windows-1252", "windows-1254", "cp437", "cp850", "cp037", "macintosh":
		return "Größe façade naïve"
	}
	return "竹米羊牛果花山水"
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// checkOpened: a find holds the text, and is found again from its path.
func checkOpened(b []byte, text string, finds []peel.Find) error {
	i := slices.IndexFunc(finds, func(f peel.Find) bool { return slices.Contains(f.Needles, text) })
	if i < 0 {
		return fmt.Errorf("not found")
	}
	f := finds[i]
	if !bytes.Contains(f.Bytes, []byte(text)) {
		return fmt.Errorf("path %q: opened %q", f.Path, f.Bytes)
	}
	first := b
	if len(f.Steps) > 0 {
		first = f.Steps[0]
	}
	if !bytes.Contains(b, first) {
		return fmt.Errorf("path %q begins with bytes that are not there", f.Path)
	}
	same := func(got []byte) bool { return bytes.Equal(got, f.Bytes) }
	if _, err := peel.Retrace(f.Path, f.Key, first, same); err != nil {
		return fmt.Errorf("path %q: %w", f.Path, err)
	}
	if _, err := peel.Retrace(f.Path, f.Key, b, same); err != nil {
		return fmt.Errorf("path %q from the whole: %w", f.Path, err)
	}
	return nil
}

// TestTextsInAnyCharsetAreReadInStep: behind any number of other bytes, as
// they are and in base64, what is opened holds the text.
func TestTextsInAnyCharsetAreReadInStep(t *testing.T) {
	t.Parallel()
	opener := peel.New(peel.All())
	for _, form := range append([]string{match.UTF8}, match.Charsets()...) {
		texts := []string{spelled(form)}
		if strings.HasPrefix(form, "utf-") {
			texts = append(texts, mark)
		}
		for _, text := range texts {
			written := match.Encode(text, form)
			for prefix := 0; prefix < 36; prefix += 1 + 4*b2i(testing.Short()) {
				r := rand.New(rand.NewPCG(uint64(prefix), uint64(len(form))))
				b := append(noise(r, prefix), append(bytes.Clone(written), noise(r, prefix%5)...)...)
				if prefix%3 == 0 && prefix > 0 { // letters in front, and a lead byte
					b = append([]byte(strings.Repeat("a", prefix)+"\x95"), written...)
				}
				for _, in := range [][]byte{b, b64(b)} {
					got := opener.Open(context.Background(), peel.Job{Bytes: in, Needles: []peel.Needle{{Probe: "p", Text: text}}})
					if err := checkOpened(in, text, got.Finds); err != nil {
						t.Errorf("%s, %d bytes in front: %v, in %q", form, prefix, err, in)
					}
				}
			}
		}
	}
}

// TestTextsOutOfStepWithOneAnother: two texts that no one reading shows both.
func TestTextsOutOfStepWithOneAnother(t *testing.T) {
	t.Parallel()
	first, second := "竹米羊牛果花山水", "春秋月雨雪金木火"
	for _, form := range []string{"gb18030", "big5", "utf-16le", "utf-16be", "utf-32le", "shift-jis"} {
		b := append(match.Encode(first, form), 0x95)
		b = append(b, match.Encode(second, form)...)
		got := open(t, peel.Job{Bytes: b, Needles: []peel.Needle{{Probe: "p", Text: first}, {Probe: "q", Text: second}}})
		for _, text := range []string{first, second} {
			if err := checkOpened(b, text, got.Finds); err != nil {
				t.Errorf("%s: %q: %v", form, text, err)
			}
		}
	}
}

// TestReadingInStepIsBounded: a text behind a megabyte of noise.
func TestReadingInStepIsBounded(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5))
	text := spelled("gb18030")
	for _, front := range [][]byte{noise(r, 1<<20), bytes.Repeat([]byte("\x95"), 1<<20+1)} {
		b := append(front, match.Encode(text, "gb18030")...)
		got := open(t, peel.Job{Bytes: b, Needles: []peel.Needle{{Probe: "p", Text: text}}})
		if len(got.Finds) != 1 || got.Finds[0].Probes[0] != "p" {
			t.Fatalf("%d finds", len(got.Finds))
		}
		f := got.Finds[0]
		if _, err := peel.Retrace(f.Path, nil, b, func(b []byte) bool { return bytes.Equal(b, f.Bytes) }); err != nil {
			t.Error(err)
		}
	}
}

// TestAlteredTextsInCharsets: turned round, shifted or widened, and then
// written in a charset, in the middle of other bytes.
func TestAlteredTextsInCharsets(t *testing.T) {
	t.Parallel()
	opener := peel.New(peel.All())
	for _, c := range []struct{ text, form, charset string }{
		{"竹米羊牛果花山水", "reversed", "utf-16le"}, {"竹米羊牛果花山水", "reversed", "utf-16be"}, {"竹米羊牛果花山水", "reversed", "gb18030"},
		{"竹米羊牛果花山水", "reversed", "big5"}, {"가나다라마바사", "reversed", "euc-kr"}, {"かなのことば竹", "reversed", "shift-jis"},
		{mark, "reversed", "utf-16le"}, {mark, "rot13", "utf-16be"}, {mark, "full-width", "utf-16le"}, {mark, "full-width", "gb18030"}, {mark, "full-width", "shift-jis"},
	} {
		var altered string
		for _, f := range match.Forms() {
			if f.Name == c.form {
				altered = f.Alter(c.text)[0]
			}
		}
		for prefix := range 9 {
			r := rand.New(rand.NewPCG(uint64(prefix), 9))
			b := append(noise(r, prefix), append(match.Encode(altered, c.charset), noise(r, 5)...)...)
			for _, in := range [][]byte{b, b64(b)} {
				got := opener.Open(context.Background(), peel.Job{Bytes: in, Needles: []peel.Needle{{Probe: "p", Text: c.text}}})
				if len(got.Finds) != 1 {
					t.Errorf("%s in %s, %d in front: %d finds", c.form, c.charset, prefix, len(got.Finds))
					continue
				}
				f := got.Finds[0]
				if n := len(f.Path); n < 2 || f.Path[n-2] != c.charset || f.Path[n-1] != c.form || !bytes.Contains(f.Bytes, []byte(altered)) {
					t.Errorf("%s in %s, %d in front: path %q, opened %q", c.form, c.charset, prefix, f.Path, f.Bytes)
				}
				if _, err := peel.Retrace(f.Path, f.Key, in, func(b []byte) bool { return bytes.Equal(b, f.Bytes) }); err != nil {
					t.Errorf("%s in %s, %d in front: %v: %q, path %q", c.form, c.charset, prefix, err, in, f.Path)
				}
			}
		}
	}
}
