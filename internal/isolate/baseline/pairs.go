package baseline

import (
	"slices"
	"unicode/utf8"
)

// Pairs finds single terms by halving, then pairs of those left: terms are
// put into blocks of half a message, and every two blocks are sent. As long as
// they react, a pair is found in them by bisection and one of its terms is put
// aside. At last the partners of each term put aside are found by halving
// among the others. It returns sets of one or two indices.
func Pairs(t Terms, ask AskTerms) ([][]int, error) {
	singles, err := Halving(t, ask)
	p := &pairing{t: t, ask: ask, gone: map[int]bool{}}
	for _, i := range singles {
		p.gone[i] = true
		p.out = append(p.out, []int{i})
	}
	if err == nil {
		err = p.blocks()
	}
	if err == nil {
		err = p.partners()
	}
	return p.out, err
}

type pairing struct {
	t     Terms
	ask   AskTerms
	gone  map[int]bool
	aside []int
	out   [][]int
}

func (p *pairing) left(items []int) []int {
	return slices.DeleteFunc(slices.Clone(items), func(i int) bool { return p.gone[i] })
}

func (p *pairing) add(a, b int) {
	pair := []int{min(a, b), max(a, b)}
	if !slices.ContainsFunc(p.out, func(x []int) bool { return slices.Equal(x, pair) }) {
		p.out = append(p.out, pair)
	}
}

// blocks clears all pairs of blocks.
func (p *pairing) blocks() error {
	half := (p.t.MaxLen - utf8.RuneCountInString(p.t.Sep)) / 2
	blocks := p.t.pack(p.left(p.t.every()), half)
	if len(blocks) == 1 {
		return p.drain(blocks[0])
	}
	for i := range blocks {
		for k := range i {
			if err := p.drain(slices.Concat(blocks[i], blocks[k])); err != nil {
				return err
			}
		}
	}
	return nil
}

// drain puts terms aside until a group is silent.
func (p *pairing) drain(group []int) error {
	for {
		group = p.left(group)
		if len(group) < 2 {
			return nil
		}
		hit, err := p.ask(group)
		if !hit || err != nil {
			return err
		}
		pair, err := p.minimal(group)
		if err != nil {
			return err
		}
		switch {
		case len(pair) == 0:
			return nil
		case len(pair) == 1: // a wrong answer hid it before
			p.out = append(p.out, pair)
		default:
			p.add(pair[0], pair[1])
			p.aside = append(p.aside, pair[0])
		}
		p.gone[pair[0]] = true
	}
}

// minimal finds the last term that the shortest beginning that reacts needs,
// then its partner, and sends the two alone. It returns nothing if they are
// silent.
func (p *pairing) minimal(group []int) ([]int, error) {
	with := func(fixed []int) func(int) (bool, error) {
		return func(n int) (bool, error) { return p.ask(slices.Concat(fixed, group[:n])) }
	}
	n, err := firstTrue(len(group), with(nil))
	if err != nil {
		return nil, err
	}
	pair := group[n-1 : n]
	group = group[:n-1]
	if hit, err := p.ask(pair); hit || err != nil || len(group) == 0 {
		return found(hit, pair), err
	}
	if n, err = firstTrue(len(group), with(pair)); err != nil {
		return nil, err
	}
	pair = slices.Concat(pair, group[n-1:n])
	hit, err := p.ask(pair)
	return found(hit, pair), err
}

func found(hit bool, set []int) []int {
	if hit {
		return set
	}
	return nil
}

// firstTrue finds the smallest n from 1 to most for which reacts is true, which
// it is taken to be for most.
func firstTrue(most int, reacts func(int) (bool, error)) (int, error) {
	last, err := lastTrue(0, most, func(n int) (bool, error) {
		ok, err := reacts(n)
		return !ok, err
	})
	return last + 1, err
}

// partners finds the other pairs of the terms put aside.
func (p *pairing) partners() error {
	others := p.left(p.t.every())
	sep := utf8.RuneCountInString(p.t.Sep)
	for n, v := range p.aside {
		room := p.t.MaxLen - sep - utf8.RuneCountInString(p.t.Terms[v])
		with := func(items []int) (bool, error) { return p.ask(append([]int{v}, items...)) }
		for _, group := range p.t.pack(others, room) {
			partners, err := halve(group, false, with)
			for _, w := range partners {
				p.add(v, w)
			}
			if err != nil {
				return err
			}
		}
		for _, w := range p.aside[:n] {
			hit, err := p.ask([]int{v, w})
			if err != nil {
				return err
			}
			if hit {
				p.add(v, w)
			}
		}
	}
	return nil
}
