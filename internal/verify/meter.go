package verify

import (
	"io"
	"sync"
)

// meter counts bytes that were read, for whoever waits.
type meter struct {
	mu          sync.Mutex
	done, total int64
	show        func(done, total int64)
}

func (m *meter) add(n int64) {
	if m.show == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done = min(m.done+n, m.total)
	m.show(m.done, m.total)
}

// reader counts what is read through it.
func (m *meter) reader(r io.Reader) io.Reader { return &metered{r, m} }

type metered struct {
	io.Reader
	meter *meter
}

func (r *metered) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.meter.add(int64(n))
	return n, err
}

// finish counts what is left: small files, and what was read twice or never.
func (m *meter) finish() { m.add(m.total - m.done) }
