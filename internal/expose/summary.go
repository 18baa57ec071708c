package expose

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"example.org/telltale"
	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/peel/match"
)

// Names of families whose kind is clear from what they hold.
const (
	FamilyMessages = "messages"
	FamilyCalls    = "calls"
	FamilyLogins   = "logins"
)

// Bounds on what a summary shows.
const (
	mostTopWords = 10
	mostSamples  = 3
)

// Log is the opened records of one family of files.
type Log struct {
	// Name of the files, without date and ending.
	Name    string
	Records []string
}

// Known is what the case knows beforehand.
type Known struct {
	// Own marks the case's own records.
	Own []peel.Needle
	// Words are trigger words that explain why a message was captured.
	Words []string
}

// owner returns what tells own texts from those of others.
func (k Known) owner() func(text string) bool {
	set := match.CompileExact(k.Own)
	return func(text string) bool { return set.Has([]byte(text)) }
}

// Summarise counts what the logs of one host hold, one summary for each log,
// in order. Nothing of what others wrote is in them but shapes and numbers;
// Files, Listed, Path, Key and Unread are left to the caller.
func Summarise(logs []Log, known Known) []telltale.Recovered {
	var out []telltale.Recovered
	var tallies []*tally
	logins := map[string]bool{}
	own := known.owner()
	for _, log := range logs {
		t := newTally(log, known.Words, own)
		if t.kind() == FamilyLogins {
			maps.Copy(logins, t.users)
		}
		tallies = append(tallies, t)
	}
	names := map[string]int{}
	for _, t := range tallies {
		names[t.kind()]++
	}
	for i, t := range tallies {
		r := t.recovered()
		if r.Family = t.kind(); r.Family == "" || names[r.Family] > 1 {
			r.Family = logs[i].Name
		}
		if t.kind() == FamilyMessages && len(logins) > 0 {
			for user := range t.users {
				if !logins[user] {
					r.Outsiders++
				}
			}
		}
		out = append(out, r)
	}
	return out
}

// tally counts one log.
type tally struct {
	table                     table
	words                     []string // known words, lower case
	users, addresses, numbers map[string]bool
	scripts                   map[string]int
	hits                      map[string]int
	first, last               time.Time
	own, explained, texts     int
	sample                    []string
}

// mostWords bounds the known words that texts are compared with.
const mostWords = 5000

func newTally(log Log, words []string, own func(string) bool) *tally {
	t := &tally{
		table: newTable(log.Records, own),
		users: map[string]bool{}, addresses: map[string]bool{}, numbers: map[string]bool{},
		scripts: map[string]int{}, hits: map[string]int{},
	}
	for _, word := range words {
		if word = strings.ToLower(strings.TrimSpace(word)); len(word) > 1 && len(t.words) < mostWords {
			t.words = append(t.words, word)
		}
	}
	slices.Sort(t.words)
	t.words = slices.Compact(t.words)
	for i, row := range t.table.rows {
		t.count(row, own(log.Records[i]))
	}
	return t
}

func (t *tally) count(row []string, own bool) {
	if own {
		t.own++
	} else if len(t.sample) < mostSamples {
		t.sample = append(t.sample, mask(row, t.table.roles))
	}
	if len(row) != len(t.table.roles) {
		return
	}
	for i, value := range row {
		if value = strings.TrimSpace(value); value == "" {
			continue
		}
		switch t.table.roles[i] {
		case roleText:
			t.text(value)
		case roleAddress:
			t.addresses[value] = true
		case roleTime:
			t.day(parseTime(value))
		case roleParty:
			if isNumber(value) {
				t.numbers[value] = true
			} else {
				t.users[value] = true
			}
		}
	}
}

func (t *tally) day(at time.Time) {
	if at.IsZero() {
		return
	}
	if t.first.IsZero() || at.Before(t.first) {
		t.first = at
	}
	if at.After(t.last) {
		t.last = at
	}
}

func (t *tally) text(text string) {
	t.texts++
	t.scripts[script(text)]++
	lower := strings.ToLower(text)
	found := false
	for _, word := range t.words {
		if strings.Contains(lower, word) {
			t.hits[word]++
			found = true
		}
	}
	if found {
		t.explained++
	}
}

// script tells the writing of a text.
func script(text string) string {
	han, latin, other := false, false, false
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Han, r):
			han = true
		case unicode.Is(unicode.Latin, r):
			latin = true
		case unicode.IsLetter(r):
			other = true
		}
	}
	switch {
	case han && latin:
		return "mixed"
	case han:
		return "han"
	case latin && !other:
		return "latin"
	}
	return "other"
}

// kind is the family as its columns tell it, or "".
func (t *tally) kind() string {
	roles := map[role]int{}
	for _, r := range t.table.roles {
		roles[r]++
	}
	switch {
	case roles[roleText] > 0:
		return FamilyMessages
	case len(t.numbers) > 0 || roles[roleParty] > 1:
		return FamilyCalls
	case roles[roleAddress] > 0 && roles[roleParty] == 1:
		return FamilyLogins
	}
	return ""
}

func (t *tally) recovered() telltale.Recovered {
	r := telltale.Recovered{
		Records: len(t.table.rows), Own: t.own, Users: len(t.users), Addresses: len(t.addresses), Numbers: len(t.numbers),
		Sample: t.sample,
	}
	if !t.first.IsZero() {
		r.FirstDay, r.LastDay = t.first.Format(time.DateOnly), t.last.Format(time.DateOnly)
	}
	if t.texts > 0 {
		r.Scripts, r.TopWords = t.scripts, t.top()
	}
	if t.texts > 0 && len(t.words) > 0 {
		r.Explained, r.Unexplained = t.explained, t.texts-t.explained
	}
	return r
}

func (t *tally) top() []telltale.WordCount {
	var all []telltale.WordCount
	for word, n := range t.hits {
		all = append(all, telltale.WordCount{Word: word, Count: n})
	}
	slices.SortFunc(all, func(a, b telltale.WordCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Word, b.Word))
	})
	return all[:min(len(all), mostTopWords)]
}
