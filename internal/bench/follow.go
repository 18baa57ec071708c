package bench

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/peel"
)

// sensorExpose names the flows of our own active checks.
const sensorExpose = "expose"

// follower opens what the sensors recorded and writes down the layers.
type follower struct {
	scenario *telltale.Scenario
	store    *casefile.Case
	opener   *peel.Opener
	lists    func(telltale.Flow, func(telltale.Digest) ([]byte, error)) []ListCandidate
	// next is the first flow that was not looked at.
	next int
	// locked are jobs that were looked at in vain; more keys may open them.
	locked []job
	// keys is the number of keys that locked was tried with.
	keys int
	// layers and listed tell what is written already.
	layers, listed map[string]bool
	// scans counts the messages to each host that keys were looked for with
	// in all of the app's files.
	scans map[string]int
	// copied tells which probes were seen to be copied, hosts where to.
	copied map[string]bool
	hosts  map[string]map[string]bool
}

// job is one message to open.
type job struct {
	flow    telltale.Flow
	message int
	bytes   []byte
	list    bool
	// rests are what was left when it was looked at in vain.
	rests []peel.Rest
}

func newFollower(cfg Config) *follower {
	f := &follower{
		scenario: &cfg.Scenario, store: cfg.Case, opener: cfg.Opener, lists: cfg.Lists,
		layers: map[string]bool{}, listed: map[string]bool{}, copied: map[string]bool{}, hosts: map[string]map[string]bool{}, scans: map[string]int{},
	}
	rec := cfg.Case.Snapshot()
	flows := map[string]string{}
	for i := range rec.Flows {
		flows[rec.Flows[i].ID] = attribute.HostOf(&rec.Flows[i])
	}
	for _, layer := range rec.Layers {
		f.layers[layerKey(layer)] = true
		f.mark(layer, flows[layer.Flow])
	}
	return f
}

func layerKey(l telltale.Layer) string {
	return fmt.Sprintf("%s/%d/%d/%s", l.Flow, l.Message, l.Offset, strings.Join(l.Path, "›"))
}

// mark takes down whom a layer shows to be copied to a host.
func (f *follower) mark(l telltale.Layer, host string) {
	for _, id := range l.Probes {
		f.copied[id] = true
		if f.hosts[id] == nil {
			f.hosts[id] = map[string]bool{}
		}
		f.hosts[id][host] = true
	}
}

// open looks at every flow recorded since the last call, and again at those
// that did not open if there are new keys.
func (f *follower) open(ctx context.Context, keys []peel.Key) error {
	rec := f.store.Snapshot()
	jobs, err := f.fresh(rec)
	if err != nil {
		return err
	}
	if len(keys) > f.keys {
		jobs = append(f.locked, jobs...)
		f.locked, f.keys = nil, len(keys)
	}
	needles := needlesOf(rec.Probes)
	results := make([]peel.Result, len(jobs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for i, job := range jobs {
		group.Go(func() error {
			results[i] = f.opener.Open(ctx, f.peelJob(job, needles, keys))
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return f.write(jobs, results)
}

// fresh lists the messages of new flows that may hold copies or lists.
func (f *follower) fresh(rec *telltale.Record) ([]job, error) {
	var jobs []job
	for ; f.next < len(rec.Flows); f.next++ {
		flow := rec.Flows[f.next]
		if !attribute.Outside(f.scenario, &flow) {
			continue
		}
		out, err := f.outgoing(flow)
		if err != nil {
			return nil, err
		}
		jobs = append(append(jobs, out...), f.offered(flow)...)
	}
	return jobs, nil
}

func (f *follower) outgoing(flow telltale.Flow) ([]job, error) {
	var jobs []job
	for i, m := range flow.Messages {
		if !m.Out || m.Leg != telltale.LegApp || m.Bytes == "" {
			continue
		}
		b, err := f.store.Blob(m.Bytes)
		if err != nil {
			return nil, fmt.Errorf("reading back evidence: %w", err)
		}
		jobs = append(jobs, job{flow: flow, message: i, bytes: b})
	}
	return jobs, nil
}

// offered lists responses that may be word lists, each content once a host.
func (f *follower) offered(flow telltale.Flow) []job {
	var jobs []job
	for _, candidate := range f.lists(flow, f.store.Blob) {
		key := flow.Host + " " + string(telltale.DigestOf(candidate.Body))
		if f.listed[key] {
			continue
		}
		f.listed[key] = true
		jobs = append(jobs, job{flow: flow, message: candidate.Message, bytes: candidate.Body, list: true})
	}
	return jobs
}

// needlesOf gives what to look for: both canaries of every probe, and the
// whole text for copies that were hashed.
func needlesOf(probes []telltale.Probe) []peel.Needle {
	needles := make([]peel.Needle, 0, 3*len(probes))
	for _, p := range probes {
		for _, text := range []string{p.Canary.Latin, p.Canary.CJK, p.Text} {
			if len(text) < leastNeedle {
				continue
			}
			needles = append(needles, peel.Needle{Probe: p.ID, Text: text})
		}
	}
	return needles
}

func (f *follower) peelJob(j job, needles []peel.Needle, keys []peel.Key) peel.Job {
	pj := peel.Job{Bytes: j.bytes, Keys: keys, Words: f.scenario.Words, ExpectList: j.list}
	if !j.list {
		pj.Needles = literal(j.bytes, needles)
	}
	return pj
}

// literal keeps the needles of those probes one of whose needles stands in
// the bytes as it is, as in most copies that nobody hides; all if there is
// none. To look for all probes of a case takes long.
func literal(b []byte, needles []peel.Needle) []peel.Needle {
	seen := map[string]bool{}
	for _, n := range needles {
		if n.Text != "" && bytes.Contains(b, []byte(n.Text)) {
			seen[n.Probe] = true
		}
	}
	if len(seen) == 0 {
		return needles
	}
	return slices.DeleteFunc(slices.Clone(needles), func(n peel.Needle) bool { return !seen[n.Probe] })
}

func (f *follower) write(jobs []job, results []peel.Result) error {
	probes := map[string]telltale.Probe{}
	for _, p := range f.store.Snapshot().Probes {
		probes[p.ID] = p
	}
	for i, job := range jobs {
		if len(results[i].Finds) == 0 {
			job.rests = results[i].Rests
			f.locked = append(f.locked, job)
		}
		for _, find := range results[i].Finds {
			if find.Probes = f.certain(find, probes); len(find.Probes)+len(find.List) == 0 {
				continue
			}
			if err := f.writeFind(job, find); err != nil {
				return err
			}
		}
	}
	return nil
}

// certain keeps the probes of a find whose marks whoever checks the case will
// find again. What cannot be checked is not stated.
func (f *follower) certain(find peel.Find, probes map[string]telltale.Probe) []string {
	if len(find.Probes) == 0 || hashed(find.Path) {
		return find.Probes
	}
	named := make([]telltale.Probe, len(find.Probes))
	for i, id := range find.Probes {
		named[i] = probes[id]
	}
	var before []byte
	if n := len(find.Steps); n > 0 {
		before = find.Steps[n-1]
	}
	seen := marksIn(f.opener, find.Bytes, before, named)
	return slices.DeleteFunc(slices.Clone(find.Probes), func(id string) bool { return !seen[id] })
}

func (f *follower) writeFind(j job, find peel.Find) error {
	layer := telltale.Layer{
		Flow: j.flow.ID, Message: j.message, Path: find.Path, Offset: find.Offset,
		Score: find.Score, Probes: find.Probes, List: find.List,
	}
	if find.Key != nil {
		layer.Key, layer.KeySource = hex.EncodeToString(find.Key.Bytes), find.Key.Source
	}
	f.mark(layer, attribute.HostOf(&j.flow))
	return f.put(layer, find.Bytes, find.Steps)
}

// put keeps a layer and its bytes, once.
func (f *follower) put(layer telltale.Layer, b []byte, steps [][]byte) error {
	if f.layers[layerKey(layer)] {
		return nil
	}
	f.layers[layerKey(layer)] = true
	var err error
	if layer.Bytes, err = f.store.Keep(b); err != nil {
		return err
	}
	for _, step := range steps {
		digest, err := f.store.Keep(step)
		if err != nil {
			return err
		}
		layer.Steps = append(layer.Steps, digest)
	}
	return f.store.PutLayer(layer)
}

// longest is the longest time seen between a message and its copy.
func (f *follower) longest(rec *telltale.Record) time.Duration {
	var longest time.Duration
	for _, copies := range attribute.Copies(rec) {
		for _, c := range copies {
			longest = max(longest, c.Delay)
		}
	}
	return longest
}

// followUp waits for the last copies.
func (e *engine) followUp(ctx context.Context) error {
	e.Progress.Stage("follow", 0)
	return e.listen(ctx, e.Scenario.Window)
}
