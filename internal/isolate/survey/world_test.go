package survey_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.org/telltale/internal/isolate/survey"
)

// law is a rule of a simulated filter.
type law struct {
	parts   [][]string // for each part what does for it
	listed  bool       // in this order only
	unless  []string
	after   bool // unless stands after the first part
	word    bool // word boundaries
	letters survey.Case
	effects []string
	decides bool   // nothing after it is looked at
	swap    string // rewrites the parts to this
	whole   string // rewrites the whole text to this
	spared  bool   // the exceptions of the world are not for it
}

// world is a simulated system with a filter.
type world struct {
	name   string
	laws   []law
	extra  []string // more words of the vocabulary
	except []string // words that let everything through, case as in a law without letters
	maxLen int      // what fits
	cut    int      // longer texts are cut
	refuse int      // longer texts are refused
	always []string // effects of every message
	lose   float64  // chance that a message is dropped
	void   float64  // chance that a message is void
	unput  string   // a message with it is void
	mute   string   // this effect does not come twice in a row for the same rule
	told   int      // the rule that had it last, from one
	rng    *rand.Rand
	cache  map[string]*regexp.Regexp
}

// send returns what the filter does to a body.
func (w *world) send(body string) survey.Answer {
	if w.unput != "" && strings.Contains(body, w.unput) || w.rng.Float64() < w.void {
		return survey.Answer{Void: true}
	}
	if w.rng.Float64() < w.lose {
		return survey.Answer{Effects: append([]string{survey.Dropped}, w.always...)}
	}
	if w.refuse > 0 && len(body) > w.refuse {
		return survey.Answer{Effects: append([]string{"refused"}, w.always...)}
	}
	if w.cache == nil {
		w.cache = map[string]*regexp.Regexp{}
	}
	effects := slices.Clone(w.always)
	text := body
	for i, l := range w.laws {
		if !l.spared && slices.ContainsFunc(w.except, func(e string) bool { return strings.Contains(text, e) }) || !l.fires(w.cache, text) {
			continue
		}
		for _, e := range l.effects {
			if e == w.mute && w.told == i+1 {
				continue
			}
			if e == w.mute {
				w.told = i + 1
			}
			effects = append(effects, e)
		}
		if l.whole != "" {
			text = l.whole
		} else if l.swap != "" {
			for _, part := range l.parts {
				text = l.pattern(w.cache, part).ReplaceAllString(text, "${1}"+l.swap+"${2}")
			}
		}
		if l.decides {
			break
		}
	}
	if w.cut > 0 && len(text) > w.cut {
		n := w.cut
		for !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:n]
		effects = append(effects, survey.Altered)
	}
	a := survey.Answer{Effects: effects}
	if slices.Contains(effects, survey.Altered) {
		a.Got = text
	}
	return a
}

// pattern matches what does for a part.
func (l law) pattern(cache map[string]*regexp.Regexp, part []string) *regexp.Regexp {
	key := fmt.Sprint(l.letters, l.word, part)
	if cache[key] == nil {
		cache[key] = regexp.MustCompile(l.expression(part))
	}
	return cache[key]
}

func (l law) expression(part []string) string {
	quoted := make([]string, len(part))
	for i, p := range part {
		quoted[i] = regexp.QuoteMeta(p)
		if first, size := utf8.DecodeRuneInString(p); l.letters == survey.CaseFirst {
			quoted[i] = "[" + string(unicode.ToUpper(first)) + string(unicode.ToLower(first)) + "]" + regexp.QuoteMeta(p[size:])
		}
	}
	expr := "(" + strings.Join(quoted, "|") + ")"
	if l.word {
		expr = `(^|[^\pL\d_])` + strings.Replace(expr, "(", "(?:", 1) + `($|[^\pL\d_])`
	} else {
		expr = "()" + strings.Replace(expr, "(", "(?:", 1) + "()"
	}
	if l.letters == survey.CaseFolded {
		expr = "(?i)" + expr
	}
	return expr
}

func (l law) fires(cache map[string]*regexp.Regexp, text string) bool {
	at, first := 0, -1
	for _, part := range l.parts {
		where := l.pattern(cache, part).FindStringIndex(text[at:])
		if where == nil {
			return false
		}
		if first < 0 {
			first = at + where[1]
		}
		if l.listed {
			at += where[1]
			if l.word && at > 0 && at < len(text) {
				at-- // the sign behind one word may be that before the next
			}
		}
	}
	rest := text
	if l.after {
		rest = text[first:]
	}
	return !slices.ContainsFunc(l.unless, func(u string) bool { return strings.Contains(rest, u) })
}

func one(words ...string) [][]string {
	out := make([][]string, len(words))
	for i, w := range words {
		out[i] = strings.Split(w, "/")
	}
	return out
}
