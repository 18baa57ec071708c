package sensortest

import (
	"context"
	"fmt"
	"sync"

	"example.org/telltale"
)

// Recorder is a telltale.Recorder in memory.
type Recorder struct {
	// Fail, if set, is what Record returns instead of recording. It is set
	// before the sensor starts.
	Fail error

	mu    sync.Mutex
	blobs map[telltale.Digest][]byte
	flows []telltale.Flow
	more  chan struct{} // closed by the next Record; nil if nobody waits
}

// Keep stores a copy of b.
func (r *Recorder) Keep(b []byte) (telltale.Digest, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.blobs == nil {
		r.blobs = map[telltale.Digest][]byte{}
	}
	d := telltale.DigestOf(b)
	r.blobs[d] = append([]byte(nil), b...)
	return d, nil
}

// Record stores a flow and gives it an ID. A flow that names bytes which were
// never kept is an error.
func (r *Recorder) Record(f telltale.Flow) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Fail != nil {
		return r.Fail
	}
	for _, m := range f.Messages {
		if _, ok := r.blobs[m.Bytes]; !ok && m.Bytes != "" {
			return fmt.Errorf("a message names %s, which was not kept", m.Bytes)
		}
	}
	f.ID = fmt.Sprintf("f%06d", len(r.flows)+1)
	r.flows = append(r.flows, f)
	if r.more != nil {
		close(r.more)
		r.more = nil
	}
	return nil
}

// Wait waits until at least n flows are recorded, or ctx is done, and
// returns those there are.
func (r *Recorder) Wait(ctx context.Context, n int) []telltale.Flow {
	for {
		r.mu.Lock()
		flows := append([]telltale.Flow(nil), r.flows...)
		if r.more == nil {
			r.more = make(chan struct{})
		}
		more := r.more
		r.mu.Unlock()
		if len(flows) >= n {
			return flows
		}
		select {
		case <-more:
		case <-ctx.Done():
			return flows
		}
	}
}

// Flows returns what was recorded so far.
func (r *Recorder) Flows() []telltale.Flow {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]telltale.Flow(nil), r.flows...)
}

// Bytes returns kept bytes, or nil.
func (r *Recorder) Bytes(d telltale.Digest) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.blobs[d]
}
