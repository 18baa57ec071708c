// Package sweep searches large captures for thousands of texts: streams in,
// finds out, at the speed at which the bytes inflate. It opens what can be
// opened without doubt and without keys, some levels deep: HTTP/1 messages,
// chunks, content codings, base64, hex, percent and JSON escapes; in each
// layer it looks for every single coding at once. What it does not open is a
// task for peel itself, on the messages that matter.
//
// Streams are cut into messages where they come in; messages are opened by
// workers. Memory is bounded by what waits and by what one worker holds.
package sweep

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"example.org/telltale/internal/peel/match"
)

// Find is one copy of a needle.
type Find struct {
	// Needle is the index into the needles.
	Needle int
	// Stream is the name that the stream was given.
	Stream string
	// Offset in the stream, where the head or the body (or piece of it)
	// begins that holds the copy; where nothing was taken off, of the copy.
	Offset int64
	// Path are the coats, the outermost first; the last may be the form or
	// coding in which the needle stands.
	Path []string

	number int
}

// Stats says what was searched.
type Stats struct {
	Streams, Messages int
	// Bytes of messages, without chunks, and bytes that came out of codings.
	Bytes, Opened int64
	// Limited counts messages that were too large to be opened to the end.
	Limited int
	// Missed is the number of finds beyond the limit.
	Missed int
}

const (
	// pieceSize is where bodies that need not be whole are cut, overlap how
	// much of a piece stands at the front of the next again.
	pieceSize = 1 << 20
	overlap   = 4 << 10
	// bodyLimit bounds bodies that must be whole to be opened.
	bodyLimit = 16 << 20
	// heldLimit bounds the bytes of all streams that wait for their message
	// to end.
	heldLimit = 48 << 20
	// openLimit bounds what comes out of the codings of one message.
	openLimit = 256 << 20
	// depthLimit is how many coats are taken off.
	depthLimit = 5
	// findLimit bounds the finds of a sweep.
	findLimit = 1 << 16
)

// Searcher holds what is looked for. Streams are fed from one goroutine.
type Searcher struct {
	set     *match.Set
	least   int // shortest run of a coding that can hold another coding
	jobs    chan *job
	free    chan *job
	workers sync.WaitGroup
	held    int // bytes of all streams that wait
	stats   Stats

	mu    sync.Mutex
	finds []Find
}

// job is a message, or a piece of one, to be opened.
type job struct {
	stream *Stream
	offset int64 // of body in the stream
	headAt int64
	head   []byte
	body   []byte
	coats  []string // what is known to be around body, the outermost first
	skip   int      // bytes of body that were searched with the piece before
}

// New starts workers, at least one, that look for needles.
func New(needles []match.Needle, workers int) *Searcher {
	workers = max(workers, 1)
	s := &Searcher{set: match.CompileCoded(needles), least: leastRun(needles), jobs: make(chan *job, 2*workers), free: make(chan *job, 4*workers)}
	for range workers {
		s.workers.Go(s.work)
	}
	return s
}

// leastRun is how long the shortest needle is in base64 in base64.
func leastRun(needles []match.Needle) int {
	least := 64
	for _, n := range needles {
		least = min(least, len(n.Text)*16/9)
	}
	return max(least, 12)
}

// Close waits for the workers and returns what was found, in the order of
// streams and offsets.
func (s *Searcher) Close() ([]Find, Stats) {
	close(s.jobs)
	s.workers.Wait()
	slices.SortFunc(s.finds, func(a, b Find) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Needle, b.Needle), slices.Compare(a.Path, b.Path))
	})
	s.finds = slices.CompactFunc(s.finds, func(a, b Find) bool {
		return a.number == b.number && a.Offset == b.Offset && a.Needle == b.Needle && slices.Equal(a.Path, b.Path)
	})
	return s.finds, s.stats
}

func (s *Searcher) work() {
	o := newOpener(s)
	for j := range s.jobs {
		o.message(j)
		if cap(j.body) <= pieceSize {
			select {
			case s.free <- j:
			default:
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Opened += o.total
	s.stats.Limited += o.limited
}

// fresh returns an empty job.
func (s *Searcher) fresh() *job {
	select {
	case j := <-s.free:
		*j = job{head: j.head[:0], body: j.body[:0]}
		return j
	default:
		return &job{}
	}
}

// found records a find.
func (s *Searcher) found(f Find) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.finds) >= findLimit {
		s.stats.Missed++
		return
	}
	f.Path = slices.DeleteFunc(f.Path, func(coat string) bool { return coat == match.UTF8 })
	for i := range f.Path {
		f.Path[i] = strings.Clone(f.Path[i])
	}
	s.finds = append(s.finds, f)
}
