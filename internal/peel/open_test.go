package peel_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/peel"
)

const (
	mark    = "kvqzjxmnwb"
	marked  = "some words in front of kvqzjxmnwb and some behind it"
	nearly  = "some words in front of kvqzjxmnwc and some behind it"
	hanMark = "竹米羊牛果花"
)

func markNeedles() []peel.Needle {
	return []peel.Needle{{Probe: "p1", Text: mark}, {Probe: "p1", Text: hanMark}}
}

func gz(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b) //nolint:errcheck // a buffer
	w.Close()  //nolint:errcheck // a buffer
	return out.Bytes()
}

func zl(b []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write(b) //nolint:errcheck // a buffer
	w.Close()  //nolint:errcheck // a buffer
	return out.Bytes()
}

func xor(key string, b []byte) []byte {
	out := bytes.Clone(b)
	for i := range out {
		out[i] ^= key[i%len(key)]
	}
	return out
}

func hexed(b []byte) []byte { return []byte(hex.EncodeToString(b)) }
func b64(b []byte) []byte   { return []byte(base64.StdEncoding.EncodeToString(b)) }
func chunked(b []byte) []byte {
	return []byte(fmt.Sprintf("%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", 7, b[:7], len(b)-7, b[7:]))
}

func TestOpensCommonCoats(t *testing.T) {
	t.Parallel()
	text := []byte(marked)
	sum := md5.Sum([]byte(mark))
	cases := []struct {
		path string
		b    []byte
	}{
		{"", text},
		{"utf-16le", wide(marked)},
		{"gb18030", gb(t, "前面的话"+hanMark+"后面的话")},
		{"percent", []byte("q=" + url.QueryEscape("前 "+hanMark))},
		{"hex", hexed(text)},
		{"base64", b64(text)},
		{"base64 base64", b64(b64(text))},
		{"base64 gzip", b64(gz(text))},
		{"zlib", zl(text)},
		{"gzip hex", gz(hexed(text))},
		{"http body chunked gzip", append([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), chunked(gz(text))...)},
		{"json", []byte(`{"t":1,"text":"\u7af9\u7c73\u7f8a\u725b\u679c\u82b1"}`)},
		{"json:d base64", []byte(`{"t":1,"d":"` + string(b64(text)) + `"}`)},
		{"percent base64 zlib", []byte("t=1&d=" + url.QueryEscape(string(b64(zl(text)))))},
		{"form:d hex zlib", []byte("t=1&d=" + string(hexed(zl(text))))},
		{"http cookie:s hex", []byte("GET / HTTP/1.1\r\nHost: x.test\r\nCookie: a=1; s=" + string(hexed(text)) + "\r\n\r\n")},
		{"xor", xor("\x17", text)},
		{"xor", xor("k3y\x80", text)},
		{"base64 xor", b64(xor("ab\xf0", text))},
		{"xor-chain", chain(text, 0x33)},
		{"gzip base64", gz([]byte("some text, then " + string(b64(text)) + " and more text, and then " + string(b64([]byte("another run of base64")))))},
		{"http query:r#2 hex", request("/up?r=00112233445566778899aabb&r=" + string(hexed(text)))},
		{"json:d#2 base64", []byte(`[{"d":"AAECAwQFBgcICQoLDA0ODw"},{"d":"` + string(b64(text)) + `"}]`)},
		{"utf-16le", append([]byte("odd"), wide(marked)...)},
		{"hash:md5", []byte("id=" + hex.EncodeToString(sum[:]) + "&v=2")},
	}
	for _, c := range cases {
		t.Run(c.path, func(t *testing.T) {
			t.Parallel()
			got := open(t, peel.Job{Bytes: c.b, Needles: markNeedles()})
			if len(got.Finds) != 1 {
				t.Fatalf("%d finds, notes %v: %+v", len(got.Finds), got.Notes, got.Finds)
			}
			f := got.Finds[0]
			if !within(strings.Fields(c.path), f.Path) || !slices.Equal(f.Probes, []string{"p1"}) {
				t.Errorf("path %q, want %q; probes %q", f.Path, c.path, f.Probes)
			}
		})
	}
}

// within reports whether want is a subsequence of path.
func within(want, path []string) bool {
	for _, p := range path {
		if len(want) > 0 && want[0] == p {
			want = want[1:]
		}
	}
	return len(want) == 0
}

func TestDoesNotFindWhatIsNearly(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	noise := make([]byte, 4000)
	for i := range noise {
		noise[i] = byte(r.IntN(256))
	}
	near := []byte(nearly)
	for i, b := range [][]byte{near, b64(near), gz(near), xor("\x17", near), xor("abcde", near), chain(near, 3), noise, make([]byte, 3000), bytes.Repeat(near, 30),
		append(make([]byte, 300), xor("kvqzj", bytes.Repeat(near, 5))...)} {
		if got := open(t, peel.Job{Bytes: b, Needles: markNeedles(), ExpectList: i == 6}); len(got.Finds) > 0 {
			t.Errorf("case %d: found %+v", i, got.Finds)
		}
	}
}

// TestFindsWhatFollowsABody: what stands behind the length or the last chunk.
func TestFindsWhatFollowsABody(t *testing.T) {
	t.Parallel()
	for _, b := range []string{
		"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
	} {
		got := open(t, peel.Job{Bytes: append([]byte(b), b64([]byte(marked))...), Needles: markNeedles()})
		if len(got.Finds) != 1 || got.Finds[0].Path[len(got.Finds[0].Path)-1] != "base64" {
			t.Errorf("%q: %+v", b, got.Finds)
		}
	}
}

func TestTwoCopiesInTwoPlacesAreTwoFinds(t *testing.T) {
	t.Parallel()
	b := []byte(`{"a":"` + marked + `","b":"` + string(b64([]byte(marked))) + `"}`)
	got := open(t, peel.Job{Bytes: b, Needles: markNeedles()})
	if len(got.Finds) != 2 || got.Finds[0].Offset == got.Finds[1].Offset {
		t.Errorf("finds %+v", got.Finds)
	}
}

// bomb is a gzip file of n zero bytes.
func bomb(t *testing.T, n int64) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(w, zeros{}, n); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestHostileInputEndsWithANote(t *testing.T) {
	t.Parallel()
	deep := []byte(marked)
	for range 200 {
		deep = gz(deep)
	}
	cases := map[string]struct {
		b    []byte
		note string
	}{
		"bomb":      {bomb(t, 40<<20), peel.NoteLimit},
		"bomb²":     {gz(bomb(t, 40<<20)), peel.NoteLimit},
		"deep":      {deep, peel.NoteLimit},
		"percents":  {[]byte("%" + strings.Repeat("25", 500) + "41"), peel.NoteLimit},
		"truncated": {gz(bytes.Repeat([]byte("abcdefgh ijkl "), 50))[:40], peel.NoteTruncated},
		"runs":      {bytes.Repeat([]byte("deadbeef00112233 "), 1<<13), ""},
		"headers":   {bytes.Repeat([]byte("\x78\x9c\x1f\x8b\x08\x00PK\x03\x04"), 1<<13), ""},
		"nest":      {bytes.Repeat([]byte(`{"a":[`), 1<<14), ""},
		"chunks":    {[]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nabc"), ""},
		"empty":     {nil, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got := open(t, peel.Job{Bytes: c.b, Needles: markNeedles()})
			runtime.ReadMemStats(&after)
			if c.note != "" && !slices.ContainsFunc(got.Notes, func(n peel.Note) bool { return n.Kind == c.note }) {
				t.Errorf("notes %v, want one of kind %q", got.Notes, c.note)
			}
			if grown := after.HeapSys - before.HeapSys; after.HeapSys > before.HeapSys && grown > 256<<20 {
				t.Errorf("the heap grew by %d MiB", grown>>20)
			}
		})
	}
}

func TestCancelledSearchSaysSo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	got := peel.New(peel.All()).Open(ctx, peel.Job{Bytes: []byte(marked), Needles: markNeedles()})
	if len(got.Notes) != 1 || got.Notes[0].Kind != peel.NoteLimit {
		t.Errorf("notes %v", got.Notes)
	}
}

func TestSearchIsDeterministic(t *testing.T) {
	t.Parallel()
	job := peel.Job{Bytes: request("/up?r=" + string(hexed(xor("k3y", []byte(marked)))) + "&s=" + string(b64(gz([]byte(marked))))), Needles: markNeedles()}
	opener := peel.New(peel.All())
	first := opener.Open(context.Background(), job)
	if len(first.Finds) != 2 {
		t.Fatalf("finds %+v", first.Finds)
	}
	for range 5 {
		if again := opener.Open(context.Background(), job); !reflect.DeepEqual(first, again) {
			t.Fatalf("%+v, then %+v", first, again)
		}
	}
}

func TestECBRepetitionIsNoted(t *testing.T) {
	t.Parallel()
	sealed := desSeal(t, key2006, []byte(strings.Repeat("the same", 6)+"and something else at the end of it, so that it varies"), false)
	got := open(t, peel.Job{Bytes: request("/up?r=" + string(hexed(sealed)))})
	if !slices.ContainsFunc(got.Notes, func(n peel.Note) bool { return n.Kind == peel.NoteECB }) {
		t.Errorf("notes %v", got.Notes)
	}
	noise := make([]byte, 4096)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range noise {
		noise[i] = byte(r.IntN(256))
	}
	for _, b := range [][]byte{noise, make([]byte, 4096), []byte(strings.Repeat("the same", 60)), bytes.Repeat(noise[:24], 1)} {
		if got := open(t, peel.Job{Bytes: b}); slices.ContainsFunc(got.Notes, func(n peel.Note) bool { return n.Kind == peel.NoteECB }) {
			t.Errorf("%.8x: notes %v", b, got.Notes)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, b := range [][]byte{[]byte(marked), gz([]byte(marked)), b64(gz([]byte(marked))), request("/up?r=" + string(hexed([]byte(marked)))), chain([]byte(marked), 0x68), []byte(`{"a":"\u7af9"}`)} {
		f.Add(b)
	}
	opener := peel.New(peel.All())
	keys := peel.Harvest("x", clientFile(), 20)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<14 {
			return
		}
		job := peel.Job{Bytes: b, Needles: markNeedles(), Keys: keys, Words: []string{"麒麟塔"}, ExpectList: true, Budget: peel.Budget{Nodes: 200, Bytes: 4 << 20}}
		for _, find := range opener.Open(context.Background(), job).Finds {
			checkFind(t, job, find)
		}
	})
}

func FuzzHarvest(f *testing.F) {
	f.Add(clientFile())
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, k := range peel.Harvest("x", b, 200) {
			if len(k.Bytes) < 5 || len(k.Bytes) > 64 {
				t.Errorf("key of %d bytes", len(k.Bytes))
			}
		}
	})
}

func FuzzReplay(f *testing.F) {
	f.Add("hex des-ecb gb18030", hexed([]byte(marked)))
	f.Add("http query:r base64url aes-128-cbc:iv", request("/up?r=abc"))
	f.Add("chunked gzip json:a xor-chain", chunked(gz([]byte(marked))))
	f.Fuzz(func(t *testing.T, path string, b []byte) {
		coats := strings.Fields(path)
		if len(coats) > 6 {
			return
		}
		key := &peel.Key{Bytes: []byte(key2006)}
		out, err := peel.Replay(coats, key, b)
		if err != nil && out != nil {
			t.Errorf("both bytes and an error: %v", err)
		}
	})
}
