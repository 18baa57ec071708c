// Package expose looks at the places that copies go to, as anybody could:
// is the directory listed, does the key lie in it, can other people's
// records be read, have strangers left files? It asks only hosts in the
// scope, only with GET, only for directories of paths that the app itself
// had used and for what these list, and at most twenty times a host.
//
// It dials nothing itself: a Getter does, and records each request. What the
// answers mean is worked out by pure functions, so that it can be worked out
// again from the recorded bytes: ParseListing, Classify, Decode, Summarise.
//
// What strangers wrote is counted and masked. No value of theirs gets into a
// Visit; the bytes stay in the case.
package expose

import (
	"context"
	"net/http"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/peel"
)

// MostRequests is the hard budget of one host. A scenario can lower it.
const MostRequests = 20

// maxBody bounds what is read of one answer, in bytes.
const maxBody = 4 << 20

// Reply is the answer to one request.
type Reply struct {
	// Status of HTTP; Header with canonical names; Body with transfer
	// coding taken off.
	Status int
	Header http.Header
	Body   []byte
	// Flow is the ID that the request was recorded under.
	Flow string
}

// Getter sends one GET request to an http address and records it as a flow.
// It follows no redirects. An error means that there is no answer; the Reply
// may still name the flow. It is called from one goroutine.
type Getter interface {
	Get(ctx context.Context, url string) (Reply, error)
}

// Scheme is a way to open records that is already known.
type Scheme struct {
	// Path of coats of one record, outermost first. The request around it
	// ("http", "query:r") may stand in front.
	Path []string
	Key  *peel.Key // nil if the path has no cipher
}

// Target is a host to look at, and what the case knows about it.
type Target struct {
	Host string
	// Port is 80 if zero.
	Port int
	// Paths that the app requested there, as written in the request,
	// those that carried copies first.
	Paths []string
	// Schemes that copies to the host were opened with.
	Schemes []Scheme
	// Keys from elsewhere, as from the app's files. Keys found on the host
	// are tried first.
	Keys []peel.Key
	// Own are the case's own canaries and texts: they tell own records from
	// those of others, and help to find the scheme.
	Own []peel.Needle
	// Words that were typed; Known are trigger words, proven or listed.
	Words []string
	Known []string
	// Requests lowers the budget when above zero.
	Requests int
}

// Result is what was seen on one host.
type Result struct {
	// Visits in order, one for each directory.
	Visits []telltale.Visit
	// Keys found on the host.
	Keys []peel.Key
}

// Visitor carries out visits.
type Visitor struct {
	getter Getter
	opener *peel.Opener
	clock  telltale.Clock
}

// New returns a Visitor. The opener serves when no known way opens a record.
func New(g Getter, o *peel.Opener, clock telltale.Clock) *Visitor {
	return &Visitor{getter: g, opener: o, clock: clock}
}

// Visit looks at one host. What failed is in the notes; the error is that of
// ctx, and what was seen before is returned with it.
func (v *Visitor) Visit(ctx context.Context, t Target) (Result, error) {
	budget := MostRequests
	if t.Requests > 0 {
		budget = min(budget, t.Requests)
	}
	h := &host{Visitor: v, target: t, left: budget, asked: map[string]bool{}}
	for _, base := range bases(t.Paths) {
		if ctx.Err() != nil || h.left == 0 {
			break
		}
		if h.asked[base] {
			continue // seen as a sub-directory of another
		}
		h.visits = append(h.visits, h.visit(ctx, base))
	}
	return Result{Visits: h.visits, Keys: h.keys}, ctx.Err()
}

// host is one host while it is looked at.
type host struct {
	*Visitor
	target Target
	left   int
	asked  map[string]bool // paths
	keys   []peel.Key
	visits []telltale.Visit
}

// fetched is one file of the host.
type fetched struct {
	entry Entry
	body  []byte
}

// get asks for one path below the base, if the budget allows. ok is true
// for an answer 200.
func (h *host) get(ctx context.Context, visit *telltale.Visit, path string) (body []byte, ok bool) {
	if h.left == 0 || ctx.Err() != nil || h.asked[path] {
		return nil, false
	}
	h.left--
	h.asked[path] = true
	visit.Requests++
	reply, err := h.getter.Get(ctx, h.target.url(path))
	if reply.Flow != "" {
		visit.Flows = append(visit.Flows, reply.Flow)
	}
	switch {
	case err != nil:
		note(visit, "%s: no answer", named(path))
		return nil, false
	case reply.Status != http.StatusOK:
		note(visit, "%s: answered %d", named(path), reply.Status)
		return nil, false
	case len(reply.Body) > maxBody:
		note(visit, "%s: more than %d bytes, the rest was not read", named(path), maxBody)
		return reply.Body[:maxBody], true
	}
	return reply.Body, true
}

// visit looks at one directory and what it lists.
func (h *host) visit(ctx context.Context, base string) telltale.Visit {
	visit := telltale.Visit{Host: h.target.Host, Base: base, At: h.clock()}
	body, ok := h.get(ctx, &visit, base)
	if !ok {
		return visit
	}
	entries, listing := ParseListing(base, h.target.Host, body)
	if visit.Listing = listing; !listing {
		note(&visit, "%s: answered, but not with a listing", named(base))
		return visit
	}
	plan := planOf(entries)
	h.fetchKeys(ctx, &visit, plan.keys)
	logs := h.fetch(ctx, &visit, plan.logs)
	for _, dir := range plan.directories {
		body, ok := h.get(ctx, &visit, dir.Path)
		if !ok {
			continue
		}
		inner, _ := ParseListing(dir.Path, h.target.Host, body)
		entries = append(entries, inner...)
		deeper := planOf(inner)
		h.fetchKeys(ctx, &visit, deeper.keys)
		logs = append(logs, h.fetch(ctx, &visit, deeper.logs)...)
	}
	for _, file := range plan.small {
		if body, ok := h.get(ctx, &visit, file.Path); ok && looksLikeKey(body) {
			h.harvest(file.Path, body)
			markKey(entries, file.Path)
		}
	}
	visit.Entries = summaries(base, entries)
	h.recover(ctx, &visit, families(logs, entries))
	if h.left == 0 {
		note(&visit, "the budget of requests is used up; what else is listed was not asked for")
	}
	return visit
}

// fetchKeys gets key files and takes the keys out of them.
func (h *host) fetchKeys(ctx context.Context, visit *telltale.Visit, files []Entry) {
	for _, key := range files {
		if body, ok := h.get(ctx, visit, key.Path); ok {
			h.harvest(key.Path, body)
		}
	}
}

// fetch gets the log files that the budget allows.
func (h *host) fetch(ctx context.Context, visit *telltale.Visit, logs []Entry) []fetched {
	var out []fetched
	for _, log := range logs {
		if body, ok := h.get(ctx, visit, log.Path); ok {
			out = append(out, fetched{log, body})
		}
	}
	return out
}

// keysPerFile bounds the candidates from one key file.
const keysPerFile = 60

// harvest takes the keys out of a file of the host.
func (h *host) harvest(path string, body []byte) {
	if len(body) > keyFileSize {
		return
	}
	h.keys = append(h.keys, peel.Harvest("http:"+h.target.Host+path, body, keysPerFile)...)
}

// markKey notes that a file turned out to be a key.
func markKey(entries []Entry, path string) {
	for i := range entries {
		if entries[i].Path == path {
			entries[i].Kind = KindKey
		}
	}
}

// summaries are the entries as a Visit holds them, names relative to base.
func summaries(base string, entries []Entry) []telltale.Entry {
	var out []telltale.Entry
	for _, e := range entries {
		out = append(out, telltale.Entry{Name: strings.TrimPrefix(e.Path, base), Size: max(e.Size, 0), Kind: e.Kind})
	}
	return out
}
