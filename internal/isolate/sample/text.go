package sample

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// text makes running text of about n characters, as pieces between which
// something may be put in. Pieces of Latin text are joined with blanks.
func (m *Maker) text(rng *rand.Rand, n int, latin bool) []string {
	var out []string
	for length, left := 0, 0; length < n; left-- {
		if left <= 0 {
			left = 4 + rng.IntN(9)
			out = m.stop(rng, out, latin)
		}
		piece := m.piece(rng, latin)
		out = append(out, piece)
		if length += utf8.RuneCountInString(piece); latin {
			length++
		}
	}
	return out
}

// stop puts a sign behind the last piece.
func (m *Maker) stop(rng *rand.Rand, pieces []string, latin bool) []string {
	if len(pieces) == 0 {
		return pieces
	}
	sign := "，"
	switch end := rng.IntN(3) == 0; {
	case latin && end:
		sign = "."
	case latin:
		sign = ","
	case end:
		sign = "。"
	}
	pieces[len(pieces)-1] += sign
	return pieces
}

// piece is a word, now and then a name, a number or a foreign word.
func (m *Maker) piece(rng *rand.Rand, latin bool) string {
	x := rng.Float64()
	switch {
	case x < 0.01:
		return strconv.Itoa(1 + rng.IntN(3000))
	case latin && x < 0.75:
		return pick(rng, strings.Fields(common))
	case latin, x < 0.02:
		return latinWord(rng)
	case x < 0.06:
		return m.name(rng)
	}
	return m.word(rng)
}

// common are frequent English words.
const common = "the of and to in a is that it was for on are as with his they at be this from have or by one had not but what " +
	"all were when we there can an your which their said if do will each about how up out them then she many some so these would " +
	"other into has more her two like him see time could no make than first been its who now people my made over did down only way " +
	"find use may water long little very after words called just where most know get through back much before go good new write our " +
	"used me man too any day same right look think also around another came come work three word must because does part even place " +
	"well such here take why things help put years different away again off went old number great tell men say small every found " +
	"still between name should home big give air line set own under read last never us left end along while might next sound below " +
	"saw something thought both few those always looked show large often together asked house world going want school important until " +
	"government city market police report company country week month president minister court party news press law million group"

// latinWord makes a word that is in no dictionary.
func latinWord(rng *rand.Rand) string {
	var b strings.Builder
	for range 2 + rng.IntN(3) {
		b.WriteString(pick(rng, []string{"b", "br", "c", "ch", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "w", "z"}))
		b.WriteString(pick(rng, []string{"a", "e", "i", "o", "u", "ai", "ou"}))
		if rng.IntN(3) == 0 {
			b.WriteString(pick(rng, []string{"n", "r", "l", "s", "t"}))
		}
	}
	return b.String()
}

// length draws how long a text is: 200 to 1,600 characters, 600 on average.
func length(rng *rand.Rand) int {
	return 200 + int(min(1400, -math.Log(1-rng.Float64())*430))
}

// plant puts items between the pieces of a text at places that are drawn, in
// the order of the items, and joins all.
func plant(rng *rand.Rand, pieces, items []string, latin bool) string {
	at := make([]int, len(items))
	for i := range at {
		at[i] = rng.IntN(len(pieces) + 1)
	}
	slices.Sort(at)
	var out []string
	for i := 0; i <= len(pieces); i++ {
		for k, item := range items {
			if at[k] == i {
				out = append(out, item)
			}
		}
		if i < len(pieces) {
			out = append(out, pieces[i])
		}
	}
	if latin {
		return strings.Join(out, " ")
	}
	return strings.Join(out, "")
}
