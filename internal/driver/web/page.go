package web

import (
	"context"
	"fmt"
	"slices"

	"example.org/telltale/internal/driver/ends"
)

// page is what was read of a thread.
type page struct {
	// items as they stood there, the oldest first, and the names known.
	items []item
	ids   map[string]bool
	// done: nothing more is expected there.
	done bool
	// barred: the account was refused here, and that was said.
	barred bool
	// faults count answers that came to nothing, in a row.
	faults int
}

// item is one message on a page.
type item struct{ id, from, text string }

// extract finds the messages in an answer, the oldest first.
func (q *reading) extract(in found, r *response) ([]item, error) {
	all, err := q.items.all(in, r.header)
	if err != nil {
		return nil, fmt.Errorf("looking for messages: %w", err)
	}
	var out []item
	for _, f := range all {
		it := item{text: f.text}
		for x, into := range map[*extractor]*string{q.text: &it.text, q.from: &it.from, q.id: &it.id} {
			if x == nil {
				continue
			}
			if *into, _, err = x.first(f, r.header); err != nil {
				return nil, fmt.Errorf("looking into a message: %w", err)
			}
		}
		if q.ignore == nil || !q.ignore.MatchString(it.text) {
			out = append(out, it)
		}
	}
	if q.newestFirst {
		slices.Reverse(out)
	}
	return out, nil
}

// news takes in how the page stands now, and gives the items that are new:
// those with new names; without names those after the longest run that was
// there at the end before, or else those that are there more often.
func (p *page) news(now []item) []item {
	before := p.items
	p.items = now
	if slices.ContainsFunc(now, func(it item) bool { return it.id != "" }) {
		return slices.DeleteFunc(slices.Clone(now), func(it item) bool {
			old := p.ids[it.id]
			p.ids[it.id] = true
			return old
		})
	}
	for skip := range before {
		rest := before[skip:]
		if len(rest) <= len(now) && slices.Equal(rest, now[:len(rest)]) {
			return now[len(rest):]
		}
	}
	count := map[item]int{}
	for _, it := range before {
		count[it]++
	}
	return slices.DeleteFunc(slices.Clone(now), func(it item) bool {
		count[it]--
		return count[it] >= 0
	})
}

// report tells of an item that is new, unless the account wrote it.
func (e *End) report(p *page, name string, it item) {
	if e.myself(it.from) || e.wrote(it.text) {
		return
	}
	p.done = name != ""
	ref := it.id
	if ref == "" {
		ref = name
	}
	e.event(ends.Event{Kind: ends.Arrived, From: it.from, Text: it.text, Ref: ref})
}

// wrote reports, once for each time, whether the account put a text itself.
func (e *End) wrote(text string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.own[text] == 0 {
		return false
	}
	if e.own[text]--; e.own[text] == 0 {
		delete(e.own, text)
	}
	return true
}

// after notes what was put, so that the account does not take it for an
// arrival: the page that both read shows it to the sender too.
func (e *End) after(ctx context.Context, p *place, values map[string]string) error {
	if len(p.thread) > 0 {
		e.cfg.Threads.begin(values["thread"], e.cfg.Account.Name)
		return nil
	}
	if e.rules.read.stream != "" || e.rules.read.from != nil {
		if e.rules.read.from == nil {
			e.mu.Lock()
			e.own[values["text"]]++
			e.mu.Unlock()
		}
		return nil
	}
	return e.swallow(ctx, values["text"])
}

// swallow reads the page after a message of the account's own, and takes that
// one for known: as it was put, or as what has become of it.
func (e *End) swallow(ctx context.Context, text string) error {
	p := e.pages[""]
	before := p.items
	items, m, _, err := e.load(ctx, "")
	if err != nil || m != accepted {
		return err
	}
	probe := page{items: before, ids: p.ids}
	fresh := probe.news(items)
	own := slices.IndexFunc(fresh, func(it item) bool { return it.text == text })
	if own < 0 && len(fresh) == 1 {
		own = 0
	}
	p.items = items
	for i, it := range fresh {
		if i != own {
			e.report(p, "", it)
		}
	}
	return nil
}
