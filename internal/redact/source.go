package redact

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/peel"
)

// source is the case that a copy is made of.
type source struct {
	*casefile.Reader
	// size and root are those of the newest checkpoint, with which the copy
	// ends.
	size int64
	root string
	// sealed are the files that the entries of the copy name, with every
	// digest that one of them gives.
	sealed map[string][]telltale.Digest
	flows  map[string]telltale.Flow
	// layers by the id of their flow.
	layers map[string][]telltale.Layer
}

func newSource(r *casefile.Reader) (*source, error) {
	s := &source{Reader: r, sealed: map[string][]telltale.Digest{}, flows: map[string]telltale.Flow{}, layers: map[string][]telltale.Layer{}}
	if _, err := fmt.Sscanf(r.Checkpoint, format.CheckpointOrigin+r.Begin.Case+"\n%d\n%s\n", &s.size, &s.root); err != nil {
		return nil, fmt.Errorf("%s has no checkpoint that a copy could end with: let its run go on with telltale audit --resume %s", r.Dir, r.Dir)
	}
	for _, f := range r.Record.Flows {
		s.flows[f.ID] = f
	}
	for _, l := range r.Record.Layers {
		s.layers[l.Flow] = append(s.layers[l.Flow], l)
	}
	return s, s.each(func(e format.Entry, _ []byte) error { return s.seal(e) })
}

// errEnd ends the walk through the log.
var errEnd = errors.New("the copy ends here")

// each calls use for every entry of the copy, in order.
func (s *source) each(use func(e format.Entry, line []byte) error) error {
	err := casefile.EachEntry(s.Dir, func(e format.Entry, line []byte) error {
		if e.N >= s.size {
			return errEnd
		}
		return use(e, line)
	})
	if errors.Is(err, errEnd) {
		return nil
	}
	return err
}

// seal notes the file that an entry names.
func (s *source) seal(e format.Entry) error {
	var f format.File
	switch e.Type {
	case format.TypeFile:
		if err := json.Unmarshal(e.Body, &f); err != nil {
			return fmt.Errorf("entry %d: %w", e.N, err)
		}
	case format.TypeTorn:
		var torn format.Torn
		if err := json.Unmarshal(e.Body, &torn); err != nil {
			return fmt.Errorf("entry %d: %w", e.N, err)
		}
		f.File, f.Digest = torn.File, torn.Digest
	default:
		return nil
	}
	s.sealed[f.File] = append(s.sealed[f.File], f.Digest)
	return nil
}

// chain lists the blobs of a layer from the captured message to what is under
// the last coat. Each was made of the one before.
func (s *source) chain(l telltale.Layer) []telltale.Digest {
	var out []telltale.Digest
	if f := s.flows[l.Flow]; l.Message >= 0 && l.Message < len(f.Messages) {
		out = append(out, f.Messages[l.Message].Bytes)
	}
	return append(append(out, l.Steps...), l.Bytes)
}

// blobs lists every blob of the record, each once, in the order of recording.
func (s *source) blobs() []telltale.Digest {
	seen := map[telltale.Digest]bool{"": true}
	var out []telltale.Digest
	add := func(digests ...telltale.Digest) {
		for _, d := range digests {
			if !seen[d] {
				seen[d] = true
				out = append(out, d)
			}
		}
	}
	for _, f := range s.Record.App.Files {
		if f.Harvest {
			add(f.Digest)
		}
	}
	for _, f := range s.Record.Flows {
		for _, m := range f.Messages {
			add(m.Bytes)
		}
	}
	for _, l := range s.Record.Layers {
		add(s.chain(l)...)
	}
	return out
}

// Bounds on the keys that are tried.
const (
	mostKeys      = 400
	harvestedKeys = 100
)

// keys are those with which something of the case was opened, and what looks
// like a key in the app's own files: whoever has the copy can find them.
func (s *source) keys() []peel.Key {
	var out []peel.Key
	seen := map[string]bool{}
	add := func(k peel.Key) {
		if len(k.Bytes) > 0 && !seen[string(k.Bytes)] && len(out) < mostKeys {
			seen[string(k.Bytes)] = true
			out = append(out, k)
		}
	}
	addHex := func(text, from string) {
		if b, err := hex.DecodeString(text); err == nil {
			add(peel.Key{Bytes: b, Source: from})
		}
	}
	for _, l := range s.Record.Layers {
		addHex(l.Key, l.KeySource)
	}
	for _, v := range s.Record.Visits {
		for _, r := range v.Recovered {
			addHex(r.Key, r.KeySource)
		}
	}
	for _, f := range s.Record.App.Files {
		if !f.Harvest {
			continue
		}
		b, err := s.Blob(f.Digest)
		if err != nil {
			continue // the search of what is there goes on without
		}
		for _, k := range peel.Harvest(f.Path, b, harvestedKeys) {
			add(k)
		}
	}
	return out
}

// own are the texts that the case itself types, and the names of its accounts:
// no rule takes them for somebody else's.
func (s *source) own() []string {
	rec := s.Record
	out := append(append([]string{}, rec.Scenario.Words...), rec.Scenario.Controls...)
	for _, p := range rec.Probes {
		out = append(out, p.Text)
	}
	for _, a := range rec.Scenario.Accounts {
		out = append(out, a.Name)
	}
	return out
}

// marks are the canaries and texts of the case's probes.
func (s *source) marks() []peel.Needle {
	var out []peel.Needle
	for _, p := range s.Record.Probes {
		for _, mark := range []string{p.Canary.Latin, p.Canary.CJK, p.Text} {
			if mark != "" {
				out = append(out, peel.Needle{Probe: p.ID, Text: mark})
			}
		}
	}
	return out
}

// file reads a sealed file that is small.
func (s *source) file(name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(s.Dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, mostFile+1))
	if err == nil && len(b) > mostFile {
		err = fmt.Errorf("%s is larger than %d bytes: a copy cannot be searched for what is masked", name, mostFile)
	}
	return b, err
}

// mostFile bounds files other than blobs and the log.
const mostFile = 64 << 20

// under reports whether a file of the case lies in a directory.
func under(file, dir string) bool { return strings.HasPrefix(file, dir+"/") }
