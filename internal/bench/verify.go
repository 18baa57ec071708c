package bench

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
	"example.org/telltale/internal/casefile"
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
	var problems []casefile.Problem
	for i, layer := range r.Record.Layers {
		if err := replayLayer(r, flows[layer.Flow], layer); err != nil {
			problems = append(problems, casefile.Problem{File: logFile, What: fmt.Sprintf("layer %d (%s): %v", i+1, layer.Flow, err)})
		}
	}
	return problems
}

func replayLayer(r *casefile.Reader, flow telltale.Flow, layer telltale.Layer) error {
	if layer.Message < 0 || layer.Message >= len(flow.Messages) {
		return fmt.Errorf("flow %q has no message %d", layer.Flow, layer.Message)
	}
	whole, err := r.Blob(flow.Messages[layer.Message].Bytes)
	if err != nil {
		return err
	}
	first := whole
	if len(layer.Steps) > 0 {
		if first, err = r.Blob(layer.Steps[0]); err != nil {
			return err
		}
	}
	if !bytes.Contains(whole, first) {
		return errors.New("the bytes it begins with are not in the captured message")
	}
	if _, err := decodeKey(layer.Key); err != nil {
		return fmt.Errorf("its key is not hex: %w", err)
	}
	got, err := peel.Replay(layer.Path, keyOf(layer), first)
	if err != nil {
		return fmt.Errorf("its path cannot be taken again: %w", err)
	}
	if telltale.DigestOf(got) != layer.Bytes {
		return fmt.Errorf("taking %v off again gives other bytes than stated", layer.Path)
	}
	return nil
}

// decodeKey reads the key of a layer; no text gives no bytes.
func decodeKey(text string) ([]byte, error) { return hex.DecodeString(text) }
