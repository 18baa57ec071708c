package sweep_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"example.org/telltale/internal/peel/match"
	"example.org/telltale/internal/peel/sweep"
)

const canary = "Kqvzjxmnwbtrye"

func needles() []match.Needle {
	return []match.Needle{{Probe: "other", Text: "nothing of this"}, {Probe: "1", Text: canary}}
}

// noise is text around what is looked for.
func noise(r *rand.Rand, n int) string {
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, `{"id":%d,"device":"%x","text":"some of the usual words"},`, r.Uint32(), r.Uint64())
	}
	return b.String()
}

// pack compresses b.
func pack(t testing.TB, coding string, b string) string {
	t.Helper()
	var out bytes.Buffer
	var w interface {
		Write([]byte) (int, error)
		Close() error
	}
	var err error
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "zlib":
		w = zlib.NewWriter(&out)
	case "deflate":
		w, err = flate.NewWriter(&out, 6)
	case "br":
		w = brotli.NewWriter(&out)
	case "zstd":
		w, err = zstd.NewWriter(&out)
	}
	if err == nil {
		_, err = w.Write([]byte(b))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// feed gives a stream to a searcher in pieces.
func feed(r *rand.Rand, s *sweep.Stream, b string) {
	for len(b) > 0 {
		n := min(1+r.IntN(3000), len(b))
		s.Data([]byte(b[:n]))
		b = b[n:]
	}
	s.End()
}

func answer(head, body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
}

func chunked(r *rand.Rand, body string) string {
	var b strings.Builder
	for len(body) > 0 {
		n := min(1+r.IntN(9), len(body))
		fmt.Fprintf(&b, "%x;x=1\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	return b.String() + "0\r\nTrailer: x\r\n\r\n"
}

func std(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// TestWrappingsAreOpened: the canary is found under each path, with messages
// before and behind it in the same stream.
func TestWrappingsAreOpened(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	wide := string(match.Encode("h"+canary+"h", "utf-16le"))
	long := noise(r, 500_000) + canary + noise(r, 900_000)
	cases := []struct{ path, stream string }{
		{"", answer("", noise(r, 400)+canary)},
		{"", "POST /" + canary + " HTTP/1.1\r\nHost: a.example\r\n\r\n"},
		{"utf-16le", answer("", wide)},
		{"percent", answer("", "a="+strings.ReplaceAll(url.QueryEscape("竹米"+canary), "K", "%4B"))},
		{"", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(r, noise(r, 300)+canary+"behind")},
		{"gzip", answer("Content-Encoding: gzip\r\n", pack(t, "gzip", long))},
		{"deflate", answer("Content-Encoding: deflate\r\n", pack(t, "zlib", long))},
		{"deflate", answer("content-encoding:deflate\r\n", pack(t, "deflate", long))},
		{"br", answer("Content-Encoding: br\r\n", pack(t, "br", long))},
		{"zstd", answer("Content-Encoding: zstd\r\n", pack(t, "zstd", long))},
		{"gzip br", answer("Content-Encoding: br, gzip\r\n", pack(t, "gzip", pack(t, "br", long)))},
		{"gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(r, pack(t, "gzip", noise(r, 300)+canary))},
		{"gzip", answer("", "--part\r\n\r\n"+pack(t, "gzip", canary))},
		{"zlib", answer("", pack(t, "zlib", canary))},
		{"base64", answer("", `{"x":"`+std("a"+canary)+`"}`)},
		{"base64 gzip", answer("", `{"x":"`+std(pack(t, "gzip", canary+noise(r, 90)))+`"}`)},
		{"base64 utf-16le", answer("", `{"x":"`+std(wide)+`"}`)},
		{"base64 base64", answer("", `{"x":"`+std("x="+std("ab"+canary+"z"))+`"}`)},
		{"percent base64", answer("", "b=1&d="+url.QueryEscape(std("??>"+canary+"~~~"))+"&e")},
		{"json base64 gzip", answer("", `{"x":"`+strings.ReplaceAll(std(pack(t, "gzip", noise(r, 3000)+canary)), "/", `\/`)+`"}`)},
		{"json base64", answer("", `{"x":"\u7af9\ud83d\ude00`+strings.ReplaceAll(std("\xff\xff\xff"+canary), "/", `\/`)+`"}`)},
		{"hex gzip", answer("", "x="+hex.EncodeToString([]byte(pack(t, "gzip", canary))))},
		{"base64 gzip", answer("", mime(std(pack(t, "gzip", noise(r, 5000)+canary))))},
		{"", "\x16\x03\x01 no HTTP " + noise(r, 2_500_000) + canary + "and more"},
		{"", "HTTP/1.0 200 OK\r\n\r\n" + noise(r, 1_048_500) + canary + noise(r, 500)},
	}
	for _, c := range cases {
		t.Run(c.path, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(3, 4))
			s := sweep.New(needles(), 2)
			stream := c.stream
			if strings.Contains(stream, "Content-Length") {
				stream = answer("", noise(r, 500)) + stream + "HTTP/1.1 204 None\r\n\r\n" + answer("", "ok")
			}
			feed(r, s.Stream("one"), stream)
			finds, stats := s.Close()
			if !slices.ContainsFunc(finds, func(f sweep.Find) bool {
				return f.Needle == 1 && f.Stream == "one" && strings.Join(f.Path, " ") == c.path && f.Offset <= int64(len(stream))
			}) {
				t.Errorf("finds %+v, want one under %q", finds, c.path)
			}
			if stats.Streams != 1 || stats.Messages == 0 || stats.Bytes == 0 {
				t.Errorf("%+v", stats)
			}
		})
	}
}

// mime breaks lines of 76 signs.
func mime(s string) string {
	var b strings.Builder
	for len(s) > 76 {
		b.WriteString(s[:76] + "\r\n")
		s = s[76:]
	}
	return b.String() + s
}

// TestOffsets: where nothing was taken off, the offset is the copy's.
func TestOffsets(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	stream := answer("", noise(r, 3_000_000)+canary+noise(r, 100)) + answer("X: "+canary+"\r\n", "")
	s := sweep.New(needles(), 1)
	feed(r, s.Stream("one"), stream)
	finds, _ := s.Close()
	first, last := int64(strings.Index(stream, canary)), int64(strings.LastIndex(stream, canary))
	if len(finds) != 2 || finds[0].Offset != first || finds[1].Offset != last {
		t.Errorf("finds %+v, want %d and %d", finds, first, last)
	}
}

func TestGapsEndMessages(t *testing.T) {
	t.Parallel()
	s := sweep.New(needles(), 1)
	stream := s.Stream("one")
	stream.Data([]byte("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbefore " + canary[:7]))
	stream.Gap(7)
	stream.Data([]byte("behind" + canary + "and"))
	stream.End()
	finds, _ := s.Close()
	if len(finds) != 1 {
		t.Errorf("finds %+v", finds)
	}
}

// TestBombsEnd: what unpacks without end, or lies ten codings deep, is given
// up, and that is counted.
func TestBombsEnd(t *testing.T) {
	t.Parallel()
	bodies := []string{""}
	if !testing.Short() {
		bodies = []string{"", zeros(t), pack(t, "gzip", zeros(t))}
	}
	deep := canary
	for range 10 {
		deep = std("some more of it: " + deep)
	}
	r := rand.New(rand.NewPCG(7, 8))
	bodies[0] = deep
	for _, body := range bodies {
		s := sweep.New(needles(), 1)
		feed(r, s.Stream("one"), answer("", body))
		if finds, stats := s.Close(); len(finds) != 0 || stats.Limited != 1 {
			t.Errorf("finds %+v, %+v", finds, stats)
		}
	}
}

// zeros unpacks to more than a message may.
func zeros(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	for range 300 {
		if _, err := w.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// FuzzStream: hostile streams end, and finds are within them.
func FuzzStream(f *testing.F) {
	r := rand.New(rand.NewPCG(9, 10))
	f.Add([]byte(answer("Content-Encoding: gzip\r\n", pack(f, "gzip", canary))), uint8(7))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+chunked(r, `"\u7af9`+std(std(canary))+`%41%42"`)), uint8(50))
	f.Add([]byte("00000000"), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, step uint8) {
		if len(b) > 1<<12 {
			return
		}
		s := sweep.New(needles(), 1)
		stream := s.Stream("one")
		for rest := b; len(rest) > 0; {
			n := min(int(step)+1, len(rest))
			stream.Data(rest[:n])
			rest = rest[n:]
		}
		stream.End()
		finds, stats := s.Close()
		for _, f := range finds {
			if f.Needle < 0 || f.Needle > 1 || f.Offset < 0 || f.Offset > int64(len(b)) {
				t.Errorf("%+v in %d bytes", f, len(b))
			}
		}
		if stats.Bytes > int64(len(b)) {
			t.Errorf("%+v of %d bytes", stats, len(b))
		}
	})
}
