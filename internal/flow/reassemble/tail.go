package reassemble

const (
	// tailSize is what is kept of a direction to compare copies with, and
	// tailTotal of all.
	tailSize  = 2048
	tailTotal = 16 << 20
)

// tails is the memory for the last octets of all directions. What one has
// done with another one gets.
type tails struct {
	spare [][]byte
	made  int
}

// take returns empty memory, nil if there is no more.
func (t *tails) take() []byte {
	if n := len(t.spare); n > 0 {
		b := t.spare[n-1]
		t.spare = t.spare[:n-1]
		return b[:0]
	}
	if t.made == tailTotal/tailSize {
		return nil
	}
	t.made++
	return make([]byte, 0, tailSize)
}

// give takes the memory of a direction back.
func (t *tails) give(h *half) {
	if h.tail != nil {
		t.spare = append(t.spare, h.tail)
		h.tail = nil
	}
}

// remember keeps the last octets of a direction.
func (t *tails) remember(h *half, b []byte) {
	if h.tail == nil {
		if h.tail = t.take(); h.tail == nil {
			return
		}
	}
	if len(b) >= tailSize {
		h.tail = append(h.tail[:0], b[len(b)-tailSize:]...)
		return
	}
	if over := len(h.tail) + len(b) - tailSize; over > 0 {
		h.tail = append(h.tail[:0], h.tail[over:]...)
	}
	h.tail = append(h.tail, b...)
}
