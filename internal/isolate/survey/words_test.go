package survey_test

import (
	"math/rand/v2"
	"strings"
)

// decoys makes n words that no rule has, in several writings.
func decoys(rng *rand.Rand, n int, used map[string]bool) []string {
	var out []string
	for len(out) < n {
		w := decoy(rng)
		if !used[w] {
			used[w] = true
			out = append(out, w)
		}
	}
	return out
}

func decoy(rng *rand.Rand) string {
	switch x := rng.IntN(20); {
	case x < 12:
		return syllables(rng, "b d f g k l m n p r s t v", "a e i o u", 2+rng.IntN(3))
	case x < 14:
		return syllables(rng, "b d g k l m n", "a e o", 2) + " " + syllables(rng, "p r s t v", "i o u", 2)
	case x < 17:
		return syllables(rng, "б в г д ж к л м н п р с т", "а е и о у", 2+rng.IntN(2))
	}
	const han = "天地人水火山石田土木林草花鸟鱼虫马牛羊门窗书画笔墨纸灯车船路桥"
	runes := []rune(han)
	w := ""
	for range 2 + rng.IntN(3) {
		w += string(runes[rng.IntN(len(runes))])
	}
	return w
}

func syllables(rng *rand.Rand, consonants, vowels string, n int) string {
	c, v := strings.Fields(consonants), strings.Fields(vowels)
	w := ""
	for range n {
		w += c[rng.IntN(len(c))] + v[rng.IntN(len(v))]
	}
	return w
}
