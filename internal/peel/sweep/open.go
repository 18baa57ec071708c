package sweep

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// opener is what one worker holds.
type opener struct {
	s       *Searcher
	inflate inflater
	job     *job
	path    []string
	base    int64 // where in the stream the outermost layer begins
	opened  int   // bytes out of the codings of this message
	over    bool  // the limit was met
	total   int64
	limited int
	signs   *signs
	// scratch is for decoded bytes, one for each depth.
	scratch [depthLimit + 1][]byte
	joined  []byte // lines of base64
}

func newOpener(s *Searcher) *opener { return &opener{s: s, signs: newSigns()} }

// message opens a message: its head, and its body under what is known to be
// around it.
func (o *opener) message(j *job) {
	o.job, o.opened, o.over, o.path = j, 0, false, o.path[:0]
	o.base = j.headAt
	o.layer(j.head, 0)
	o.base = j.offset
	if len(j.coats) == 0 || !o.codings(j.coats, j.body, 0) {
		o.path = o.path[:0]
		o.layer(j.body, 0)
	}
	o.total += int64(o.opened)
	if o.over {
		o.limited++
	}
}

// codings takes content codings off, one under the other; false if the first
// does not fit.
func (o *opener) codings(coats []string, b []byte, depth int) bool {
	if depth == depthLimit {
		o.over = true
		return false
	}
	o.path = append(o.path, coats[0])
	defer func() { o.path = o.path[:len(o.path)-1] }()
	if len(coats) == 1 {
		return o.inflate.each(coats[0], b, func(piece []byte) bool { return o.inside(piece, depth+1) })
	}
	var whole []byte
	ok := o.inflate.each(coats[0], b, func(piece []byte) bool {
		whole = append(whole, piece[min(len(piece), min(len(whole), overlap)):]...)
		return len(whole) < bodyLimit
	})
	return ok && o.codings(coats[1:], bytes.Clone(whole), depth+1)
}

// inside opens a layer that came out of a coding; false if there is no more
// room.
func (o *opener) inside(b []byte, depth int) bool {
	if o.opened += len(b); o.opened > openLimit {
		o.over = true
		return false
	}
	o.layer(b, depth)
	return true
}

// layer looks for the needles in b and opens what is in it.
func (o *opener) layer(b []byte, depth int) {
	if len(b) == 0 {
		return
	}
	if len(b) > 256 || o.s.set.Has(b) {
		for _, hit := range o.s.set.Find(b, 0) {
			at := o.base
			if depth == 0 {
				at += int64(hit.At)
			}
			o.s.found(Find{Needle: hit.Needle, Stream: o.job.stream.name, Offset: at, Path: append(slices.Clone(o.path), hit.Form), number: o.job.stream.number})
		}
	}
	if len(b) < o.s.least {
		return
	}
	if depth == depthLimit {
		o.over = true
		return
	}
	o.streams(b, depth)
	o.runs(b, depth)
}

// streams inflates what begins with the magic of a format: zlib and zstd at
// the front, gzip anywhere.
func (o *opener) streams(b []byte, depth int) {
	switch {
	case binary.BigEndian.Uint16(b)%31 == 0 && b[0]&15 == 8 && b[0]>>4 <= 7:
		o.stream("zlib", b, depth)
	case bytes.HasPrefix(b, []byte("\x28\xb5\x2f\xfd")):
		o.stream("zstd", b, depth)
	}
	for at, tries := 0, 0; tries < 64; tries++ {
		i := bytes.Index(b[at:], []byte("\x1f\x8b\x08"))
		if i < 0 {
			return
		}
		at += i
		o.stream("gzip", b[at:], depth)
		at += 3
	}
}

func (o *opener) stream(coat string, b []byte, depth int) {
	o.path = append(o.path, coat)
	o.inflate.each(coat, b, func(piece []byte) bool { return o.inside(piece, depth+1) })
	o.path = o.path[:len(o.path)-1]
}

// under opens decoded bytes under a coat.
func (o *opener) under(coat string, b []byte, depth int) {
	o.path = append(o.path, coat)
	o.inside(b, depth)
	o.path = o.path[:len(o.path)-1]
}
