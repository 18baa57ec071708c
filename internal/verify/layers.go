package verify

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/peel"
)

func observationKey(o telltale.Observation) string {
	return strings.Join([]string{o.Probe, o.Flow, o.Host, o.Feature}, "\x00")
}

func findingKey(f telltale.Finding) string { return f.Claim.Key() }

// layers takes every layer off again.
func (c *check) layers() {
	p := peeling{check: c, flows: map[string]telltale.Flow{}, probes: map[string]telltale.Probe{}, opener: peel.New(peel.All())}
	rec := c.book.rec
	for _, f := range rec.Flows {
		p.flows[f.ID] = f
	}
	for _, one := range rec.Probes {
		p.probes[one.ID] = one
	}
	withheld := 0
	for i, layer := range rec.Layers {
		f := p.flows[layer.Flow]
		if p.withheld(f, layer) {
			withheld++
			continue
		}
		err := p.retrace(f, layer)
		if err == nil {
			err = p.holdsMarks(layer)
		}
		if err != nil {
			c.problem(format.LogFile, c.book.layers[i], "layer %d (%.40q): %v", i+1, layer.Flow, err)
		}
	}
	if withheld > 0 {
		c.note(format.LogFile, 0, "%d of %d layers were not taken off again: their bytes were withheld, or values of them taken out", withheld, len(rec.Layers))
	}
}

// peeling is the replay of layers under way.
type peeling struct {
	*check
	flows  map[string]telltale.Flow
	probes map[string]telltale.Probe
	opener *peel.Opener
}

// withheld reports whether something that a layer rests on was taken out of a
// redacted copy.
func (p *peeling) withheld(f telltale.Flow, layer telltale.Layer) bool {
	if p.book.masked == 0 {
		return false
	}
	gone := func(d telltale.Digest) bool { return d == "" || p.book.aliases[d] }
	if layer.Message >= 0 && layer.Message < len(f.Messages) && gone(f.Messages[layer.Message].Bytes) {
		return true
	}
	for _, step := range layer.Steps {
		if gone(step) {
			return true
		}
	}
	return gone(layer.Bytes) || p.book.maskedLayers[layer.Flow]
}

func (p *peeling) retrace(f telltale.Flow, layer telltale.Layer) error {
	if layer.Message < 0 || layer.Message >= len(f.Messages) {
		return fmt.Errorf("flow %.40q has no message %d", layer.Flow, layer.Message)
	}
	whole, err := p.blob(f.Messages[layer.Message].Bytes)
	if err != nil {
		return err
	}
	first := whole
	if len(layer.Steps) > 0 {
		if first, err = p.blob(layer.Steps[0]); err != nil {
			return err
		}
	}
	if !bytes.Contains(whole, first) && !bytes.Contains(flow.Response(whole, "GET").Body, first) {
		return errors.New("the bytes it begins with are not in the captured message")
	}
	key, err := keyOf(layer)
	if err != nil {
		return err
	}
	stated := func(b []byte) bool { return telltale.DigestOf(b) == layer.Bytes }
	if _, err := peel.Retrace(layer.Path, key, first, stated); err != nil {
		return fmt.Errorf("taking %q off again does not give the bytes stated: %w", layer.Path, err)
	}
	return nil
}

// keyOf returns the key of a layer; nil for none.
func keyOf(layer telltale.Layer) (*peel.Key, error) {
	raw, err := hex.DecodeString(layer.Key)
	if err != nil {
		return nil, fmt.Errorf("its key is not hex: %w", err)
	}
	if len(raw) == 0 {
		return nil, nil
	}
	return &peel.Key{Bytes: raw, Source: layer.KeySource}, nil
}

// holdsMarks checks that a layer holds the marks of the probes it names.
// Below a hash there are none to be seen.
func (p *peeling) holdsMarks(layer telltale.Layer) error {
	if len(layer.Probes) == 0 || hashed(layer.Path) {
		return nil
	}
	b, err := p.blob(layer.Bytes)
	if err != nil {
		return err
	}
	var before []byte
	if n := len(layer.Steps); n > 0 {
		if before, err = p.blob(layer.Steps[n-1]); err != nil {
			return err
		}
	}
	var named []telltale.Probe
	for _, id := range layer.Probes {
		named = append(named, p.probes[id])
	}
	seen := p.marksIn(b, before, named)
	for _, id := range layer.Probes {
		if !seen[id] {
			return fmt.Errorf("it does not hold the mark of probe %.40q", id)
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
func (p *peeling) marksIn(b, before []byte, probes []telltale.Probe) map[string]bool {
	seen := map[string]bool{}
	for _, one := range probes {
		// Most marks stand there as they are, and need no looking for.
		for _, mark := range []string{one.Canary.Latin, one.Canary.CJK} {
			if mark != "" && bytes.Contains(b, []byte(mark)) {
				seen[one.ID] = true
			}
		}
	}
	for _, part := range [][]byte{b, before} {
		if len(seen) >= len(probes) {
			break
		}
		for _, find := range p.opener.Open(context.Background(), peel.Job{Bytes: part, Needles: needlesOf(probes)}).Finds {
			for _, id := range find.Probes {
				seen[id] = true
			}
		}
	}
	return seen
}

// leastNeedle is the length in bytes from which on a text can tell a copy from
// chance.
const leastNeedle = 8

func needlesOf(probes []telltale.Probe) []peel.Needle {
	var needles []peel.Needle
	for _, p := range probes {
		for _, text := range []string{p.Canary.Latin, p.Canary.CJK, p.Text} {
			if len(text) >= leastNeedle {
				needles = append(needles, peel.Needle{Probe: p.ID, Text: text})
			}
		}
	}
	return needles
}
