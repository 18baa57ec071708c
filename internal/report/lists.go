package report

import (
	"bytes"
	"strings"

	"example.org/telltale"
)

// Bounds on the section of lists.
const (
	mostLists     = 8
	mostListWords = 300
	// longestEntry is how much of a list's entry is compared.
	longestEntry = 400
)

// Lists are the word lists that the app fetched, set against the triggers
// found by probing.
type Lists struct {
	Fetched []List `json:"fetched"`
	More    Count  `json:"more,omitempty"`
	// OnlyProbing are triggers that stand on none of the lists.
	OnlyProbing WordSet `json:"only_probing"`
}

// List is one word list, in the version fetched last.
type List struct {
	Host string `json:"host"`
	Path string `json:"path"`
	// Times it was fetched, and how many different versions were seen.
	Times    Count `json:"times"`
	Versions Count `json:"versions"`
	// Entries of the list, the distinct ones, and the repeated ones.
	Entries    Count    `json:"entries"`
	Distinct   Count    `json:"distinct"`
	Duplicates Count    `json:"duplicates"`
	Coats      string   `json:"coats"`
	KeyText    string   `json:"key_text,omitempty"`
	KeyFrom    string   `json:"key_from,omitempty"`
	Weak       []string `json:"weak,omitempty"`
	// Found stand on the list and were found by probing; Silent stand on it,
	// were typed and did not react; Untested stand on it and were not typed.
	Found    WordSet `json:"found"`
	Silent   WordSet `json:"silent"`
	Untested WordSet `json:"untested"`
}

// WordSet is a bounded list of words.
type WordSet struct {
	Count Count    `json:"count"`
	Words []string `json:"words,omitempty"`
	More  Count    `json:"more,omitempty"`
}

func (s *WordSet) add(word string) {
	s.Count++
	if len(s.Words) < mostListWords {
		s.Words = append(s.Words, cut(word, longestWord))
		return
	}
	s.More++
}

// lists follows the supported list findings to the layers they rest on.
func (x *index) lists(in Input) Lists {
	out := Lists{Fetched: []List{}}
	findings := x.supported(telltale.KindList)
	onList := map[string]bool{}
	for _, f := range findings {
		layers := x.listLayers(in, f)
		if len(layers) == 0 {
			continue
		}
		if len(out.Fetched) == mostLists {
			out.More++
			continue
		}
		out.Fetched = append(out.Fetched, x.list(f, layers, onList))
	}
	if len(out.Fetched) == 0 {
		return out
	}
	for _, t := range x.supported(telltale.KindTrigger) {
		if !onList[wordsKey(t.Claim.Words)] {
			out.OnlyProbing.add(strings.Join(cutAll(t.Claim.Words, 8, longestWord), " + "))
		}
	}
	return out
}

// listLayers are the layers with words that came from the finding's address,
// in order of recording.
func (x *index) listLayers(in Input, f telltale.Finding) []*telltale.Layer {
	named := map[string]bool{}
	for _, id := range f.Flows {
		named[id] = true
	}
	var out []*telltale.Layer
	for i := range x.rec.Layers {
		l := &x.rec.Layers[i]
		flow := x.flows[l.Flow]
		if len(l.List) == 0 || flow == nil || flow.Host != f.Claim.Host || flow.Sensor == exposeSensor {
			continue
		}
		if named[l.Flow] || requestPath(in, flow) == f.Claim.Detail {
			out = append(out, l)
		}
	}
	return out
}

// requestPath is the path a flow asked for, without its query; empty if the
// request is not at hand.
func requestPath(in Input, f *telltale.Flow) string {
	for _, m := range f.Messages {
		if !m.Out {
			continue
		}
		line, _, _ := bytes.Cut(in.bytesOf(m.Bytes), []byte("\n"))
		parts := strings.Fields(string(line[:min(len(line), 4096)]))
		if len(parts) < 2 {
			return ""
		}
		target := parts[1]
		if _, rest, absolute := strings.Cut(target, "://"); absolute {
			_, target, _ = strings.Cut(rest, "/")
			target = "/" + target
		}
		target, _, _ = strings.Cut(target, "?")
		return target
	}
	return ""
}

// list describes the last version of a list; onList gathers what stands on it.
func (x *index) list(f telltale.Finding, layers []*telltale.Layer, onList map[string]bool) List {
	last := layers[len(layers)-1]
	flows, versions := map[string]bool{}, map[telltale.Digest]bool{}
	for _, l := range layers {
		flows[l.Flow], versions[l.Bytes] = true, true
	}
	out := List{
		Host: cut(f.Claim.Host, 80), Path: cut(f.Claim.Detail, 120),
		Times: Count(len(flows)), Versions: Count(len(versions)), Entries: Count(len(last.List)),
		Coats: pathWords(last.Path), KeyText: x.keyText(last.Key), KeyFrom: x.keySource(last.KeySource),
		Weak: x.worded(telltale.KindWeak, f.Claim.Host),
	}
	x.compare(&out, last.List, onList)
	out.Duplicates = out.Entries - out.Distinct
	return out
}

// compare sorts a list's entries by what probing says of them.
func (x *index) compare(out *List, entries []string, onList map[string]bool) {
	triggers := map[string]bool{}
	for _, t := range x.supported(telltale.KindTrigger) {
		triggers[wordsKey(t.Claim.Words)] = true
	}
	typed := strings.Join(lowered(x.rec.Scenario.Words), "\n")
	seen := map[string]bool{}
	for _, e := range entries {
		norm := strings.ToLower(strings.TrimSpace(cutBytes(e, longestEntry)))
		if seen[norm] {
			continue
		}
		seen[norm] = true
		out.Distinct++
		alone, together := wordsKey([]string{norm}), wordsKey(parts(norm))
		onList[alone], onList[together] = true, true
		switch {
		case triggers[alone] || triggers[together]:
			out.Found.add(e)
		case norm != "" && strings.Contains(typed, norm):
			out.Silent.add(e)
		default:
			out.Untested.add(e)
		}
	}
}

// parts splits an entry that may mean several words together.
func parts(entry string) []string {
	return strings.FieldsFunc(entry, func(r rune) bool { return strings.ContainsRune(" +,;|&\t、，", r) })
}

// wordsKey is the same for the same words in any order and letter case.
func wordsKey(words []string) string {
	lower := make(map[string]bool, len(words))
	for _, w := range words {
		lower[strings.ToLower(strings.TrimSpace(cutBytes(w, longestEntry)))] = true
	}
	return strings.Join(sorted(lower), "\x00")
}
