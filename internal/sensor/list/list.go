// Package list picks, from what an app fetched, the responses that may be
// word lists: bytes that are no page, script or picture, and either look
// enciphered or coded, or are lines of text. It opens nothing itself; what
// it offers is for peel to read. It is pure and holds no state.
package list

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"math"
	"net/http"
	"strings"
	"unicode/utf8"

	"example.org/telltale"
	"example.org/telltale/internal/flow"
)

// Bounds on the size of a list, in bytes.
const (
	Least = 8
	Most  = 4 << 20
)

// Candidate is a response body that may be a list.
type Candidate struct {
	// Flow that it was fetched in, and Message (index into Flow.Messages)
	// that holds it.
	Flow    string
	Message int
	// Body with the chunks taken off, a content coding left on.
	Body []byte
	// Why it is offered: "enciphered", "lines", "hex" or "base64".
	Why string
}

// Offer returns the candidates of a flow: the body of an answer 200 to GET,
// if it may be a list. body returns kept bytes. Bytes that cannot be had are
// no candidate.
func Offer(f telltale.Flow, body func(telltale.Digest) ([]byte, error)) []Candidate {
	ask, answer := exchange(f)
	if ask < 0 || answer < 0 || f.Messages[answer].Cut {
		return nil
	}
	asked, err := body(f.Messages[ask].Bytes)
	if err != nil || flow.ParseRequest(asked).Method != http.MethodGet {
		return nil
	}
	raw, err := body(f.Messages[answer].Bytes)
	if err != nil {
		return nil
	}
	m := flow.Response(raw, http.MethodGet)
	if m.Head.Status != http.StatusOK || len(m.Body) < Least || len(m.Body) > Most {
		return nil
	}
	why := judge(m.Head, plain(m))
	if why == "" {
		return nil
	}
	return []Candidate{{Flow: f.ID, Message: answer, Body: m.Body, Why: why}}
}

// exchange finds the request as the app sent it and the last answer as the
// app got it; -1 if there is none.
func exchange(f telltale.Flow) (ask, answer int) {
	ask, answer = -1, -1
	if f.Protocol != "http" && f.Protocol != "https" {
		return ask, answer
	}
	for i, m := range f.Messages {
		switch {
		case m.Leg != telltale.LegApp || m.Bytes == "":
		case m.Out && ask < 0:
			ask = i
		case !m.Out:
			answer = i
		}
	}
	return ask, answer
}

// plain is the body without its content coding, as far as it can be read
// within the bounds; it is only looked at.
func plain(m flow.Message) []byte {
	var r io.Reader
	var err error
	switch strings.ToLower(m.Head.Get("Content-Encoding")) {
	case "gzip", "x-gzip":
		r, err = gzip.NewReader(bytes.NewReader(m.Body))
	case "deflate":
		r, err = zlib.NewReader(bytes.NewReader(m.Body))
	default:
		return m.Body
	}
	if err != nil {
		return m.Body
	}
	b, _ := io.ReadAll(io.LimitReader(r, Most)) // what came before a flaw will do
	return b
}

// judge says why the body may be a list, or "" if it is something else.
func judge(h flow.Head, b []byte) string {
	declared := strings.ToLower(h.Get("Content-Type"))
	for _, other := range []string{"javascript", "ecmascript", "css", "html", "image/", "audio/", "video/", "font"} {
		// An old server may call anything HTML, so that takes its signs.
		if strings.Contains(declared, other) && (other != "html" || utf8.Valid(b)) {
			return ""
		}
	}
	sniffed := http.DetectContentType(b)
	if !strings.HasPrefix(sniffed, "text/plain") && sniffed != "application/octet-stream" {
		return ""
	}
	switch text := isText(b); {
	case !text && entropy(b) >= 0.6:
		return "enciphered"
	case !text:
		return ""
	case coded(b, "0123456789abcdefABCDEF"):
		return "hex"
	case coded(b, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="):
		return "base64"
	case lines(b):
		return "lines"
	}
	return ""
}

// isText accepts UTF-8 without control characters. Text in older charsets
// passes for enciphered, which is just as well.
func isText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return utf8.Valid(b)
}

// entropy is Shannon's, of single bytes, as a share of what so many bytes
// could have at most.
func entropy(b []byte) float64 {
	var counts [256]int
	for _, c := range b {
		counts[c]++
	}
	n, h := float64(len(b)), 0.0
	for _, count := range counts {
		if count > 0 {
			p := float64(count) / n
			h -= p * math.Log2(p)
		}
	}
	return h / min(8, math.Log2(n))
}

// coded reports whether b is one run of a coding, broken into lines or not,
// that holds more than a word or a number would.
func coded(b []byte, alphabet string) bool {
	n, digits := 0, 0
	for _, c := range b {
		switch {
		case c == '\n' || c == '\r':
			continue
		case c >= 0x80 || strings.IndexByte(alphabet, c) < 0:
			return false
		case c >= '0' && c <= '9':
			digits++
		}
		n++
	}
	return n >= 2*Least && digits > 0 && digits < n*9/10
}

// lines accepts short lines of words. One line alone is an answer, such as
// "up to date", and not a list; so are lines of a structured format.
func lines(b []byte) bool {
	first := bytes.TrimSpace(b)
	if len(first) == 0 || bytes.ContainsAny(first[:1], "{[<#") {
		return false
	}
	all, short := 0, 0
	for line := range bytes.Lines(first) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if all++; len(line) <= 120 && !bytes.Contains(line, []byte("://")) {
			short++
		}
	}
	return all >= 2 && short*10 >= all*9
}
