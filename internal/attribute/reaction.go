package attribute

import (
	"cmp"
	"maps"
	"slices"

	"example.org/telltale"
	"example.org/telltale/internal/attribute/stats"
)

// reaction is one thing an app may do with a message: copy it, or keep it
// from its recipient.
type reaction struct {
	// counts says whether a trial can answer the question at all.
	counts func(*trial) bool
	// hit says that the app reacted.
	hit func(*trial) bool
}

func copying() reaction {
	return reaction{
		counts: func(t *trial) bool { return !t.void() && (t.heard || t.copied()) },
		hit:    (*trial).copied,
	}
}

// keeping asks for one outcome that keeps the message from its recipient.
func keeping(o telltale.Outcome) reaction {
	return reaction{
		counts: func(t *trial) bool { return !t.void() },
		hit:    func(t *trial) bool { return t.outcome == o },
	}
}

// tally counts trials and those that reacted.
type tally struct{ k, n int }

func (y *tally) add(hit bool) {
	y.n++
	if hit {
		y.k++
	}
}

func (y tally) share() float64 {
	if y.n == 0 {
		return 0
	}
	return float64(y.k) / float64(y.n)
}

func (r reaction) tally(list []*trial) tally {
	var y tally
	for _, t := range list {
		if r.counts(t) {
			y.add(r.hit(t))
		}
	}
	return y
}

// tallyBy counts separately for each value of key.
func (r reaction) tallyBy(list []*trial, key func(*trial) string) map[string]*tally {
	out := map[string]*tally{}
	for _, t := range list {
		if !r.counts(t) {
			continue
		}
		if out[key(t)] == nil {
			out[key(t)] = &tally{}
		}
		out[key(t)].add(r.hit(t))
	}
	return out
}

func (r reaction) hits(list []*trial) []*trial {
	return slices.DeleteFunc(slices.Clone(list), func(t *trial) bool { return !r.counts(t) || !r.hit(t) })
}

// counting returns the trials that can answer the question.
func (r reaction) counting(list []*trial) []*trial {
	return slices.DeleteFunc(slices.Clone(list), func(t *trial) bool { return !r.counts(t) })
}

func wordOf(t *trial) string    { return t.Word }
func accountOf(t *trial) string { return t.account }

// watched sorts accounts by how often their harmless messages set off the
// reaction.
type watched struct {
	// yes: at least a quarter of them, and more than one (or all there are).
	yes []string
	// no: none of them.
	no []string
	// unclear: anything between, as when one harmless text holds a word, and
	// accounts none of whose trials has an answer.
	unclear []string
}

// watchedShare is the share of harmless messages from which on an account is
// taken to be watched whatever it writes. Apps that sample copy a part only.
const watchedShare = 0.25

// watchedAccounts sorts the accounts of the harmless trials, void ones
// included: an account that could not be watched must not pass unnoticed.
func watchedAccounts(r reaction, harmless []*trial) watched {
	var w watched
	by := r.tallyBy(harmless, accountOf)
	for _, t := range harmless {
		if by[t.account] == nil {
			by[t.account] = &tally{}
		}
	}
	for _, account := range slices.Sorted(maps.Keys(by)) {
		y := by[account]
		switch {
		case y.n == 0:
			w.unclear = append(w.unclear, account)
		case y.k == 0:
			w.no = append(w.no, account)
		case y.k == y.n || y.k >= 2 && y.share() >= watchedShare:
			w.yes = append(w.yes, account)
		default:
			w.unclear = append(w.unclear, account)
		}
	}
	return w
}

// always: the accounts that were tried are watched, all of them.
func (w watched) always() bool { return len(w.yes) > 0 && len(w.no) == 0 && len(w.unclear) == 0 }

// some: there are watched accounts, and others that are not.
func (w watched) some() bool { return len(w.yes) > 0 && len(w.no) > 0 }

// wordsP tests whether the reaction depends on the words: the smallest of
// three tests, times three for their number. One compares the arms as a whole
// within blocks; one compares each word with all harmless messages, corrected
// for the number of words, which has the power if a few of many words react;
// one compares the messages foretold to react, because they hold a trigger
// that was certified on other messages (those of the other direction).
func wordsP(r reaction, a arms, foretold []*trial, lot stats.Lot) float64 {
	harmless := a.ofAccount()
	base := r.tally(harmless)
	words := r.tallyBy(a.treated, wordOf)
	least := stats.Upper(blocksOf(r, a.treated, harmless), lot).P
	for _, y := range words {
		p, _ := stats.Fisher(y.k, y.n, base.k, base.n)
		least = min(least, p*float64(len(words)))
	}
	y := r.tally(foretold)
	p, _ := stats.Fisher(y.k, y.n, base.k, base.n)
	return min(1, 3*min(least, p))
}

// blocksOf lays reactions out by block, as 0 and 1. Harmless messages outside
// the blocks were not part of the lot and are left out.
func blocksOf(r reaction, treated, harmless []*trial) []stats.Block {
	blocks := map[string]*stats.Block{}
	for _, t := range slices.Concat(treated, harmless) {
		if !r.counts(t) || t.Block == "" || t.Arm == telltale.ArmContact {
			continue
		}
		b := blocks[t.Block]
		if b == nil {
			b = &stats.Block{}
			blocks[t.Block] = b
		}
		value := 0
		if r.hit(t) {
			value = 1
		}
		if t.harmless() {
			b.Control = append(b.Control, value)
		} else {
			b.Treated = append(b.Treated, value)
		}
	}
	var out []stats.Block
	for _, name := range slices.Sorted(maps.Keys(blocks)) {
		out = append(out, *blocks[name])
	}
	return out
}

// repeating lists the words that reacted twice at least and in most of their
// trials, most reactions first. One lost message makes no word.
func repeating(r reaction, treated []*trial) []string {
	by := r.tallyBy(treated, wordOf)
	words := slices.Collect(maps.Keys(by))
	words = slices.DeleteFunc(words, func(w string) bool { return by[w].k < 2 || 2*by[w].k <= by[w].n })
	slices.SortFunc(words, func(a, b string) int {
		return cmp.Or(cmp.Compare(by[b].k, by[a].k), cmp.Compare(a, b))
	})
	return words
}
