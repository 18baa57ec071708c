package peel

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
)

// insidePeeler looks for raw deflate and brotli streams, which nothing marks,
// behind a short head of another format. It only asks where nothing else
// explained the bytes, and believes what can be read or holds a known text.
type insidePeeler struct{}

func (insidePeeler) Name() string { return "inside" }

const (
	insideDeflate = 512 // places tried
	insideBrotli  = 80
	insideHead    = 2048 // bytes inflated at a place to judge it
	insideMore    = 1 << 18
	insideLimit   = 4   // streams taken
	insideKnown   = 0.6 // the score of a stream that holds a known text
)

func (insidePeeler) Peel(in Input) []Candidate {
	if in.Shape.Text() || in.Best >= 0.8 || in.Sure < 0.4 || in.Derived || len(in.Bytes) < 24 {
		return nil
	}
	inflater := flate.NewReader(nil)
	out := scanInside(in, "deflate", insideDeflate, func(r io.Reader) io.Reader {
		inflater.(flate.Resetter).Reset(r, nil) //nolint:errcheck // it never fails without a dictionary
		return inflater
	})
	if slices.ContainsFunc(out, func(c Candidate) bool { return c.Score >= insideKnown }) {
		return out
	}
	reader := brotli.NewReader(nil)
	return append(out, scanInside(in, "brotli", insideBrotli, func(r io.Reader) io.Reader {
		reader.Reset(r) //nolint:errcheck // it never fails
		return reader
	})...)
}

// scanInside tries a format at the first places; open makes a reader ready.
func scanInside(in Input, name string, places int, open func(io.Reader) io.Reader) []Candidate {
	var out []Candidate
	head := make([]byte, insideHead)
	most := insideLimit
	if in.Cribs == nil {
		most = places
	}
	zlib := zlibStarts(in.Bytes)
	for at := 1; at < min(places, len(in.Bytes)-16) && len(out) < most; at++ {
		if at >= 2 && slices.Contains(zlib, at-2) {
			continue // cut, or not yet whole: another coat is on it
		}
		src := bytes.NewReader(in.Bytes[at:])
		stream := open(src)
		n, err := io.ReadFull(stream, head)
		score := insideScore(in, head[:n], err, len(in.Bytes)-at, src.Len())
		if score == 0 && n == len(head) && in.Cribs != nil && in.Cribs.Has(more(stream, head)) {
			score = insideKnown
		}
		if score > 0 {
			if c, ok := insideCandidate(in, name, at, score); ok {
				out = append(out, c)
				if in.Cribs != nil {
					at += c.Length - 1
				}
			}
		}
	}
	return out
}

// more reads on from a head that could not be judged.
func more(stream io.Reader, head []byte) []byte {
	rest, _ := readUpTo(stream, insideMore) // what came before an error counts
	return append(append(make([]byte, 0, len(head)+len(rest)), head...), rest...)
}

// insideScore judges the beginning of a stream. Noise inflates to noise, ends
// at once or breaks off; but brotli has a dictionary, so that noise inflates
// to words, and only a known text or a right end counts.
func insideScore(in Input, head []byte, err error, size, left int) float64 {
	clean := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && left < size && left <= 32
	switch {
	case len(head) < 12:
		return 0
	case in.Cribs == nil: // on the way back, when the bytes are known
		return 0.5
	case in.Cribs.Has(head):
		return insideKnown
	case len(head) >= 48 && evidence(head) >= 48:
		return 0.5
	case clean && size-left >= 48 && len(head) >= 32 && known(head):
		return 0.45
	}
	return 0
}

func insideCandidate(in Input, name string, at int, score float64) (Candidate, bool) {
	for _, f := range formats() {
		if f.name != name {
			continue
		}
		c, ok := f.peel(in.Bytes[at:], in.Limit)
		if len(c.Bytes) == 0 {
			return c, false
		}
		ended := ok && c.Note == "" && at+c.Length >= len(in.Bytes)-32
		if name == "brotli" && !ended && in.Cribs != nil && !in.Cribs.Has(c.Bytes) {
			return c, false
		}
		c.Offset, c.Score, c.Note, c.Whole = at, score, "", false
		return c, true
	}
	return Candidate{}, false
}
