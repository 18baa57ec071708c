package intercept

import "sync"

// Sizes of buffers: most reads are small, and a connection that waits should
// hold little; one that is busy gains from fewer, larger reads.
const (
	smallBuffer = 4 << 10
	largeBuffer = 64 << 10
	// patience is how many reads in a row must have fitted the small buffer
	// before the large one is given back.
	patience = 8
)

// buffers lends buffers to all connections.
type buffers struct{ small, large sync.Pool }

func (p *buffers) get(large bool) *[]byte {
	pool, size := &p.small, smallBuffer
	if large {
		pool, size = &p.large, largeBuffer
	}
	if b, ok := pool.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, size)
	return &b
}

func (p *buffers) put(b *[]byte) {
	if len(*b) == largeBuffer {
		p.large.Put(b)
		return
	}
	p.small.Put(b)
}

// scoop is the buffer of one direction, large while much comes.
type scoop struct {
	from *buffers
	held *[]byte
	slow int // reads in a row that a small buffer would have held
}

func (p *buffers) scoop() *scoop { return &scoop{from: p, held: p.get(false)} }

func (s *scoop) bytes() []byte { return *s.held }

// note changes the size by what the last read gave.
func (s *scoop) note(n int) {
	large := len(*s.held) == largeBuffer
	switch {
	case n >= smallBuffer:
		s.slow = 0
		if !large {
			s.swap(true)
		}
	case large:
		if s.slow++; s.slow >= patience {
			s.swap(false)
		}
	}
}

func (s *scoop) swap(large bool) {
	s.from.put(s.held)
	s.held, s.slow = s.from.get(large), 0
}

func (s *scoop) release() { s.from.put(s.held) }
