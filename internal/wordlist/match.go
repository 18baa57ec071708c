package wordlist

import (
	"regexp"
	"slices"
	"strings"
)

// Trigger is what probing proved to set an app off.
type Trigger struct {
	// Finding is its id.
	Finding string `json:"finding,omitempty"`
	// Words that set the app off when all are in a message; each of Without
	// stops it.
	Words   []string `json:"words"`
	Without []string `json:"without,omitempty"`
}

// Probing is what a case says of words.
type Probing struct {
	Triggers []Trigger
	// Typed are the texts that were typed.
	Typed []string
}

// Match is a list, or several, set against the triggers of a case.
type Match struct {
	// Both were found by probing and stand on a list.
	Both []Pair `json:"both"`
	// Silent stand on a list and in a text that was typed, and are not among
	// the triggers; Untested stand on a list and were not typed.
	Silent   []Listed `json:"only_list_silent"`
	Untested []Listed `json:"only_list_untested"`
	// OnlyProbing are triggers that stand on no list.
	OnlyProbing []Trigger `json:"only_probing"`
}

// Pair is a trigger with the entries that say the same.
type Pair struct {
	Trigger
	Entries []Listed `json:"entries"`
	// Exceptions of the lists and of probing, compared; empty if there are
	// none.
	Exceptions *Exceptions `json:"exceptions,omitempty"`
}

// Exceptions are what disables a trigger.
type Exceptions struct {
	Both        []string `json:"both"`
	OnlyList    []string `json:"only_list"`
	OnlyProbing []string `json:"only_probing"`
}

// Listed is an entry and where it stands.
type Listed struct {
	Text string `json:"text"`
	// On are the lists it stands on.
	On []Standing `json:"on"`
	// unless are the exceptions that some snapshot has.
	unless [][]string
	entry  Entry
	// re is set for the first patterns.
	re *regexp.Regexp
}

// Standing is a list on which an entry stands: in how many of its
// snapshots, the first and the last of them, and whether the newest has it.
type Standing struct {
	List  string `json:"list"`
	Times int    `json:"snapshots"`
	First string `json:"first,omitempty"`
	Last  string `json:"last,omitempty"`
	Now   bool   `json:"in_newest"`
}

// Against compares the entries of all snapshots with what probing says.
// Case and width of letters do not count, nor the order of words in a
// combination. An entry of words with blanks between them is taken for a
// text and for a combination alike. A pattern stands for a trigger that it
// fits, if it fits none of its words alone.
func Against(p Probing, snapshots []Snapshot) Match {
	m := Match{Both: []Pair{}, Silent: []Listed{}, Untested: []Listed{}, OnlyProbing: []Trigger{}}
	entries := gather(snapshots)
	byWords := map[string][]int{}
	var patterns []int
	for i, e := range entries {
		if e.entry.Pattern {
			patterns = append(patterns, i)
			continue
		}
		for _, key := range keysOf(e.entry) {
			byWords[key] = append(byWords[key], i)
		}
	}
	taken := map[int]bool{}
	for _, t := range p.Triggers {
		found := slices.Clone(byWords[wordsKey(t.Words)])
		for _, i := range patterns {
			if fits(entries[i].re, t.Words) {
				found = append(found, i)
			}
		}
		if len(found) == 0 {
			m.OnlyProbing = append(m.OnlyProbing, t)
			continue
		}
		pair := Pair{Trigger: t}
		for _, i := range found {
			taken[i] = true
			pair.Entries = append(pair.Entries, entries[i])
		}
		pair.Exceptions = exceptions(t, pair.Entries)
		m.Both = append(m.Both, pair)
	}
	m.rest(p, entries, taken)
	return m
}

// gather lists the different entries of all snapshots, in order, with where
// they stand.
func gather(snapshots []Snapshot) []Listed {
	sorted := slices.Clone(snapshots)
	slices.SortStableFunc(sorted, order)
	newest := map[string]int{}
	for i, s := range sorted {
		newest[s.List] = i
	}
	var out []Listed
	patterns := 0
	index := map[string]int{}
	for i, s := range sorted {
		seen := map[int]bool{}
		for _, e := range s.Entries {
			key := Folded(e.Text)
			at, ok := index[key]
			if !ok {
				at = len(out)
				index[key] = at
				l := Listed{Text: e.Text, entry: e}
				if e.Pattern && patterns < mostPatterns {
					patterns++
					l.re = expression(e.Text)
				}
				out = append(out, l)
			}
			out[at].unless = append(out[at].unless, e.Unless...)
			if len(out[at].entry.Words) == 0 {
				out[at].entry.Words = e.Words
			}
			if !seen[at] {
				seen[at] = true
				out[at].stands(s, newest[s.List] == i)
			}
		}
	}
	return out
}

func (l *Listed) stands(s Snapshot, now bool) {
	n := len(l.On)
	if n == 0 || l.On[n-1].List != s.List {
		l.On = append(l.On, Standing{List: s.List, First: s.When()})
		n++
	}
	on := &l.On[n-1]
	on.Times++
	on.Last, on.Now = s.When(), now
}

// keysOf are the sets of words that an entry may mean.
func keysOf(e Entry) []string {
	alone := wordsKey([]string{e.Text})
	words := e.Words
	if len(words) == 0 {
		words = strings.Fields(e.Text)
	}
	if together := wordsKey(words); together != alone {
		return []string{alone, together}
	}
	return []string{alone}
}

// wordsKey is the same for the same words in any order.
func wordsKey(words []string) string {
	folded := make([]string, 0, len(words))
	for _, w := range words {
		folded = append(folded, Folded(w))
	}
	slices.Sort(folded)
	return strings.Join(slices.Compact(folded), "\x00")
}

// mostPatterns bounds the expressions that are compiled.
const mostPatterns = 20_000

// mostOrders bounds the words whose orders are all tried with a pattern.
const mostOrders = 4

// fits reports whether a pattern needs all of the words: it fits them in
// some order and none of their parts.
func fits(re *regexp.Regexp, words []string) bool {
	if re == nil || len(words) == 0 || len(words) > mostOrders {
		return false
	}
	some := func(words []string) bool {
		return permuted(words, func(order []string) bool { return re.MatchString(strings.Join(order, " ")) })
	}
	if !some(words) {
		return false
	}
	for i := range words {
		if without := slices.Delete(slices.Clone(words), i, i+1); some(without) {
			return false
		}
	}
	return true
}

// permuted reports whether a test holds of some order of words.
func permuted(words []string, holds func([]string) bool) bool {
	if len(words) < 2 {
		return holds(words)
	}
	for i := range words {
		rest := slices.Delete(slices.Clone(words), i, i+1)
		if permuted(rest, func(order []string) bool { return holds(append([]string{words[i]}, order...)) }) {
			return true
		}
	}
	return false
}

// exceptions compares what disables a trigger.
func exceptions(t Trigger, entries []Listed) *Exceptions {
	listed := map[string]string{}
	var order []string
	for _, e := range entries {
		for _, combination := range e.unless {
			key := wordsKey(combination)
			if _, ok := listed[key]; !ok {
				order = append(order, key)
			}
			listed[key] = strings.Join(combination, "+")
		}
	}
	if len(listed) == 0 && len(t.Without) == 0 {
		return nil
	}
	x := &Exceptions{Both: []string{}, OnlyList: []string{}, OnlyProbing: []string{}}
	both := map[string]bool{}
	for _, w := range t.Without {
		key := wordsKey([]string{w})
		if _, ok := listed[key]; ok {
			both[key] = true
			x.Both = append(x.Both, w)
		} else {
			x.OnlyProbing = append(x.OnlyProbing, w)
		}
	}
	for _, key := range order {
		if !both[key] {
			x.OnlyList = append(x.OnlyList, listed[key])
		}
	}
	return x
}

// rest sorts the entries that are no trigger by whether they were typed.
func (m *Match) rest(p Probing, entries []Listed, taken map[int]bool) {
	typed := make([]string, len(p.Typed))
	for i, t := range p.Typed {
		typed[i] = Folded(t)
	}
	for i, e := range entries {
		switch {
		case taken[i]:
		case slices.ContainsFunc(typed, func(text string) bool { return holds(text, e) }):
			m.Silent = append(m.Silent, e)
		default:
			m.Untested = append(m.Untested, e)
		}
	}
}

// holds reports whether a folded text holds what an entry asks for.
func holds(text string, l Listed) bool {
	e := l.entry
	switch {
	case e.Pattern:
		return l.re != nil && l.re.MatchString(text)
	case len(e.Words) > 0:
		return !slices.ContainsFunc(e.Words, func(w string) bool { return !strings.Contains(text, Folded(w)) })
	}
	word := Folded(e.Text)
	return word != "" && strings.Contains(text, word)
}
