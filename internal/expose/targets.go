package expose

import (
	"cmp"
	"encoding/hex"
	"path"
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/peel"
)

// sensorExpose is the sensor's name in flows of earlier visits.
const sensorExpose = "expose"

// Targets lists the hosts of the scope that the app spoke plain HTTP with,
// those first that got copies, with what the record knows of them. body
// returns kept bytes. Keys of the app's files are for the caller to add.
func Targets(rec *telltale.Record, body func(telltale.Digest) ([]byte, error)) []Target {
	g := gathered{byHost: map[string]*Target{}, copied: map[string]bool{}, paths: map[string]bool{}}
	layers := map[string][]telltale.Layer{}
	for _, l := range rec.Layers {
		if len(l.Probes) > 0 {
			layers[l.Flow] = append(layers[l.Flow], l)
		}
	}
	for _, copies := range []bool{true, false} {
		for _, f := range rec.Flows {
			if copies == (len(layers[f.ID]) > 0) && inScope(rec.Scenario.Scope, f) {
				g.add(f, layers[f.ID], body)
			}
		}
	}
	own, known := needles(rec.Probes), knownWords(rec)
	for _, t := range g.order {
		t.Own, t.Known, t.Words, t.Requests = own, known, rec.Scenario.Words, rec.Scenario.Limits.Requests
	}
	slices.SortStableFunc(g.order, func(a, b *Target) int {
		return cmp.Or(-compareBool(g.copied[a.Host], g.copied[b.Host]), cmp.Compare(a.Host, b.Host))
	})
	var out []Target
	for _, t := range g.order {
		out = append(out, *t)
	}
	return out
}

func compareBool(a, b bool) int {
	if a == b {
		return 0
	}
	if a {
		return 1
	}
	return -1
}

// inScope reports whether a flow's host may be asked, and was asked in clear.
func inScope(scope []string, f telltale.Flow) bool {
	if f.Sensor == sensorExpose || f.Protocol != "http" || f.Host == "" {
		return false
	}
	return slices.ContainsFunc(scope, func(pattern string) bool {
		ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(f.Host))
		return ok && err == nil
	})
}

// gathered are targets while flows are read.
type gathered struct {
	byHost map[string]*Target
	order  []*Target
	copied map[string]bool
	paths  map[string]bool
}

// mostPaths bounds the paths of one host.
const mostPaths = 200

func (g *gathered) add(f telltale.Flow, layers []telltale.Layer, body func(telltale.Digest) ([]byte, error)) {
	name := strings.ToLower(f.Host)
	t := g.byHost[name]
	if t == nil {
		t = &Target{Host: name, Port: f.Port}
		g.byHost[name] = t
		g.order = append(g.order, t)
	}
	for _, m := range f.Messages {
		if !m.Out || m.Leg != telltale.LegApp || len(t.Paths) >= mostPaths {
			continue
		}
		if b, err := body(m.Bytes); err == nil {
			p := flow.ParseTarget(flow.ParseRequest(b).Target).Path
			if key := name + " " + p; strings.HasPrefix(p, "/") && !g.paths[key] {
				g.paths[key] = true
				t.Paths = append(t.Paths, p)
			}
		}
		break
	}
	for _, l := range layers {
		g.copied[name] = true
		t.addScheme(l)
	}
}

// addScheme takes from a copy how one record is opened: the coats inside the
// request's part that carried it.
func (t *Target) addScheme(l telltale.Layer) {
	coats := l.Path
	for i, coat := range l.Path {
		name, _, _ := strings.Cut(coat, ":")
		switch name {
		case "http", "target", "query", "header", "cookie", "body", "form", "json", "multipart", "lines":
			coats = l.Path[i+1:]
		}
	}
	s := Scheme{Path: slices.Clone(coats)}
	if key, err := hex.DecodeString(l.Key); err == nil && len(key) > 0 {
		s.Key = &peel.Key{Bytes: key, Source: l.KeySource}
	}
	same := func(o Scheme) bool {
		return slices.Equal(o.Path, s.Path) && (o.Key == nil) == (s.Key == nil) && (s.Key == nil || string(o.Key.Bytes) == string(s.Key.Bytes))
	}
	if len(coats) > 0 && len(t.Schemes) < 8 && !slices.ContainsFunc(t.Schemes, same) {
		t.Schemes = append(t.Schemes, s)
	}
}

func needles(probes []telltale.Probe) []peel.Needle {
	var out []peel.Needle
	for _, p := range probes {
		for _, text := range []string{p.Canary.Latin, p.Canary.CJK} {
			if text != "" {
				out = append(out, peel.Needle{Probe: p.ID, Text: text})
			}
		}
	}
	return out
}

// knownWords are the proven triggers and the lines of the lists read.
func knownWords(rec *telltale.Record) []string {
	var out []string
	for _, i := range rec.Isolations {
		out = append(out, i.Words...)
	}
	for _, l := range rec.Layers {
		out = append(out, l.List...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
