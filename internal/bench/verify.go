package bench

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/peel"
)

// Recompute derives again what a case states, from its raw records alone,
// and lists every difference: layers are peeled again from the captured
// bytes, then observations and findings are made anew.
func Recompute(r *casefile.Reader) []casefile.Problem {
	problems := replayLayers(r)
	raw := *r.Record
	raw.Observations, raw.Findings = nil, nil
	if len(r.Record.Observations) == 0 && len(r.Record.Findings) == 0 {
		return problems // nothing was stated yet
	}
	observations := attribute.Observe(&raw, r.Blob)
	findings := attribute.State(&raw, observations)
	problems = append(problems, compare("observation", r.Record.Observations, observations)...)
	return append(problems, compare("finding", r.Record.Findings, findings)...)
}

const logFile = "log/entries.jsonl"

// compare tells the first difference between what is stated and what follows.
func compare[T any](what string, stated, derived []T) []casefile.Problem {
	for i := range max(len(stated), len(derived)) {
		var a, b []byte
		if i < len(stated) {
			a, _ = json.Marshal(stated[i])
		}
		if i < len(derived) {
			b, _ = json.Marshal(derived[i])
		}
		if !bytes.Equal(a, b) {
			return []casefile.Problem{{File: logFile, What: fmt.Sprintf(
				"%s %d does not follow from the raw records: stated %.200q, derived %.200q", what, i+1, a, b)}}
		}
	}
	return nil
}

func replayLayers(r *casefile.Reader) []casefile.Problem {
	flows := map[string]telltale.Flow{}
	for _, f := range r.Record.Flows {
		flows[f.ID] = f
	}
	probes := map[string]telltale.Probe{}
	for _, p := range r.Record.Probes {
		probes[p.ID] = p
	}
	opener := peel.New(peel.All())
	var problems []casefile.Problem
	for i, layer := range r.Record.Layers {
		err := replayLayer(r, flows[layer.Flow], layer)
		if err == nil {
			err = holdsMarks(r, opener, layer, probes)
		}
		if err != nil {
			problems = append(problems, casefile.Problem{File: logFile, What: fmt.Sprintf("layer %d (%s): %v", i+1, layer.Flow, err)})
		}
	}
	return problems
}

// holdsMarks checks that a layer holds the marks of the probes it names.
// Below a hash there are none to be seen.
func holdsMarks(r *casefile.Reader, opener *peel.Opener, layer telltale.Layer, probes map[string]telltale.Probe) error {
	if len(layer.Probes) == 0 || hashed(layer.Path) {
		return nil
	}
	b, err := r.Blob(layer.Bytes)
	if err != nil {
		return err
	}
	var before []byte
	if n := len(layer.Steps); n > 0 {
		if before, err = r.Blob(layer.Steps[n-1]); err != nil {
			return err
		}
	}
	var named []telltale.Probe
	for _, id := range layer.Probes {
		named = append(named, probes[id])
	}
	seen := marksIn(opener, b, before, named)
	for _, id := range layer.Probes {
		if !seen[id] {
			return fmt.Errorf("it does not hold the mark of probe %q", id)
		}
	}
	return nil
}

func hashed(path []string) bool {
	n := len(path)
	return n > 0 && strings.HasPrefix(path[n-1], "hash")
}

// marksIn tells which probes' marks can be found in the bytes of a layer, or
// in those before its last coat came off: where a text in a charset begins
// within other bytes, it may be read out of step.
func marksIn(opener *peel.Opener, b, before []byte, probes []telltale.Probe) map[string]bool {
	seen := map[string]bool{}
	for _, p := range probes {
		// Most marks stand there as they are, and need no looking for.
		for _, mark := range []string{p.Canary.Latin, p.Canary.CJK} {
			if mark != "" && bytes.Contains(b, []byte(mark)) {
				seen[p.ID] = true
			}
		}
	}
	for _, part := range [][]byte{b, before} {
		if len(seen) >= len(probes) {
			break
		}
		for _, find := range opener.Open(context.Background(), peel.Job{Bytes: part, Needles: needlesOf(probes)}).Finds {
			for _, id := range find.Probes {
				seen[id] = true
			}
		}
	}
	return seen
}

func replayLayer(r *casefile.Reader, f telltale.Flow, layer telltale.Layer) error {
	if layer.Message < 0 || layer.Message >= len(f.Messages) {
		return fmt.Errorf("flow %q has no message %d", layer.Flow, layer.Message)
	}
	whole, err := r.Blob(f.Messages[layer.Message].Bytes)
	if err != nil {
		return err
	}
	first := whole
	if len(layer.Steps) > 0 {
		if first, err = r.Blob(layer.Steps[0]); err != nil {
			return err
		}
	}
	if !bytes.Contains(whole, first) && !bytes.Contains(flow.Response(whole, "GET").Body, first) {
		return errors.New("the bytes it begins with are not in the captured message")
	}
	if _, err := decodeKey(layer.Key); err != nil {
		return fmt.Errorf("its key is not hex: %w", err)
	}
	stated := func(b []byte) bool { return telltale.DigestOf(b) == layer.Bytes }
	if _, err := peel.Retrace(layer.Path, keyOf(layer), first, stated); err != nil {
		return fmt.Errorf("taking %v off again does not give the bytes stated: %w", layer.Path, err)
	}
	return nil
}

// decodeKey reads the key of a layer; no text gives no bytes.
func decodeKey(text string) ([]byte, error) { return hex.DecodeString(text) }
