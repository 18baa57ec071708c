package chat

import (
	"context"
	"slices"
	"sync"
)

// maxEvents wait for a slow application; further ones are dropped, except
// messages, which wait with their senders.
const maxEvents = 4096

// eventQueue hands events to the application, in order.
type eventQueue struct {
	out  chan Event
	wake chan struct{}
	// ended is closed when nothing more is handed over.
	ended chan struct{}

	mu    sync.Mutex
	items []queued
}

// queued is an event and, if somebody waits for it, whom to tell that the
// application has taken it.
type queued struct {
	Event
	taken chan struct{}
}

func newEventQueue() *eventQueue {
	return &eventQueue{out: make(chan Event), wake: make(chan struct{}, 1), ended: make(chan struct{})}
}

// push queues an event without waiting.
func (q *eventQueue) push(ev Event) { q.add(queued{Event: ev}) }

// show queues an event and waits until the application has taken it.
func (q *eventQueue) show(ctx context.Context, ev Event) error {
	taken := make(chan struct{})
	q.add(queued{ev, taken})
	select {
	case <-taken:
		return nil
	case <-ctx.Done():
	}
	if q.withdraw(taken) {
		return ctx.Err()
	}
	// It is being handed over this moment, or never will be.
	select {
	case <-taken:
	case <-q.ended:
	}
	select {
	case <-taken:
		return nil
	default:
		return ctx.Err()
	}
}

// withdraw takes an event that was not handed over yet off the queue.
func (q *eventQueue) withdraw(taken chan struct{}) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := len(q.items)
	q.items = slices.DeleteFunc(q.items, func(x queued) bool { return x.taken == taken })
	return len(q.items) < n
}

func (q *eventQueue) add(x queued) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) >= maxEvents && x.taken == nil {
		return
	}
	q.items = append(q.items, x)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// run hands events over until ctx is done, then closes the channel.
func (q *eventQueue) run(ctx context.Context) {
	defer close(q.ended)
	defer close(q.out)
	for {
		x, ok := q.next()
		if !ok {
			select {
			case <-q.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		select {
		case q.out <- x.Event:
			if x.taken != nil {
				close(x.taken)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (q *eventQueue) next() (queued, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return queued{}, false
	}
	x := q.items[0]
	q.items = q.items[1:]
	return x, true
}
