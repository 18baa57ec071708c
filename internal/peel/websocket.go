package peel

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"
)

// websocketPeeler reads the frames of a WebSocket connection (RFC 6455),
// takes the masks off and joins fragments: "websocket:MESSAGE". Compressed
// messages (RFC 7692) are inflated with the window of those before:
// "permessage-deflate:MESSAGE".
type websocketPeeler struct{}

func (websocketPeeler) Name() string { return "websocket" }

// wsFrame is one frame, its payload without the mask.
type wsFrame struct {
	op                  byte
	fin, packed, masked bool
	payload             []byte
	at, end             int
}

// wsMessage is the payloads of a message joined.
type wsMessage struct {
	bytes          []byte
	packed, masked bool
	op             byte
	at, end        int
}

func (websocketPeeler) Peel(in Input) []Candidate {
	frames, whole := wsFrames(in.Bytes)
	if len(frames) == 0 || !whole && len(frames) < 2 {
		return nil
	}
	messages := wsJoin(frames)
	score := wsScore(frames, messages, whole)
	left := in.Limit
	windows := map[bool][]byte{}
	var fields, inflated []field
	for i, m := range messages {
		m.end = min(m.end, len(in.Bytes))
		f := field{name: strconv.Itoa(i + 1), bytes: m.bytes, at: m.at, length: m.end - m.at}
		if !m.packed {
			fields = append(fields, f)
			continue
		}
		if f.bytes = wsInflate(m.bytes, windows[m.masked], left); f.bytes != nil {
			left -= len(f.bytes)
			window := append(windows[m.masked], f.bytes...)
			windows[m.masked] = bytes.Clone(window[max(0, len(window)-32<<10):])
			inflated = append(inflated, f)
			score = max(score, 0.9)
		}
	}
	return append(fieldBids(in, "websocket", fields, score), fieldBids(in, "permessage-deflate", inflated, score)...)
}

// wsScore: frames that fill the bytes are sure if there are several, or if
// what they call text is text.
func wsScore(frames []wsFrame, messages []wsMessage, whole bool) float64 {
	text := 0
	for _, m := range messages {
		if m.op == 1 && !m.packed && len(m.bytes) > 0 {
			if !utf8.Valid(m.bytes) {
				return 0.3
			}
			text++
		}
	}
	switch {
	case whole && (text > 0 || len(frames) > 2):
		return 0.95
	case whole || text > 1:
		return 0.7
	}
	return 0.4
}

// wsFrames reads frames from the front; the last one may be cut.
func wsFrames(b []byte) (frames []wsFrame, whole bool) {
	for at := 0; at < len(b) && len(frames) < 4*partLimit; {
		f, ok := wsFrameAt(b, at)
		if !ok {
			return frames, false
		}
		frames = append(frames, f)
		if at = f.end; at > len(b) {
			return frames, false
		}
	}
	return frames, true
}

func wsFrameAt(b []byte, at int) (wsFrame, bool) {
	from := at
	if len(b)-at < 2 {
		return wsFrame{}, false
	}
	f := wsFrame{at: at, op: b[at] & 15, fin: b[at]&0x80 != 0, packed: b[at]&0x40 != 0, masked: b[at+1]&0x80 != 0}
	size := uint64(b[at+1] & 0x7f)
	if b[at]&0x30 != 0 || f.op > 2 && f.op < 8 || f.op > 10 || f.op >= 8 && (size > 125 || !f.fin || f.packed) {
		return wsFrame{}, false
	}
	at += 2
	if wide := map[uint64]int{126: 2, 127: 8}[size]; wide > 0 {
		if len(b)-at < wide {
			return wsFrame{}, false
		}
		var word [8]byte
		copy(word[8-wide:], b[at:at+wide])
		least := size
		if size = binary.BigEndian.Uint64(word[:]); size < least || size > 1<<31 {
			return wsFrame{}, false
		}
		at += wide
	}
	var mask []byte
	if f.masked {
		if len(b)-at < 4 {
			return wsFrame{}, false
		}
		mask = b[at : at+4]
		at += 4
	}
	f.end = at + int(size)
	f.payload = b[at:min(f.end, len(b))]
	if mask != nil {
		f.payload = bytes.Clone(f.payload)
		for i := range f.payload {
			f.payload[i] ^= mask[i&3]
		}
	}
	return f, from < f.end
}

// wsJoin joins fragments; control frames may stand between them.
func wsJoin(frames []wsFrame) []wsMessage {
	var out []wsMessage
	open := map[bool]int{} // the unfinished message of a direction, from 1
	for _, f := range frames {
		switch {
		case f.op >= 8:
			continue
		case f.op == 0 && open[f.masked] > 0:
			m := &out[open[f.masked]-1]
			m.bytes = append(m.bytes[:len(m.bytes):len(m.bytes)], f.payload...)
			m.end = f.end
		default:
			out = append(out, wsMessage{f.payload, f.packed, f.masked, f.op, f.at, f.end})
			open[f.masked] = len(out)
		}
		if f.fin {
			open[f.masked] = 0
		}
	}
	return out
}

// wsInflate inflates a message behind a window; the four bytes that the
// sender left out, and an empty last block, make the end.
func wsInflate(b, window []byte, limit int) []byte {
	src := bytes.NewReader(append(bytes.Clone(b), "\x00\x00\xff\xff\x01\x00\x00\xff\xff"...))
	out, err := readUpTo(flate.NewReaderDict(src, window), limit)
	if err == nil || len(out) >= 12 {
		return out
	}
	out, known, _ := inflateUnknown(b, limit) // messages before were not captured
	if len(out) < 12 || known < len(out)/2 || !readable(out) {
		return nil
	}
	return out
}
