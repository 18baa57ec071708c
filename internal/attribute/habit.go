package attribute

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"example.org/telltale"
)

// Habits is what a way does to messages whatever they say, as far as harmless
// messages show it: a footer, blanks or formatting that get lost, long lines
// that are cut. What it explains is no reaction to words.
type Habits struct{ ways map[string]*habit }

// habit is that of one direction and place.
type habit struct {
	// level up to which texts may differ; see plain.
	level int
	// around are what is put before and behind every text, as it stands at
	// its level.
	around map[affix]int
	// cuts are the lengths, in bytes, of what was left of harmless texts.
	cuts []int
}

type affix struct {
	level         int
	before, after string
}

const (
	// formatted is the highest level: letters and digits, without case.
	formatted = 3
	// commonAffix is how many harmless messages must have got a footer.
	commonAffix = 2
	// leastCut is the shortest that a text is believed to be cut to, in bytes.
	leastCut = 20
	// cutSlack is how much the places may differ at which texts are cut: not
	// within a character or a word.
	cutSlack = 24
)

// plain reduces a text: level 0 not at all, 1 to single blanks, 2 to letters
// and digits, 3 to those without case.
func plain(level int, text string) string {
	switch level {
	case 0:
		return text
	case 1:
		return strings.Join(strings.Fields(text), " ")
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return r
		}
		return -1
	}, text)
	if level == formatted {
		text = strings.ToLower(text)
	}
	return text
}

// NewHabits learns from the harmless messages of a record.
func NewHabits(rec *telltale.Record) *Habits {
	h := &Habits{ways: map[string]*habit{}}
	last := rec.LastReceipts()
	for _, p := range rec.Probes {
		r := last[p.ID]
		if (p.Arm == telltale.ArmContact || p.Arm == telltale.ArmControl) && r.Outcome == telltale.Altered {
			h.learn(p, r.Got)
		}
	}
	return h
}

func wayOf(p telltale.Probe) string { return string(p.Direction) + " " + p.Place }

func (h *Habits) learn(p telltale.Probe, got string) {
	w := h.ways[wayOf(p)]
	if w == nil {
		w = &habit{around: map[affix]int{}}
		h.ways[wayOf(p)] = w
	}
	if n, ok := cutOff(p.Text, got); ok {
		w.cuts = append(w.cuts, n)
		return
	}
	for level := range formatted + 1 {
		text, arrived := plain(level, p.Text), plain(level, got)
		before, after, found := strings.Cut(arrived, text)
		if !found {
			continue
		}
		if before+after == "" {
			w.level = max(w.level, level)
		} else {
			w.around[affix{level, digitless(before), digitless(after)}]++
		}
		return
	}
}

// digitless takes counters and dates out of a footer.
func digitless(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, text)
}

// cutOff reports whether got is the beginning of text, and how long it is.
func cutOff(text, got string) (int, bool) {
	got = strings.TrimRight(got, "…. ")
	return len(got), len(got) >= leastCut && len(got) < len(text) && strings.HasPrefix(text, got)
}

// Outcome is what a receipt says of a probe's words: a message that arrived
// changed as harmless ones do has arrived.
func (h *Habits) Outcome(p telltale.Probe, r telltale.Receipt) telltale.Outcome {
	if w := h.ways[wayOf(p)]; r.Outcome == telltale.Altered && w != nil && w.explains(p.Text, r.Got) {
		return telltale.Delivered
	}
	return r.Outcome
}

func (w *habit) explains(text, got string) bool {
	if n, ok := cutOff(text, got); ok {
		return slices.ContainsFunc(w.cuts, func(c int) bool { return max(n-c, c-n) <= cutSlack })
	}
	for level := range w.level + 1 {
		if plain(level, text) == plain(level, got) {
			return true
		}
	}
	for a, n := range w.around {
		if n < commonAffix {
			continue
		}
		before, after, found := strings.Cut(plain(a.level, got), plain(a.level, text))
		if found && digitless(before) == a.before && digitless(after) == a.after {
			return true
		}
	}
	return false
}

// notes say what was left out of account, for the coverage of findings.
func (h *Habits) notes() []string {
	var out []string
	for _, way := range slices.Sorted(maps.Keys(h.ways)) {
		w := h.ways[way]
		var what []string
		if w.level > 0 {
			what = append(what, [...]string{"", "with other blanks", "without its formatting", "in other letter case"}[w.level])
		}
		if slices.Max(append(slices.Collect(maps.Values(w.around)), 0)) >= commonAffix {
			what = append(what, "with a text added")
		}
		if len(w.cuts) > 0 {
			what = append(what, fmt.Sprintf("cut at %d bytes", slices.Min(w.cuts)))
		}
		if len(what) > 0 {
			direction, place, _ := strings.Cut(way, " ")
			if place != "" {
				direction += " in " + place
			}
			out = append(out, fmt.Sprintf("what is %s may arrive %s whatever it says: such changes are not counted", direction, strings.Join(what, " or ")))
		}
	}
	return out
}
