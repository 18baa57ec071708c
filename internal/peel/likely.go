package peel

// A wrong key is told by the first bytes of what it gives: a text has no
// control characters, but for the zeros of UTF-16; a stream has its magic.

// isControl reports a byte that stands in no text.
func isControl(c byte) bool {
	return c < 0x20 && c != '\n' && c != '\r' && c != '\t' || c == 0x7f
}

// controls reports whether b holds a byte that stands in no text.
func controls(b []byte) bool {
	for _, c := range b {
		if isControl(c) {
			return true
		}
	}
	return false
}

// likelyByte: a sign that texts begin with, or part of one.
func likelyByte(c byte) bool { return !isControl(c) }

// likelyHead rejects most random blocks at once.
func likelyHead(h []byte) bool {
	if controls(h) {
		return likelyMarked(h)
	}
	return Plausible(h) > 0.75
}

// likelyMarked: the magic of a stream, or UTF-16.
func likelyMarked(h []byte) bool {
	if known(h) {
		return true
	}
	zeros, control := 0, 0
	for _, c := range h {
		if c == 0 {
			zeros++
		} else if isControl(c) {
			control++
		}
	}
	if zeros > 0 && zeros >= len(h)/2-1 && control == 0 {
		return likelyWide(h)
	}
	return likelyHan(h)
}

// likelyText: no control characters, or the magic of a stream, or the zeros
// of UTF-16.
func likelyText(h []byte) bool {
	wrong, zeros := 0, 0
	for _, c := range h {
		if isControl(c) {
			wrong++
		}
		if c == 0 {
			zeros++
		}
	}
	return wrong == 0 || len(h) > 1 && (h[0] == 0x1f && h[1] == 0x8b || h[0] == 0x78) || zeros > 0 && wrong <= len(h)/2 || likelyHan(h)
}

// likelyHan: Han characters and ASCII in either order of UTF-16.
func likelyHan(h []byte) bool {
	if len(h) < 8 {
		return false
	}
	for first := range 2 {
		ok := true
		for i := first; ok && i < len(h)&^1; i += 2 {
			c := h[i]
			ok = c >= 0x4e && c <= 0x9f || c == 0 && isText(h[i^1]) || c == 0x30 || c == 0xff
		}
		if ok {
			return true
		}
	}
	return false
}

// likelyWide: ASCII in either order of UTF-16.
func likelyWide(h []byte) bool {
	odd, even := 0, 0
	for i, c := range h {
		if c != 0 {
			continue
		}
		if i%2 == 0 {
			even++
		} else {
			odd++
		}
	}
	return odd >= len(h)/2-1 && even <= 1 || even >= len(h)/2-1 && odd <= 1
}

// likelyStart is likelyHead for the first bytes of a longer text.
func likelyStart(b []byte) bool {
	if len(b) > probeHead {
		b = b[:probeHead]
	}
	return known(b) || Plausible(b) > 0.8 || len(b) >= 8 && likelyHan(b[:len(b)&^1])
}
