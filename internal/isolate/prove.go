package isolate

import (
	"fmt"
	"slices"
	"strings"
)

// surplus is the error of a certificate that fails because something can be
// spared or shortened.
type surplus struct{ what string }

func (e surplus) Error() string { return e.what }

// prove asks the certificate of some parts. It returns true if it holds, false
// if the parts are not enough, and an error if they are more than enough.
func (a *attempt) prove(parts []span) (bool, error) {
	alone := a.alone(parts)
	cuts := make([]want, len(parts))
	for i := range parts {
		cuts[i] = a.cut(parts, i)
	}
	first := []want{alone}
	if len(parts) == 1 {
		// One part is the usual case: ask for everything at once.
		first = append(first, cuts...)
	}
	got, err := a.ask(first...)
	if err != nil || !got[0] {
		return false, err
	}
	got, err = a.ask(cuts...)
	if err != nil {
		return false, err
	}
	a.best, a.proofs = parts, a.certificate(append([]want{alone}, cuts...))
	for i, active := range got {
		if active {
			return false, surplus{fmt.Sprintf("%s did it even when %s was cut in two", a.list(parts), quoted(a.words(parts[i:i+1])))}
		}
	}
	return true, nil
}

// alone is the question whether the parts are enough.
func (a *attempt) alone(parts []span) want {
	w := a.question(parts, "are these words enough?")
	w.reacts = !a.s.c.Invert
	if a.s.c.Invert {
		w.claim = fmt.Sprintf("%s with %s: no reaction", quoted(a.s.c.Fixed), a.list(parts))
	} else {
		w.claim = fmt.Sprintf("%s alone: reaction", a.list(parts))
	}
	return a.proof(w, parts)
}

// cut is the question whether a part is needed as it is: in its place are the
// part without its last and the part without its first character.
func (a *attempt) cut(parts []span, i int) want {
	p := parts[i]
	pieces := append([]span{}, parts[:i]...)
	for _, half := range []span{{p.lo, p.hi - 1}, {p.lo + 1, p.hi}} {
		if half = a.trim(half); half.len() > 0 {
			pieces = append(pieces, half)
		}
	}
	w := a.question(append(pieces, parts[i+1:]...), "is this word needed, from its first to its last character?")
	w.reacts = a.s.c.Invert
	word, ends := quoted(a.words(parts[i:i+1])), "no reaction"
	if a.s.c.Invert {
		ends = "reaction"
	}
	w.claim = fmt.Sprintf("without %s: %s", word, ends)
	if p.len() > 1 {
		w.claim = fmt.Sprintf("without %s, cut in two so that first and last character are apart: %s", word, ends)
	}
	return a.proof(w, parts)
}

// proof makes a question part of the certificate of some parts. Each
// certificate is really asked, even where an earlier question had the same
// text: an answer that led the search astray must not prove where it led.
func (a *attempt) proof(w want, parts []span) want {
	w.proof, w.key = true, fmt.Sprintf("proof of %s/%s", strings.Join(a.words(parts), "\x00"), w.key)
	return w
}

// certificate lists the questions of a proof with their answers: first the
// parts alone, then a line for each word, in the order of words.
func (a *attempt) certificate(wants []want) []Proof {
	out := make([]Proof, len(wants))
	for i, w := range wants {
		e := a.s.byKey[w.key]
		out[i] = Proof{Question: e.ID, Claim: w.claim, Text: w.text, Reacts: w.reacts, Held: e.Reacted == w.reacts}
	}
	if a.flip {
		slices.Reverse(out[1:])
	}
	return out
}

// list writes parts for people.
func (a *attempt) list(parts []span) string { return quoted(a.words(parts)) }

func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = fmt.Sprintf("%q", clip(w))
	}
	return strings.Join(out, " and ")
}

// clip shortens what is quoted to people.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
