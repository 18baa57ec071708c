package peel_test

import (
	"bytes"
	"context"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/peel/match"
)

// coated is one input for each peeler, which it must take the coat off.
func coated(t testing.TB) map[string][]byte {
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
		"code-point":       []byte("see U+006B vqzjxmnwb"),
		"css-escape":       []byte(`\00006bvqzjxmnwb`),
		"hz-gb-2312":       []byte("see ~{VqCWQrE#~} and " + mark),
		"iso-2022-jp":      []byte("see \x1b$BC]C]C]\x1b(B and " + mark),
		"js-escape":        []byte(`\u{6b}vqzjxmnwb`),
		"html-entity":      []byte("&#107;vqzjxmnwb"),
		"quoted-printable": []byte("=6Bvqzjxmnwb"),
		"utf-8:latin-1":    latin1([]byte("竹米羊牛 " + mark)),
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
	inputs["openssl"] = append([]byte("Salted__saltsalt"), text...)
	inputs["dictionary"] = withDictionary(t, text, []byte(key2006+" "+mark))
	inputs["tail"] = bzip2Of(text)[4:]
	inputs["numbers"] = each("%d,")(r, text)
	inputs["affine"] = mapped(text, 77, 9)
	maps.Copy(inputs, containers(t))
	return inputs
}

// asked is what every test of this file gives to a peeler. The cribs are
// compiled once.
type asked struct {
	cribs *peel.Cribs
	keys  []peel.Key
}

func ask() asked {
	key := func(s string) peel.Key { return peel.Key{Bytes: []byte(s), Source: "test"} }
	return asked{peel.NewCribs(markNeedles(), nil), []peel.Key{key(key2006), key(key2006 + key2006), key(key2006 + " " + mark)}}
}

func (a asked) input(b []byte) peel.Input {
	return peel.Input{Bytes: b, Keys: a.keys, Cribs: a.cribs, Shape: peel.ShapeOf(b), Sure: 1, Limit: 1 << 20, Context: context.Background()}
}

func TestEveryPeelerTakesItsCoatOff(t *testing.T) {
	t.Parallel()
	inputs, a := coated(t), ask()
	set := match.Compile(markNeedles())
	for _, p := range peel.All() {
		b, ok := inputs[p.Name()]
		if !ok {
			t.Errorf("%s: no input in this test", p.Name())
			continue
		}
		before := bytes.Clone(b)
		got := p.Peel(a.input(b))
		if !slices.ContainsFunc(got, func(c peel.Candidate) bool { return set.Has(c.Bytes) || bytes.Contains(c.Bytes, []byte(marked[:22])) }) {
			t.Errorf("%s: nothing opened, of %d candidates", p.Name(), len(got))
		}
		if !bytes.Equal(b, before) {
			t.Errorf("%s changed its input", p.Name())
		}
	}
}

// TestEveryCoatGivesBackWhatItHid: what an encoder wraps comes back, byte by
// byte, by a path that names the coat.
func TestEveryCoatGivesBackWhatItHid(t *testing.T) {
	t.Parallel()
	var seen recorder
	var peelers []peel.Peeler
	for _, p := range peel.All() {
		peelers = append(peelers, recording{p, &seen})
	}
	opener := peel.New(peelers)
	for n, c := range coats(t) {
		for size := range 4 {
			r := rand.New(rand.NewPCG(uint64(n), uint64(size)))
			hidden := payload(r, c.takes, size)
			wrapped := c.wrap(r, hidden)
			seen.want, seen.found = hidden, bytes.Contains(wrapped, hidden)
			got := opener.Open(context.Background(), peel.Job{Bytes: wrapped, Needles: markNeedles()})
			for _, f := range got.Finds { // forms of a known text that are seen as they are
				seen.found = seen.found || slices.ContainsFunc(f.Path, match.IsForm)
			}
			if c.fits(hidden) && (!seen.found || len(got.Finds) == 0) {
				t.Errorf("%s, number %d: of %d bytes: came back %v, %d finds", c.name, n, len(hidden), seen.found, len(got.Finds))
			}
		}
	}
}

// recorder notes whether some bytes came back from any peeler.
type recorder struct {
	want  []byte
	found bool
}

type recording struct {
	peel.Peeler
	*recorder
}

func (p recording) Peel(in peel.Input) []peel.Candidate {
	out := p.Peeler.Peel(in)
	for _, c := range out {
		p.found = p.found || bytes.Contains(c.Bytes, p.want)
	}
	return out
}

// payload is a marked text amid others, or amid noise if any bytes will do.
func payload(r *rand.Rand, takes byte, size int) []byte {
	text := []byte(prose(r, 30+150*size) + mark + " " + prose(r, 1+100*size))
	if takes == 'B' && size%2 == 1 {
		return append(noise(r, 40*size), append([]byte(marked), noise(r, 60*size)...)...)
	}
	return text
}

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.IntN(256))
	}
	return b
}

// TestEveryPeelerSurvivesTruncation: its own input is cut at every place, the
// others' at some.
func TestEveryPeelerSurvivesTruncation(t *testing.T) {
	t.Parallel()
	inputs, a := coated(t), ask()
	for _, p := range peel.All() {
		for name, b := range inputs {
			for n := 0; n <= len(b); n++ {
				check(t, p, a.input(b[:n]))
				if name != p.Name() {
					n += n / 4
				}
			}
		}
	}
}

// TestEveryPeelerDeclinesNoise: random bytes, random signs, and bytes of which
// most are equal.
func TestEveryPeelerDeclinesNoise(t *testing.T) {
	t.Parallel()
	a := ask()
	r := rand.New(rand.NewPCG(11, 12))
	for range 30 {
		kinds := [][]byte{noise(r, 64+r.IntN(512)), noise(r, 64+r.IntN(512)), noise(r, 64+r.IntN(512))}
		for i := range kinds[1] {
			kinds[1][i] = ' ' + kinds[1][i]%95
		}
		for i := range kinds[2] {
			if r.IntN(8) > 0 {
				kinds[2][i] = kinds[2][0]
			}
		}
		for kind, b := range kinds {
			for _, p := range peel.All() {
				for _, c := range check(t, p, a.input(b)) {
					if c.Score > 0.9 && c.Whole && kind == 0 || a.cribs.Has(c.Bytes) {
						t.Errorf("%s is sure of noise: %q with %v", p.Name(), c.Coats, c.Score)
					}
				}
			}
		}
	}
}

// peelerMemory bounds what one peeler may allocate, all told, for one layer
// of peelerLayer bytes.
const (
	peelerMemory = 768 << 20
	peelerLayer  = 1 << 20
)

// TestEveryPeelerIsBounded: large layers made of its own input, of magic
// numbers, of digits, of one byte.
func TestEveryPeelerIsBounded(t *testing.T) { // alone, to measure memory
	inputs, a := coated(t), ask()
	fill := func(b []byte) []byte { return bytes.Repeat(b, peelerLayer/len(b)+1)[:peelerLayer] }
	hostile := [][]byte{
		make([]byte, peelerLayer), fill([]byte("\x78\x9c\x1f\x8b\x08\x00PK\x03\x04BZh91AY&SY\xff\xd8\xff\xfe\x89PNG\r\n\x1a\n")),
		fill([]byte("12,34,7f ")), fill([]byte("From: a\r\n")), fill([]byte("[{\"a\":[")), fill([]byte("+AGs-%41=?&#1;\\x41")),
	}
	if testing.Short() {
		hostile = hostile[1:2]
	}
	for _, p := range peel.All() {
		for i, b := range append([][]byte{fill(inputs[p.Name()])}, hostile...) {
			in := a.input(b)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			check(t, p, in)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > peelerMemory {
				t.Errorf("%s took %d MiB for input %d", p.Name(), used>>20, i)
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

// FuzzPeeler asks one peeler, chosen by number; its own input is a seed.
func FuzzPeeler(f *testing.F) {
	inputs, a := coated(f), ask()
	all := peel.All()
	for i, p := range all {
		f.Add(byte(i), inputs[p.Name()])
	}
	f.Fuzz(func(t *testing.T, which byte, b []byte) {
		if len(b) > 1<<12 {
			return
		}
		before := bytes.Clone(b)
		check(t, all[int(which)%len(all)], a.input(b))
		if !bytes.Equal(b, before) {
			t.Error("the input was changed")
		}
	})
}
