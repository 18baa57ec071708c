package peel

import (
	"container/heap"
	"context"
	"fmt"
	"hash/maphash"
	"slices"
)

// Opener runs searches with one table of peelers. It may be used
// concurrently.
type Opener struct {
	peelers []Peeler
	memo    cribMemo
}

// New returns an opener that asks the peelers in the order given.
func New(peelers []Peeler) *Opener { return &Opener{peelers: slices.Clone(peelers)} }

const (
	layerLimit = 16 << 20 // bytes of one decoded layer
	fanLimit   = 400      // candidates taken from one peeler for one layer
	done       = 2        // above every score
	guess      = 0.1      // a path below may well be none
	sure       = 0.9      // a bid that makes others needless
)

// Open searches job.Bytes. It ends when everything was looked into, when the
// budget is spent, or when ctx is done; the last two leave a NoteLimit.
func (o *Opener) Open(ctx context.Context, job Job) Result {
	s := &search{
		ctx: ctx, job: job, peelers: o.peelers, budget: job.Budget.withDefaults(len(job.Bytes)),
		cribs: o.memo.get(job.Needles, job.Words),
		seed:  maphash.MakeSeed(), seen: map[uint64]float64{},
		salt: map[saltPlace]*Key{}, ring: keyring{fish: fishTank{}},
	}
	s.push(&node{bytes: job.Bytes, length: len(job.Bytes), raw: true, score: 1})
	for s.queue.Len() > 0 || s.unlock() {
		if s.nodes++; s.nodes > s.budget.Nodes || ctx.Err() != nil {
			s.note(NoteLimit, 0, fmt.Sprintf("stopped after %d layers, %d left unopened", s.nodes-1, s.queue.Len()))
			break
		}
		n := heap.Pop(&s.queue).(*node)
		if s.seen[n.id] != done {
			s.seen[n.id] = done
			s.visit(n)
		}
	}
	return s.result()
}

// node is a layer that waits to be looked into.
type node struct {
	bytes  []byte
	path   []string
	steps  [][]byte
	parent *node
	// from and length are the part of the job's bytes that this came from;
	// offset is where in it the outermost coat begins.
	from, length, offset int
	// raw: bytes stand in the job's bytes as they are.
	raw   bool
	score float64
	key   *Key
	order int
	id    uint64
	// unlocked: a key of a file, or one of the list, opened it after all;
	// deepened: the slow tests of listed keys were done.
	unlocked, deepened bool
	// part: it is a part of its parent; values are its own short parts.
	part   bool
	values [][]byte
	// derives: the cheap recipes, and the slow ones, were tried.
	derives [2]bool
}

// derived reports whether a key on the path was computed, not found.
func (n *node) derived() bool { return n.key != nil && n.key.Source == SourceDerived }

// search is the state of one Open.
type search struct {
	ctx     context.Context
	job     Job
	peelers []Peeler
	budget  Budget
	cribs   *Cribs
	queue   nodeQueue
	seed    maphash.Seed
	// seen holds the best score of each layer queued, or done.
	seen  map[uint64]float64
	nodes int
	order int
	spent int64
	found findings
	notes []Note
	// sealed are layers that nothing opened so far; scanned says that keys
	// for them were looked for in the key files.
	sealed  []*node
	scanned bool
	// deep counts the layers that the slow tests of listed keys were done on.
	deep int
	// derived counts the layers on which cheap and slow recipes were tried,
	// deriveSpent what that cost. texts are those of the key files.
	derived     [2]int
	deriveSpent int64
	texts       []secret
	// salts counts the layers that salted digests were looked for in.
	salts int
	salt  map[saltPlace]*Key
	ring  keyring
	// repeating are layers whose blocks repeat.
	repeating []*node
}

// visit reports what is in a layer and queues what is under it.
func (s *search) visit(n *node) {
	shape := ShapeOf(n.bytes)
	message := isHTTP(n.bytes)
	if s.job.ExpectList {
		s.reportList(n, shape)
	}
	if len(n.path) >= s.budget.Depth {
		if n.score > guess {
			s.note(NoteLimit, n.offset, fmt.Sprintf("deeper than %d coats", s.budget.Depth))
		}
		s.report(n, s.hits(n), false)
		return
	}
	hits := s.hits(n)
	opened := s.peel(n, shape, len(hits) > 0)
	turned := len(n.path) > 0 && n.path[len(n.path)-1] == "reverse-bytes" // it would show as well before
	if !opened && !message && !turned && n.key == nil && n.score >= codebookSure && codebook(n.bytes, shape) != "" {
		s.repeating = append(s.repeating, n)
	}
	s.report(n, hits, message || opened && !shape.Text())
}

// codebookSure is the least score of a path under which repeating blocks say
// something: what comes of noise by a wrong coating repeats as well.
const codebookSure = 0.4

// peel asks every peeler in turn, and reports whether one of them explains
// the layer as a whole. Where a needle can be read, no cipher is tried.
func (s *search) peel(n *node, shape Shape, read bool) bool {
	in := s.input(n, shape)
	message := isHTTP(n.bytes)
	if read {
		in.Best = sure
	}
	split, opened := false, false
	escaped := len(n.bytes) > escapeBytes && !shape.Text() && n.unescaped()
	for _, p := range s.peelers {
		parts := false
		if message && p.Name() != "http" || escaped && isEscape(p) {
			continue // its parts tell more, or it has been looked at
		}
		in.Limit = int(min(layerLimit, s.budget.Bytes-s.spent))
		if in.Limit <= 0 {
			s.note(NoteLimit, n.offset, fmt.Sprintf("more than %d decoded bytes", s.budget.Bytes))
			return false
		}
		for i, c := range p.Peel(in) {
			if i == fanLimit {
				s.note(NoteLimit, n.offset, fmt.Sprintf("%s: more than %d parts", p.Name(), fanLimit))
				break
			}
			if c.Whole {
				in.Best = max(in.Best, c.Score)
				opened = opened || c.Score >= 0.8
			}
			if split && !c.Part && !c.Whole {
				c.Score *= 0.9 // a named part tells more than a run within it
			}
			parts = parts || c.Part
			s.take(n, c)
		}
		split = split || parts
	}
	if !opened && in.sealed() {
		s.sealed = append(s.sealed, n)
	}
	return opened
}

// input is what peelers are told about a layer.
func (s *search) input(n *node, shape Shape) Input {
	return Input{
		Bytes: n.bytes, Under: n.path, Keys: s.job.Keys, Cribs: s.cribs, Shape: shape,
		List: s.job.ExpectList, Context: s.ctx, Sure: n.score, Derived: n.derived(), ring: &s.ring,
	}
}

// escapeBytes is how much of other bytes than text may go through one escape
// after the other: each changes little, and all orders of them are many.
const escapeBytes = 16 << 10

func isEscape(p Peeler) bool {
	_, ok := p.(textPeeler)
	return ok
}

// unescaped reports whether an escape of the whole layer came off before.
func (n *node) unescaped() bool {
	return n.parent != nil && len(n.path) > 0 && slices.ContainsFunc(textPeelers(), func(p Peeler) bool { return p.Name() == n.path[len(n.path)-1] })
}

// take queues one candidate.
func (s *search) take(n *node, c Candidate) {
	child := &node{
		bytes: c.Bytes, parent: n, score: n.score * c.Score, key: n.key,
		path: append(slices.Clone(n.path), c.Coats...), steps: slices.Clone(n.steps),
		from: n.from, length: n.length, offset: n.offset,
	}
	child.part = c.Part || c.Length > 0 && c.Length < len(n.bytes)
	if c.Part && len(c.Bytes) <= besideLong && len(n.values) < besideMost {
		n.values = append(n.values, c.Bytes)
	}
	for range c.Coats {
		child.steps = append(child.steps, n.step(c))
	}
	if c.Key != nil {
		child.key = c.Key
	}
	if n.raw {
		child.offset += c.Offset
		if c.Length > 0 {
			child.from, child.length = child.offset, c.Length
		}
		child.raw = s.standsAt(child.bytes, child.offset)
	}
	if c.Note != "" {
		s.note(c.Note, child.offset, c.Coats[len(c.Coats)-1])
	}
	if s.returns(n, c) {
		s.note(NoteCycle, child.offset, c.Coats[len(c.Coats)-1]+" unpacks to itself")
		return
	}
	if len(c.Bytes) > 0 {
		s.push(child)
	}
}

// step is what stood before a candidate's coats: the whole layer for a part
// that is found by its name, and else the run that was read.
func (n *node) step(c Candidate) []byte {
	if c.Part || c.Length == 0 {
		return n.bytes
	}
	return n.bytes[c.Offset : c.Offset+c.Length]
}

// standsAt reports whether b stands in the job's bytes at an offset as is.
func (s *search) standsAt(b []byte, offset int) bool {
	all := s.job.Bytes
	return len(b) > 0 && offset+len(b) <= len(all) && &all[offset] == &b[0]
}

// returns reports whether a candidate is the same bytes as a layer above.
// Parts of messages do not count: taking them out changes nothing.
func (s *search) returns(n *node, c Candidate) bool {
	if c.Whole && isContainer(c.Coats[0]) {
		return false
	}
	for ; n != nil; n = n.parent {
		if len(n.bytes) == len(c.Bytes) && len(c.Bytes) > 16 && string(n.bytes) == string(c.Bytes) {
			return true
		}
	}
	return false
}

// push queues a layer, unless equal bytes of the same place were queued with
// as good a score.
func (s *search) push(n *node) {
	n.id = maphash.Bytes(s.seed, n.bytes) ^ uint64(n.offset)*0x9E3779B97F4A7C15
	old, again := s.seen[n.id]
	if again && old >= n.score {
		return
	}
	s.seen[n.id] = n.score
	if !n.raw && !again {
		s.spent += int64(len(n.bytes))
	}
	s.order++
	n.order = s.order
	heap.Push(&s.queue, n)
}

const noteLimit = 200

// note keeps a note once for each kind and place.
func (s *search) note(kind string, offset int, detail string) {
	for _, n := range s.notes {
		if n.Kind == kind && (n.Offset == offset || kind == NoteLimit && n.Detail == detail) {
			return
		}
	}
	if len(s.notes) < noteLimit {
		s.notes = append(s.notes, Note{kind, offset, detail})
	}
}

// nodeQueue is a heap: best score first, then the order of coming.
type nodeQueue []*node

func (q nodeQueue) Len() int { return len(q) }
func (q nodeQueue) Less(i, j int) bool {
	if q[i].score != q[j].score {
		return q[i].score > q[j].score
	}
	return q[i].order < q[j].order
}
func (q nodeQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *nodeQueue) Push(x any)   { *q = append(*q, x.(*node)) }
func (q *nodeQueue) Pop() any {
	last := len(*q) - 1
	n := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return n
}
