package views

import (
	"fmt"
	"sync"

	"example.org/telltale"
)

// job is a complete flow that waits to be recorded.
type job struct {
	flow  telltale.Flow
	parts []*part
	// done is called when it has been recorded, or could not be.
	done func()
}

// queue records flows in the order in which they came, beside those who
// bring them: what passes does not wait for the disk. A goroutine works on it
// while there is something to do.
type queue struct {
	recorder telltale.Recorder
	most     int

	mu      sync.Mutex
	changed *sync.Cond
	jobs    []job
	working bool
	err     error
}

func newQueue(r telltale.Recorder, most int) *queue {
	q := &queue{recorder: r, most: most}
	q.changed = sync.NewCond(&q.mu)
	return q
}

// add appends a job, and waits while there are too many.
func (q *queue) add(j job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.jobs) >= q.most {
		q.changed.Wait()
	}
	q.jobs = append(q.jobs, j)
	if !q.working {
		q.working = true
		go q.work()
	}
}

// work records until there is nothing left.
func (q *queue) work() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.jobs) > 0 {
		j := q.jobs[0]
		q.jobs[0] = job{}
		q.jobs = q.jobs[1:]
		err := q.err
		q.changed.Broadcast()
		q.mu.Unlock()
		if err == nil {
			err = record(q.recorder, j)
		}
		j.done()
		q.mu.Lock()
		if q.err == nil {
			q.err = err
		}
	}
	q.working, q.jobs = false, nil
	q.changed.Broadcast()
}

// drain waits until there is nothing to record.
func (q *queue) drain() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.working {
		q.changed.Wait()
	}
}

// failed returns the error because of which nothing more can be recorded.
func (q *queue) failed() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.err
}

// record keeps the octets of a flow and records it.
func record(r telltale.Recorder, j job) error {
	for _, p := range j.parts {
		m := telltale.Message{Leg: telltale.LegApp, Out: p.out, At: p.at, Size: p.size, Cut: int64(len(p.kept)) < p.size}
		if len(p.kept) > 0 {
			var err error
			if m.Bytes, err = r.Keep(p.kept); err != nil {
				return fmt.Errorf("views: keep a message to or from %s: %w", j.flow.Host, err)
			}
		}
		j.flow.Messages = append(j.flow.Messages, m)
	}
	if err := r.Record(j.flow); err != nil {
		return fmt.Errorf("views: record a flow to %s: %w", j.flow.Host, err)
	}
	return nil
}
