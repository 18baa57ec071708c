package bench

import (
	"context"

	"example.org/telltale"
	"example.org/telltale/internal/peel"
)

const (
	// scansPerHost is how many sealed messages to one host the app's files are
	// searched for keys for: each takes seconds, and one key opens the others.
	scansPerHost = 2
	// sealedPerHost is how many sealed messages to one host are written down.
	sealedPerHost = 50
)

// unseal is the last resort for messages that nothing opened: it tries the
// bytes at every place of the app's files as keys. What opens one message is
// tried on all from then on.
func (e *engine) unseal(ctx context.Context) error {
	if len(e.keyFiles) == 0 {
		return nil
	}
	found := e.follow.scan(ctx, e.keyFiles)
	if len(found) == 0 {
		return cutShort(ctx, ctx.Err())
	}
	e.keys = append(e.keys, found...)
	return e.follow.open(ctx, e.keys)
}

// scan looks for keys to a few of the messages that stayed shut.
func (f *follower) scan(ctx context.Context, files []peel.KeyFile) []peel.Key {
	var keys []peel.Key
	needles := needlesOf(f.store.Snapshot().Probes)
	for _, j := range f.locked {
		if j.list || len(j.rests) == 0 || f.scans[j.flow.Host] >= scansPerHost {
			continue
		}
		f.scans[j.flow.Host]++
		job := f.peelJob(j, needles, nil)
		job.KeyFiles = files
		for _, find := range f.opener.Open(ctx, job).Finds {
			if find.Key != nil && find.Key.Source != peel.SourceDerived {
				keys = append(keys, *find.Key)
			}
		}
	}
	return keys
}

// seal writes down what stayed shut, for the statement to look at.
func (f *follower) seal() error {
	written := map[string]int{}
	for _, j := range f.locked {
		for _, rest := range j.rests {
			if j.list || written[j.flow.Host] >= sealedPerHost {
				break
			}
			written[j.flow.Host]++
			layer := telltale.Layer{Flow: j.flow.ID, Message: j.message, Path: rest.Path, Offset: rest.Offset, Score: rest.Score}
			if err := f.put(layer, rest.Bytes, rest.Steps); err != nil {
				return err
			}
		}
	}
	return nil
}
