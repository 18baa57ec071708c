package peel_test

import (
	"bytes"
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/peel/match"
)

// coated is one input for each peeler, which it must take the coat off.
func coated(t *testing.T) map[string][]byte {
	t.Helper()
	text := []byte(marked)
	inputs := map[string][]byte{
		"http":             request("/up?r=" + marked[:22]),
		"chunked":          chunked(text),
		"multipart":        []byte("--b0undary\r\nContent-Disposition: form-data; name=\"d\"\r\n\r\n" + marked + "\r\n--b0undary--\r\n"),
		"json":             []byte(`{"a":1,"d":"` + marked + `\n"}`),
		"form":             []byte("a=1&d=" + mark),
		"percent":          []byte("%6bvqzjxmnwb+"),
		"percent-u":        []byte("%u006bvqzjxmnwb"),
		"json-u":           []byte(`text \u006bvqzjxmnwb`),
		"c-escape":         []byte(`\x6bvqzjxmnwb`),
		"js-escape":        []byte(`\u{6b}vqzjxmnwb`),
		"html-entity":      []byte("&#107;vqzjxmnwb"),
		"quoted-printable": []byte("=6Bvqzjxmnwb"),
		"compress":         gz(text),
		"hex":              hexed(text),
		"base64":           b64(text),
		"base32":           []byte("ONXW2ZJAO5XXEZDTEBUW4IDGOJXW45BAN5TCA23WOF5GU6DNNZ3WE==="),
		"keyed":            desStream(t, key2006, text),
		"xor":              xor("k3y", text),
		"bytewise":         chain(text, 0x68),
	}
	r := rand.New(rand.NewPCG(1, 1))
	inputs["png"] = pngChunk([]byte("\x89PNG\r\n\x1a\n"), "tEXt", append([]byte("Comment\x00"), text...))
	inputs["jpeg"] = jpegOf(r, text)
	inputs["mail"] = []byte("From: a@example.test\r\nTo: b@example.test\r\nSubject: x\r\n\r\n" + marked)
	inputs["thrift"] = thriftCompact(text)
	inputs["dictionary"] = withDictionary(t, text, []byte(key2006+" "+mark))
	inputs["tail"] = bzip2Of(text)[4:]
	inputs["numbers"] = each("%d,")(r, text)
	inputs["affine"] = mapped(text, 77, 9)
	maps.Copy(inputs, containers(t))
	return inputs
}

func input(t *testing.T, b []byte) peel.Input {
	t.Helper()
	keys := []peel.Key{{Bytes: []byte(key2006), Source: "test"}, {Bytes: []byte(key2006 + key2006), Source: "test"}, {Bytes: []byte(key2006 + " " + mark), Source: "test"}}
	return peel.Input{Bytes: b, Keys: keys, Cribs: peel.NewCribs(markNeedles(), nil), Shape: peel.ShapeOf(b), Sure: 1, Limit: 1 << 20, Context: context.Background()}
}

func TestEveryPeelerTakesItsCoatOff(t *testing.T) {
	t.Parallel()
	inputs := coated(t)
	set := match.Compile(markNeedles())
	for _, p := range peel.All() {
		b, ok := inputs[p.Name()]
		if !ok {
			t.Errorf("%s: no input in this test", p.Name())
			continue
		}
		before := bytes.Clone(b)
		got := p.Peel(input(t, b))
		if !slices.ContainsFunc(got, func(c peel.Candidate) bool { return set.Has(c.Bytes) || bytes.Contains(c.Bytes, []byte(marked[:22])) }) {
			t.Errorf("%s: nothing opened, of %d candidates", p.Name(), len(got))
		}
		if !bytes.Equal(b, before) {
			t.Errorf("%s changed its input", p.Name())
		}
	}
}

func TestEveryPeelerSurvivesTruncation(t *testing.T) {
	t.Parallel()
	inputs := coated(t)
	for _, p := range peel.All() {
		for _, b := range inputs {
			for n := 0; n < len(b); n += 1 + n/16 {
				check(t, p, input(t, b[:n]))
			}
		}
	}
}

func TestEveryPeelerDeclinesNoise(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	for _, p := range peel.All() {
		for range 40 {
			b := make([]byte, 64+r.IntN(512))
			for i := range b {
				b[i] = byte(r.IntN(256))
			}
			for _, c := range check(t, p, input(t, b)) {
				if c.Score > 0.9 && c.Whole {
					t.Errorf("%s is sure of noise: %q with %v", p.Name(), c.Coats, c.Score)
				}
			}
		}
	}
}

// check asks a peeler and holds it to the contract.
func check(t *testing.T, p peel.Peeler, in peel.Input) []peel.Candidate {
	t.Helper()
	got := p.Peel(in)
	for _, c := range got {
		if len(c.Coats) == 0 || c.Score <= 0 || c.Score > 1 || c.Offset < 0 || c.Length < 0 || c.Offset+c.Length > len(in.Bytes) || len(c.Bytes) > in.Limit {
			t.Errorf("%s: candidate %q, score %v, offset %d, length %d of %d, %d bytes", p.Name(), c.Coats, c.Score, c.Offset, c.Length, len(in.Bytes), len(c.Bytes))
		}
	}
	return got
}

func FuzzPeelers(f *testing.F) {
	for _, b := range [][]byte{gz([]byte(marked)), b64([]byte(marked)), []byte(`{"a":"\u7af9"}`), request("/a?b=%41"), chunked([]byte(marked)), []byte("\x04\x22\x4d\x18\x60\x40\x82\x05\x00\x00\x80abcde\x00\x00\x00\x00")} {
		f.Add(b)
	}
	cribs := peel.NewCribs(markNeedles(), nil)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<13 {
			return
		}
		in := peel.Input{Bytes: b, Keys: []peel.Key{{Bytes: []byte(key2006), Source: "test"}}, Cribs: cribs, Shape: peel.ShapeOf(b), Sure: 1, Limit: 1 << 20, Context: context.Background()}
		for _, p := range peel.All() {
			check(t, p, in)
		}
	})
}
