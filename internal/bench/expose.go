package bench

import (
	"context"
	"encoding/hex"
	"path"
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
	"example.org/telltale/internal/expose"
	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/peel"
)

// expose looks at the hosts that copies went to over HTTP, as far as they are
// in the scope, each once a case.
func (e *engine) expose(ctx context.Context) error {
	rec := e.Case.Snapshot()
	visited := map[string]bool{}
	for _, v := range rec.Visits {
		visited[v.Host] = true
	}
	targets := e.targets(rec)
	e.Progress.Stage("expose", len(targets))
	visitor := expose.New(e.Getter, e.Opener, e.Clock)
	for i, target := range targets {
		target.Requests = budget(e.Case.Snapshot(), target.Host)
		if !visited[target.Host] && target.Requests > 0 {
			result, err := visitor.Visit(ctx, target)
			if err := e.putVisits(result); err != nil {
				return err
			}
			if err != nil {
				return err
			}
		}
		e.Progress.Step(i+1, len(targets))
	}
	return nil
}

// budget is how many requests to a host are left. What a run asked that was
// cut off before it could record its visit counts, too.
func budget(rec *telltale.Record, host string) int {
	left := expose.MostRequests
	if limit := rec.Scenario.Limits.Requests; limit > 0 {
		left = min(left, limit)
	}
	for _, f := range rec.Flows {
		if f.Sensor == sensorExpose && strings.EqualFold(f.Host, host) {
			left--
		}
	}
	return max(left, 0)
}

// putVisits records what was seen and takes the keys that lay open.
func (e *engine) putVisits(result expose.Result) error {
	for _, v := range result.Visits {
		if err := e.Case.PutVisit(v); err != nil {
			return err
		}
	}
	e.keys = append(e.keys, result.Keys...)
	return nil
}

// targets lists the hosts to look at, in the order in which they were seen.
func (e *engine) targets(rec *telltale.Record) []expose.Target {
	flows := map[string]telltale.Flow{}
	for _, f := range rec.Flows {
		flows[f.ID] = f
	}
	byHost := map[string]*expose.Target{}
	var order []string
	for _, layer := range rec.Layers {
		f := flows[layer.Flow]
		if len(layer.Probes) == 0 || f.Protocol != "http" || !inScope(rec.Scenario.Scope, f.Host) {
			continue
		}
		if byHost[f.Host] == nil {
			byHost[f.Host] = &expose.Target{
				Host: f.Host, Port: f.Port, Keys: e.keys, Own: needlesOf(rec.Probes),
				Words: rec.Scenario.Words, Known: known(rec),
			}
			order = append(order, f.Host)
		}
		e.learnTarget(byHost[f.Host], f, layer)
	}
	targets := make([]expose.Target, 0, len(order))
	for _, host := range order {
		targets = append(targets, *byHost[host])
	}
	return targets
}

// learnTarget adds the path of a request and the way its copy was opened.
func (e *engine) learnTarget(t *expose.Target, f telltale.Flow, layer telltale.Layer) {
	body, err := e.Case.Blob(f.Messages[layer.Message].Bytes)
	if err != nil {
		return
	}
	if p := flow.ParseTarget(flow.ParseRequest(body).Target).Path; p != "" && !slices.Contains(t.Paths, p) {
		t.Paths = append(t.Paths, p)
	}
	scheme := expose.Scheme{Path: layer.Path, Key: keyOf(layer)}
	same := func(s expose.Scheme) bool { return slices.Equal(s.Path, scheme.Path) }
	if !slices.ContainsFunc(t.Schemes, same) {
		t.Schemes = append(t.Schemes, scheme)
	}
}

// inScope reports whether active checks may touch a host.
func inScope(scope []string, host string) bool {
	return slices.ContainsFunc(scope, func(pattern string) bool {
		ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(host))
		return err == nil && ok
	})
}

// known lists the words that are known to set the app off: proven ones and
// those on the lists it fetched.
func known(rec *telltale.Record) []string {
	var words []string
	for _, iso := range rec.Isolations {
		if iso.Exact && attribute.CheckCertificate(rec, iso) == nil {
			words = append(words, iso.Words...)
		}
	}
	for _, layer := range rec.Layers {
		words = append(words, layer.List...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// keyOf is the key that a layer was opened with; nil if there was none.
func keyOf(layer telltale.Layer) *peel.Key {
	raw, err := decodeKey(layer.Key)
	if err != nil || len(raw) == 0 {
		return nil
	}
	return &peel.Key{Bytes: raw, Source: layer.KeySource}
}

// decodeKey reads the key of a layer; no text gives no bytes.
func decodeKey(text string) ([]byte, error) { return hex.DecodeString(text) }
