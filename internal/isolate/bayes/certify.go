package bayes

import (
	"fmt"
	"strconv"
	"strings"

	"example.org/telltale/internal/isolate"
)

// alone is the first message of a certificate: the words and nothing else.
func alone(words message) message { return append(message{}, words...).sorted() }

// cut is the message of a certificate that shows that word i is needed as it
// is: in its place are the word without its last and without its first
// character.
func cut(words message, i int) message {
	var out message
	for j, w := range words {
		if j != i {
			out = append(out, w)
			continue
		}
		out = append(out, span{w.lo, w.hi - 1}, span{w.lo + 1, w.hi})
	}
	return out.sorted()
}

// proofs lists the messages of a certificate, the words alone first.
func proofs(words message) []message {
	out := []message{alone(words)}
	for i := range words {
		out = append(out, cut(words, i))
	}
	return out
}

// strings returns the words of a message.
func (h *Hunt) strings(words message) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(h.text[w.lo:w.hi])
	}
	return out
}

// certificate writes down the proof of words, if it has been asked and holds.
func (h *Hunt) certificate(words message) ([]isolate.Proof, bool) {
	var out []isolate.Proof
	quoted := make([]string, len(words))
	for i, w := range h.strings(words) {
		quoted[i] = strconv.Quote(w)
	}
	for i, m := range proofs(words) {
		text := m.join(h.text, h.filler)
		a := h.asked[text]
		if a == nil || !h.settled(a, i == 0) {
			return nil, false
		}
		claim := strings.Join(quoted, " and ") + " alone: reaction"
		if i > 0 {
			claim = fmt.Sprintf("without %s, cut in two so that first and last character are apart: no reaction", quoted[i-1])
		}
		out = append(out, isolate.Proof{Question: a.id, Claim: claim, Text: text, Reacts: i == 0, Held: true})
	}
	return out, true
}

// audit goes through all certificates once more, from the record of messages
// alone. A rule whose certificate does not hold is no rule, only a guess.
func (h *Hunt) audit() (err error) {
	sent, votes := map[string]isolate.Tally{}, 1
	if h.c.Noisy {
		votes = 2
	}
	for _, r := range h.history {
		t := sent[r.Text]
		switch {
		case r.Refused:
		case r.Reacted:
			t.Reacted++
		default:
			t.Silent++
		}
		sent[r.Text] = t
	}
	var proved []Found
	for _, f := range h.res.Rules {
		if bad := isolate.CheckCertificate(f.Words, f.Certificate, h.filler, votes, sent); bad != nil {
			h.guess, err = f.Words, fmt.Errorf("the certificate does not hold: %w", bad)
			continue
		}
		proved = append(proved, f)
	}
	h.res.Rules = proved
	return err
}
