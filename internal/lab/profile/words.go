package profile

import (
	"slices"
	"strings"

	"example.org/telltale/internal/lab/people"
)

// Names and paths of the lists.
const (
	pathKeyfile  = "/agent/newkeyfile/keyfile"
	pathKeyfileU = "/agent/keyfile_u"
	pathWatch    = "/agent/watchfile"
	pathCheck    = "/agent/skypever.php"
)

// Lengths of the lists, as of snapshots of the published ones.
const (
	linesKeyfile  = 269
	linesKeyfileU = 157
)

// wordLists fills Lists and Words for the profiles whose client has words.
func (p *Plan) wordLists(w *people.Words) {
	both := p.Profile.Blocks && p.Profile.Copies
	if p.Profile.Blocks {
		use := UseDrop
		if p.Profile.Uploads {
			use = UseDropCopy
		}
		p.addList(w, pathKeyfile, linesKeyfile, use, triggers(w, both))
	}
	if p.Profile.Copies {
		p.addList(w, pathKeyfileU, linesKeyfileU, UseCopy, triggers(w, both || p.Profile.OneIn > 1))
	}
	p.Words = append(p.Words, decoys(w, 5)...)
}

// triggers draws the words of a list that will be tried.
func triggers(w *people.Words, few bool) []string {
	words := []string{w.Han(2), w.Latin(), w.Han(4), w.Han(3), w.Phrase()}
	if !few {
		words = append(words, w.Han(2), w.Latin(), w.Han(3))
	}
	return words
}

// addList puts a list on the list server that holds the words, and candidate
// texts for them. The third and the last stand inside other text; a word cut
// short and half a phrase are added, which do nothing.
func (p *Plan) addList(w *people.Words, path string, lines int, use Use, words []string) {
	texts := slices.Clone(words)
	texts[2] = "我们看见" + words[2] + "很高兴"
	last := len(words) - 1
	texts[last] = "say " + words[last] + " again"
	half, _, _ := strings.Cut(words[4], " ")
	p.Words = append(append(p.Words, texts...), cutShort(words[3]), half)

	list := List{Source: p.source(path, use), Path: path, Lines: w.List(lines, words), Test: w.Han(4)}
	list.Older = p.older(w, path, list.Lines, words)
	p.Lists = append(p.Lists, list)
}

func cutShort(word string) string {
	runes := []rune(word)
	return string(runes[:len(runes)-1])
}

// older is an earlier snapshot: a third of the lines are not on it yet, and
// some that have gone since still are. The words to be tried are on both.
func (p *Plan) older(w *people.Words, path string, lines, words []string) []string {
	rng := p.Source("older" + path)
	var older []string
	for _, line := range lines {
		if slices.Contains(words, line) || rng.IntN(3) > 0 {
			older = append(older, line)
		}
	}
	for range len(lines) / 10 {
		older = append(older, w.Entry())
	}
	return older
}

func (p *Plan) source(path string, use Use) Source {
	check := "http://" + HostList + pathCheck + "?md5="
	if path != pathKeyfile {
		check = "http://" + HostList + pathCheck + "?f=" + path[strings.LastIndex(path, "/")+1:] + "&md5="
	}
	return Source{URL: "http://" + HostList + path, Check: check, Box: p.Profile.Era.listBox(), Use: use}
}

// watchList makes a list of watched accounts: Alice, some of the crowd, and
// some whom nobody here knows.
func (p *Plan) watchList() {
	names := []string{Alice}
	for i, m := range p.Crowd {
		if i%5 == 0 {
			names = append(names, m.Name)
		}
	}
	known := []string{Alice, Bob, Carol}
	for _, m := range p.Crowd {
		known = append(known, m.Name)
	}
	draw := people.New(p.Source("watched"), known...)
	for range 12 {
		names = append(names, draw.User())
	}
	rng := p.Source("watched/order")
	rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	p.Watched = names
	p.Lists = append(p.Lists, List{
		Source: p.source(pathWatch, UseWatch), Path: pathWatch, Lines: names, Older: newer(names), Test: draw.User(),
	})
}

// newer leaves out a few names that an older list would not have had; Alice
// has been watched for long.
func newer(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name != Alice && len(name)%4 == 0 })
}

// decoys draws candidates that set nothing off: n of the look of triggers,
// and a few of everyday words.
func decoys(w *people.Words, n int) []string {
	words := []string{"周末看电影", "picnic basket", "图书馆的书架"}
	for i := range n {
		switch i % 4 {
		case 0:
			words = append(words, w.Han(2))
		case 1:
			words = append(words, w.Latin())
		case 2:
			words = append(words, w.Han(4))
		case 3:
			words = append(words, w.Phrase())
		}
	}
	return words
}

// combinations draws the relay operator's rules and candidates for them:
// whole combinations in two orders, one beside its exception, parts alone, and
// an article that holds one.
func combinations(w *people.Words, draw *people.People) ([]Rule, []string) {
	pair := Rule{All: []string{w.Han(2), w.Han(3)}}
	triple := Rule{All: []string{w.Han(2), w.Latin(), w.Han(2)}}
	excepted := Rule{All: []string{w.Han(3), w.Latin()}, Unless: []string{w.Han(2)}}
	untried := Rule{All: []string{w.Han(2), w.Latin()}}
	words := []string{
		pair.All[0] + "和" + pair.All[1], pair.All[1] + " 跟着 " + pair.All[0],
		triple.All[0] + " 你好 " + triple.All[1] + " 再见 " + triple.All[2],
		excepted.All[0] + " 在家 " + excepted.All[1],
		excepted.All[0] + " 在家 " + excepted.All[1] + " 吃饭 " + excepted.Unless[0],
		pair.All[0], pair.All[1], triple.All[0] + " 你好 " + triple.All[1], excepted.All[1], excepted.Unless[0], untried.All[0],
	}
	words = append(words, decoys(w, 4)...)
	rule, text := article(w, draw)
	return []Rule{pair, triple, excepted, untried, rule}, append(words, text)
}

// article is a long text that holds a combination, its parts far apart: so
// long that the words have to be found in it, not just checked.
func article(w *people.Words, draw *people.People) (Rule, string) {
	rule := Rule{All: []string{w.Han(3), w.Latin(), w.Han(2)}}
	var text strings.Builder
	for _, part := range rule.All {
		text.WriteString(draw.Text() + " " + draw.Holding(part) + " " + draw.Text() + " ")
	}
	return rule, text.String() + draw.Holding()
}
