package attribute

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"example.org/telltale"
)

// fetched is one list that the app fetched.
type fetched struct {
	layer  telltale.Layer
	host   string
	scheme string
	path   string
}

// lists states the word lists that the client fetches, and why others can
// read them. A text is no word list because it has lines: something must tie
// it to what the app does.
func (s *statement) lists() {
	known := s.knownWords()
	var found []fetched
	for _, l := range s.fetchedLists() {
		if s.isWordList(l, known) {
			found = append(found, l)
		}
	}
	stated := map[string]bool{}
	for _, l := range found {
		if key := l.host + "\x00" + l.path; !stated[key] {
			stated[key] = true
			s.stateList(l, found)
		}
		s.weakList(l, found, stated)
	}
}

// fetchedLists lists the answers outside the channel that read as lists, in
// order of host, path and flow. The path is the observation's.
func (s *statement) fetchedLists() []fetched {
	flows := map[string]*telltale.Flow{}
	for i := range s.rec.Flows {
		flows[s.rec.Flows[i].ID] = &s.rec.Flows[i]
	}
	paths := map[string]string{}
	for _, o := range s.obs {
		if o.Feature == featList {
			paths[o.Flow] = o.Text
		}
	}
	var out []fetched
	for _, l := range s.rec.Layers {
		f := flows[l.Flow]
		if len(l.List) == 0 || f == nil || leaves(f, l.Message) || !Outside(&s.rec.Scenario, f) {
			continue
		}
		out = append(out, fetched{layer: l, host: HostOf(f), scheme: schemeOf(f), path: paths[l.Flow]})
	}
	slices.SortStableFunc(out, func(a, b fetched) int {
		return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.path, b.path), cmp.Compare(a.layer.Flow, b.layer.Flow),
			cmp.Compare(pathText(a.layer.Path), pathText(b.layer.Path)), cmp.Compare(a.layer.Message, b.layer.Message))
	})
	return out
}

// known are words that lines of a list are compared with.
type known struct {
	// triggers are proven; reacting are typed texts that reacted again and
	// again; typed are all candidates; names are accounts.
	triggers, reacting, typed, names []string
}

func (s *statement) knownWords() known {
	var k known
	for _, iso := range s.certified {
		k.triggers = append(k.triggers, iso.Words...)
	}
	for _, d := range s.directions() {
		treated := s.where(going(d), inArm(telltale.ArmTreatment))
		k.reacting = append(k.reacting, repeating(copying(), treated)...)
		k.reacting = append(k.reacting, repeating(keeping(telltale.Dropped), treated)...)
	}
	for _, t := range s.where(inArm(telltale.ArmTreatment)) {
		k.typed = append(k.typed, t.Word)
	}
	for _, a := range s.rec.Scenario.Accounts {
		k.names = append(k.names, a.Name)
	}
	return k
}

// isWordList reports whether something ties a list to what the app does: it
// holds a proven trigger, or it is under a cipher whose key the app carries,
// or it holds a known word under a cipher.
func (s *statement) isWordList(l fetched, k known) bool {
	if !enciphered(l.layer.Path) {
		return hasLine(l.layer.List, func(line string) bool { return among(line, k.triggers) })
	}
	inside := hasLine(l.layer.List, func(line string) bool {
		return among(line, k.triggers) || among(line, k.typed) || among(line, k.names) || within(line, k.reacting)
	})
	return inside || s.keyInApp(l.layer) && distinct(l.layer.List) >= 2 && !slices.ContainsFunc(l.layer.Path, bytewise)
}

func hasLine(list []string, fits func(string) bool) bool {
	return slices.ContainsFunc(list, func(line string) bool { return fits(strings.TrimSpace(line)) })
}

func among(line string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(line, w) })
}

// within reports whether a line of two characters or more is a part of one of
// the texts.
func within(line string, texts []string) bool {
	return len([]rune(line)) >= 2 && slices.ContainsFunc(texts, func(t string) bool { return holds(t, line) })
}

func distinct(list []string) int { return len(sorted(list)) }

// stateList states one list, with all fetches of it as evidence.
func (s *statement) stateList(l fetched, all []fetched) {
	f := telltale.Finding{
		Claim:  telltale.Claim{Kind: telltale.KindList, Host: l.host, Detail: l.path},
		Direct: true, Method: methodList,
	}
	longest, versions := 0, map[telltale.Digest]bool{}
	for _, other := range all {
		if other.host == l.host && other.path == l.path {
			longest = max(longest, len(other.layer.List))
			versions[telltale.DigestOf([]byte(strings.Join(other.layer.List, "\n")))] = true
			addCopy(&f, Copy{Flow: other.layer.Flow, Layer: other.layer})
		}
	}
	f.Statement = fmt.Sprintf("The app fetches a list of words from %s%s: %d lines at most, %s seen.",
		l.host, l.path, longest, plural(len(versions), "version"))
	s.state(f)
}

// weakList states once per host why others can read its lists.
func (s *statement) weakList(l fetched, all []fetched, stated map[string]bool) {
	for _, w := range s.weaknesses(l.layer, l.host, l.scheme) {
		f := weakFinding(l.host, w, "the lists of words")
		if stated[f.Claim.Key()] || s.hasClaim(f.Claim) {
			continue
		}
		stated[f.Claim.Key()] = true
		var layers []telltale.Layer
		for _, other := range all {
			if other.host == l.host && slices.Contains(s.weaknesses(other.layer, other.host, other.scheme), w) {
				addCopy(&f, Copy{Flow: other.layer.Flow, Layer: other.layer})
				layers = append(layers, other.layer)
			}
		}
		s.nameKeys(&f, layers)
		s.state(f)
	}
}

// hasClaim reports whether a claim was stated already.
func (s *statement) hasClaim(c telltale.Claim) bool {
	return slices.ContainsFunc(s.out, func(f telltale.Finding) bool { return f.Claim.Key() == c.Key() })
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
