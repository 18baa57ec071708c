package bench

import (
	"context"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/expose"
	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/unpack"
)

// leastSealed is the length in bytes from which on ciphertext may hold a
// message; digests and tokens are shorter.
const leastSealed = 40

// askForKeys is for an app none of whose copies could be read, because its own
// files hold no key: the places within the scope that ciphertext went to are
// looked at early, since they may give the key away. It ends with the first
// one whose key opens a copy. A place is visited once a case, and the budget of
// requests is the same.
func (e *engine) askForKeys(ctx context.Context) error {
	if len(e.follow.copied) > 0 || e.Getter == nil {
		return nil
	}
	// The app's own files come first: a key in them is a finding of its own.
	if err := e.unseal(ctx); err != nil || len(e.follow.copied) > 0 {
		return err
	}
	rec := e.Case.Snapshot()
	visited := map[string]bool{}
	for _, v := range rec.Visits {
		visited[v.Host] = true
		e.keys = append(e.keys, keysOf(v)...)
	}
	if len(visited) > 0 { // a run that was cut off after it
		if err := e.follow.open(ctx, e.keys); err != nil || len(e.follow.copied) > 0 {
			return cutShort(ctx, err)
		}
	}
	visitor := expose.New(e.Getter, e.Opener, e.Clock)
	for _, target := range e.sealedTargets(rec) {
		target.Requests = budget(e.Case.Snapshot(), target.Host)
		if visited[target.Host] || target.Requests == 0 {
			continue
		}
		result, err := visitor.Visit(ctx, target)
		if perr := e.putVisits(result); perr != nil {
			return perr
		}
		if err != nil {
			return cutShort(ctx, err)
		}
		if err := e.follow.open(ctx, e.keys); err != nil || len(e.follow.copied) > 0 {
			return cutShort(ctx, err)
		}
	}
	return nil
}

// keysOf are the keys that opened what a visit read.
func keysOf(v telltale.Visit) []peel.Key {
	var out []peel.Key
	for _, r := range v.Recovered {
		if b, err := decodeKey(r.Key); err == nil && len(b) > 0 && r.Records > 0 {
			out = append(out, peel.Key{Bytes: b, Source: r.KeySource})
		}
	}
	return out
}

// sealedTargets lists the hosts in the scope that ciphertext of the length of
// a message went to over HTTP, in the order in which they were seen.
func (e *engine) sealedTargets(rec *telltale.Record) []expose.Target {
	var out []expose.Target
	at := map[string]int{}
	for _, j := range e.follow.locked {
		if j.list || !j.mayHoldMessage() || j.flow.Protocol != "http" || !inScope(rec.Scenario.Scope, j.flow.Host) {
			continue
		}
		path := flow.ParseTarget(flow.ParseRequest(j.bytes).Target).Path
		if path == "" {
			continue
		}
		host := strings.ToLower(j.flow.Host)
		i, ok := at[host]
		if !ok {
			i = len(out)
			at[host] = i
			out = append(out, expose.Target{
				Host: j.flow.Host, Port: j.flow.Port, Keys: e.keys, Own: needlesOf(rec.Probes),
				Words: rec.Scenario.Words, Known: known(rec),
			})
		}
		out[i].Paths = appendNew(out[i].Paths, path)
	}
	return out
}

func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// mayHoldMessage reports whether ciphertext was left that is long enough.
func (j job) mayHoldMessage() bool {
	for _, rest := range j.rests {
		if len(rest.Bytes) >= leastSealed {
			return true
		}
	}
	return false
}

// takeParts takes keys from what is inside an app's file, if it is an archive
// or an installer: as candidates, and all parts together as one more file to
// search by place.
func (e *engine) takeParts(source string, b []byte) error {
	left := maxKeys
	var joined []byte
	// What cannot be unpacked is no worse off: the file itself was taken.
	_, err := unpack.Walk(source, b, unpack.Options{}, func(p unpack.Part) error {
		if p.Depth == 0 || p.Packed || len(joined)+len(p.Bytes) > maxHarvest {
			return nil
		}
		keys := peel.Harvest(p.Name, p.Bytes, left)
		left -= len(keys)
		e.keys = append(e.keys, keys...)
		joined = append(append(joined, p.Bytes...), make([]byte, partGap)...)
		return nil
	})
	if len(joined) > 0 {
		e.keyFiles = append(e.keyFiles, peel.KeyFile{Name: source + " (unpacked)", Bytes: joined})
	}
	return err
}

// partGap keeps keys from being read across two parts.
const partGap = 64
