package redact

import (
	"context"
	"slices"

	"example.org/telltale"
	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/peel/match"
)

// blobs decides which blobs are withheld because something can be read in
// them, each searched to the bottom.
func (b *builder) blobs(ctx context.Context) error {
	all := b.src.blobs()
	verdicts := make([]string, len(all))
	done := 0
	tell := func() {}
	if b.plan.opts.Progress != nil {
		tell = func() { done++; b.plan.opts.Progress(done, len(all)) }
	}
	err := each(ctx, len(all), func(i int) error {
		rule, err := b.searchBlob(ctx, all[i])
		b.search.mu.Lock()
		defer b.search.mu.Unlock()
		verdicts[i] = rule
		tell()
		return err
	})
	if err != nil {
		return err
	}
	for i, rule := range verdicts {
		if rule != "" {
			b.plan.withhold(all[i], rule)
		}
	}
	return b.spread(ctx, all)
}

// searchBlob returns the rule by which a blob is withheld, or "".
func (b *builder) searchBlob(ctx context.Context, d telltale.Digest) (string, error) {
	if b.plan.blobs[d] != "" {
		return "", nil
	}
	content, err := b.src.Blob(d)
	if err != nil {
		return "", err
	}
	f, err := b.search.deep(ctx, content)
	if f == nil || err != nil {
		return "", err
	}
	return b.search.rule(f), nil
}

// spread withholds what blobs that are withheld were made of, and blobs that
// hold them whole: with the keys and paths that the case names, what is in
// them could be read again.
func (b *builder) spread(ctx context.Context, all []telltale.Digest) error {
	for {
		steps := b.upwards()
		more, err := b.holders(ctx, all, steps)
		if err != nil || !more {
			return err
		}
	}
}

// Lengths in bytes of steps that are looked for in other blobs; of longer ones
// the beginning is.
const (
	leastStep = 16
	mostStep  = 4096
)

// upwards withholds the blobs before a withheld one in each layer's chain, and
// returns those that stand for themselves.
func (b *builder) upwards() []telltale.Digest {
	var steps []telltale.Digest
	for _, l := range b.src.Record.Layers {
		chain := b.src.chain(l)
		rule := ""
		for i, d := range slices.Backward(chain) {
			if rule != "" {
				b.plan.withhold(d, rule)
				steps = append(steps, chain[i])
			}
			if its := b.plan.blobs[d]; rule == "" && its != "" && its != RuleUncited {
				rule = its
				steps = append(steps, d)
			}
		}
	}
	slices.Sort(steps)
	return slices.Compact(steps)
}

// holders withholds blobs in which one of the steps stands.
func (b *builder) holders(ctx context.Context, all, steps []telltale.Digest) (bool, error) {
	var needles []peel.Needle
	for _, d := range steps {
		if d == "" {
			continue
		}
		content, err := b.src.Blob(d)
		if err != nil {
			return false, err
		}
		if len(content) >= leastStep {
			needles = append(needles, peel.Needle{Probe: b.plan.blobs[d], Text: string(content[:min(len(content), mostStep)])})
		}
	}
	if len(needles) == 0 {
		return false, nil
	}
	set := match.CompileExact(needles)
	verdicts := make([]string, len(all))
	err := each(ctx, len(all), func(i int) error {
		if b.plan.blobs[all[i]] != "" {
			return nil
		}
		content, err := b.src.Blob(all[i])
		if hits := set.Find(content, 1); err == nil && len(hits) > 0 {
			verdicts[i] = needles[hits[0].Needle].Probe
		}
		return err
	})
	more := false
	for i, rule := range verdicts {
		if rule != "" {
			b.plan.withhold(all[i], rule)
			more = true
		}
	}
	return more, err
}
