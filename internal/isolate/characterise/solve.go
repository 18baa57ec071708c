package characterise

import (
	"fmt"
	"slices"
	"strings"
)

// view is one pass over what is known: it goes as far as the answers lead and
// collects what it needs to go on.
type view struct {
	*Search
	need []want
}

// want is a message that is needed, for one purpose.
type want struct{ key, text, why string }

// answer to a message.
type answer int

const (
	open answer = iota
	reacts
	silent
	refused
)

// vote returns what came of a message: one answer, or two that agree if
// answers may be wrong.
func (v *view) vote(key, text, why string) answer {
	t := v.tally(key)
	enough := 1
	if v.noisy {
		enough = 2
	}
	switch {
	case t.refused:
		return refused
	case t.hits >= enough && t.hits > t.silents:
		return reacts
	case t.silents >= enough && t.silents > t.hits:
		return silent
	}
	v.need = append(v.need, want{key, text, why})
	return open
}

// times puts a message until it was put n times.
func (v *view) times(n int, key, text, why string) bool {
	missing := n - v.tally(key).put()
	if v.tally(key).refused {
		return true
	}
	for range missing {
		v.need = append(v.need, want{key, text, why})
	}
	return missing <= 0
}

// alone is the message that all claims rest on.
func (s *Search) alone() string { return strings.Join(s.c.Words, s.c.Filler) }

// harmless is a message of nothing.
func (s *Search) harmless() string { return strings.TrimSpace(s.c.Filler) }

// solve goes through all claims.
func (v *view) solve() (r Report) {
	r.Why = v.calibrate(&r)
	if r.Why != "" || len(v.need) > 0 {
		return r
	}
	for i, text := range v.c.Passed {
		r.Exceptions = append(r.Exceptions, v.exception(i, text))
	}
	if v.c.OnlyExceptions {
		return r
	}
	r.Claims = append(r.Claims, v.order())
	if len(v.c.Words) > 2 && r.Claims[0].Answer == Yes {
		r.Claims = append(r.Claims, v.neighbours()...)
	}
	for _, f := range v.foldings {
		r.Claims = append(r.Claims, v.folding(f))
	}
	r.Claims = append(r.Claims, v.separators(r.Claims))
	length := v.length()
	r.Claims, r.MaxLen = append(r.Claims, length.Claim), length.limit
	return r
}

// calibrate repeats the words alone and a harmless message. It returns why
// nothing can be claimed, if so.
func (v *view) calibrate(r *Report) string {
	n := v.c.Repeats
	ready := v.times(n, "alone", v.alone(), "do these words react each time?")
	if !v.c.OnlyExceptions {
		ready = v.times(n, "harmless", v.harmless(), "does a harmless message pass each time?") && ready
	}
	words, nothing := v.tally("alone"), v.tally("harmless")
	r.Missed, r.False = rate(words.silents, words.put()), rate(nothing.hits, nothing.put())
	r.Base = Proof{Text: v.alone(), Reacts: true, Questions: words.ids}
	if !ready {
		return ""
	}
	if words.silents > 0 || nothing.hits > 0 {
		v.noisy = true
	}
	switch {
	case words.refused:
		return "the words alone are refused"
	case 2*nothing.hits > nothing.put():
		return "a harmless message is blocked right after the words: the filter remembers, or blocks everything"
	case words.hits == 0:
		return "the words alone do not react"
	case 2*words.hits <= words.put():
		return v.forgetful()
	}
	return ""
}

// forgetful says why words that reacted do so no more.
func (v *view) forgetful() string {
	again := v.alone() + v.c.Filler + v.harmless()
	switch ready := v.times(1, "again", again, "do they react in another message?"); {
	case !ready:
		return ""
	case v.tally("again").hits > 0:
		return "the same message is blocked only once: the filter remembers"
	}
	return "the words react now and then only: the filter remembers, or loses most messages"
}

// order finds out whether the order of the words matters.
func (v *view) order() Claim {
	c := Claim{Name: "order", Question: "does the order of the words matter?"}
	turned := slices.Clone(v.c.Words)
	slices.Reverse(turned)
	text := strings.Join(turned, v.c.Filler)
	if text == v.alone() {
		c.Answer, c.Statement = NotApplicable, "there is one word"
		return c
	}
	switch v.claim(&c, "order", text, "do the words react in reverse order?") {
	case reacts:
		c.Answer, c.Statement = No, "the words react in reverse order too"
	case silent:
		c.Answer, c.Statement = Yes, "the words do not react in reverse order"
	}
	return c
}

// neighbours finds out which words must stand before which.
func (v *view) neighbours() (out []Claim) {
	for i := range v.c.Words[1:] {
		a, b := v.c.Words[i], v.c.Words[i+1]
		swapped := slices.Clone(v.c.Words)
		swapped[i], swapped[i+1] = b, a
		c := Claim{Name: fmt.Sprintf("order %d-%d", i+1, i+2), Question: fmt.Sprintf("must %q stand before %q?", a, b)}
		switch v.claim(&c, c.Name, strings.Join(swapped, v.c.Filler), c.Question) {
		case reacts:
			c.Answer, c.Statement = No, "the two react in either order"
		case silent:
			c.Answer, c.Statement = Yes, "the two do not react the other way round"
		}
		out = append(out, c)
	}
	return out
}

// claim asks the message that decides a claim and writes it down as proof.
func (v *view) claim(c *Claim, key, text, why string) answer {
	a := v.vote(key, text, why)
	c.Answer, c.Statement = Unknown, "not asked yet"
	switch a {
	case reacts, silent:
		c.Proof = append(c.Proof, Proof{Text: text, Reacts: a == reacts, Questions: v.tally(key).ids})
	case refused:
		c.Statement = "the message that would tell is refused"
	case open:
		if v.tally(key).put() > 0 {
			c.Statement = "answers do not agree yet"
		}
	}
	return a
}

// folding finds out whether the filter takes two ways of writing for one.
func (v *view) folding(f folding) Claim {
	c := Claim{Name: f.name, Question: f.question}
	varied := make([]string, len(v.c.Words))
	for i, w := range v.c.Words {
		varied[i] = f.vary(w)
	}
	text := strings.Join(varied, v.c.Filler)
	if !apart(v.c.Words, varied, text) {
		c.Answer, c.Statement = NotApplicable, "the words cannot be written so"
		return c
	}
	switch v.claim(&c, f.name, text, f.question) {
	case reacts:
		c.Answer, c.Statement = Yes, f.yes
	case silent:
		c.Answer, c.Statement = No, f.no
	}
	return c
}

// apart reports whether at least one word is written differently, and does not
// stand in the message as it was.
func apart(words, varied []string, text string) bool {
	for i := range words {
		if words[i] != varied[i] && !strings.Contains(text, words[i]) {
			return true
		}
	}
	return false
}

// separators sums up which signs keep pieces apart.
func (v *view) separators(claims []Claim) Claim {
	c := Claim{Name: "separator", Question: "which signs keep pieces apart?"}
	var safe, unsafe []string
	for _, s := range []struct{ name, sign string }{{"blanks", "a blank"}, {"line ends", "a line's end"}, {"punctuation", "punctuation"}, {"zero width", "a sign without width"}} {
		for _, k := range claims {
			switch {
			case k.Name != s.name:
			case k.Answer == No:
				safe = append(safe, s.sign)
				c.Proof = append(c.Proof, k.Proof...)
			case k.Answer == Yes:
				unsafe = append(unsafe, s.sign)
				c.Proof = append(c.Proof, k.Proof...)
			}
		}
	}
	filler := fmt.Sprintf("%q", v.c.Filler)
	word := slices.MaxFunc(v.c.Words, func(a, b string) int { return len([]rune(a)) - len([]rune(b)) })
	runes := []rune(word)
	if len(runes) < 2 {
		c.Answer, c.Statement = NotApplicable, "the words have one character each"
		return c
	}
	cut := string(runes[:len(runes)/2]) + v.c.Filler + string(runes[len(runes)/2:])
	text := strings.Replace(v.alone(), word, cut, 1)
	if strings.Contains(text, word) {
		c.Answer, c.Statement = NotApplicable, "the words hold one another"
		return c
	}
	switch v.claim(&c, "filler", text, "does the filler keep two halves of a word apart?") {
	case reacts:
		unsafe = append(unsafe, filler)
	case silent:
		safe = append(safe, filler)
	default:
		return c
	}
	c.Answer, c.Statement = Yes, "safe: "+strings.Join(safe, ", ")
	if len(safe) == 0 {
		c.Answer, c.Statement = No, "none of those tried"
	}
	if len(unsafe) > 0 {
		c.Statement += "; not safe: " + strings.Join(unsafe, ", ")
	}
	return c
}
