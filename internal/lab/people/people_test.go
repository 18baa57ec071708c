package people_test

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"example.org/telltale"
	"example.org/telltale/internal/lab/people"
)

const seeds = 50

func TestPeopleAreSynthetic(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`^[a-z0-9][a-z0-9.]{0,30}[a-z0-9]$`)
	number := regexp.MustCompile(`^(\+1[0-9]{3}55501[0-9]{2}|\+442079460[0-9]{3}|\+442920180[0-9]{3})$`)
	docs := []netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	}
	p, seen := people.New(people.Source(1, "t"), "alice"), map[string]bool{"alice": true}
	for range 1000 {
		user := p.User()
		if !name.MatchString(user) || seen[user] {
			t.Fatalf("user %q: malformed or twice", user)
		}
		seen[user] = true
		if n := p.Number(); !number.MatchString(n) {
			t.Fatalf("number %q is not from a range kept for fiction", n)
		}
		a := p.Address()
		if !docs[0].Contains(a) && !docs[1].Contains(a) && !docs[2].Contains(a) {
			t.Fatalf("address %v is not from a documentation range", a)
		}
	}
}

func TestSourceDependsOnSeedAndLabelAlone(t *testing.T) {
	t.Parallel()
	draw := func(seed uint64, label string) string { return people.NewWords(people.Source(seed, label)).Han(8) }
	if first, again := draw(1, "a"), draw(1, "a"); first != again {
		t.Error("the same seed and label give different words")
	}
	if draw(1, "a") == draw(2, "a") || draw(1, "a") == draw(1, "b") {
		t.Error("another seed or label gives the same word")
	}
}

func TestWordsHoldNoOtherAndStayOutOfEverydayTexts(t *testing.T) {
	t.Parallel()
	for seed := range uint64(seeds) {
		list := people.NewWords(people.Source(seed, "list")).List(442, nil)
		distinct := map[string]bool{}
		for _, word := range list {
			distinct[word] = true
		}
		p := people.New(people.Source(seed, "people"))
		var texts strings.Builder
		for range 300 {
			texts.WriteString(p.Text() + "\n" + p.Holding() + "\n")
		}
		for range 20 {
			c := telltale.NewCanary([]byte{byte(seed)}, p.User())
			texts.WriteString(c.Latin + " " + c.CJK + "\n")
		}
		for word := range distinct {
			if strings.Contains(texts.String(), word) {
				t.Errorf("seed %d: %q stands in everyday texts", seed, word)
			}
			for other := range distinct {
				if word != other && strings.Contains(word, other) {
					t.Errorf("seed %d: %q holds %q", seed, word, other)
				}
			}
		}
	}
}

func TestRareCharactersAreNeitherCanaryNorEveryday(t *testing.T) {
	t.Parallel()
	everyday := "山水火木石田土竹米羊牛果花草茶瓜刀弓衣巾舟白青天玉耳豆瓦井泉早禾"
	p := people.New(people.Source(3, "people"))
	for range 3000 {
		everyday += p.Text()
	}
	words := people.NewWords(people.Source(3, "words"))
	for range 200 {
		if word := words.Han(6); strings.ContainsAny(word, everyday) {
			t.Fatalf("%q has an everyday character", word)
		}
	}
}

func TestListsHaveThePublishedShape(t *testing.T) {
	t.Parallel()
	var lines, ascii, spaced, short, duplicates float64
	for seed := range uint64(seeds) {
		seen, longest := map[string]bool{}, 0
		for _, word := range people.NewWords(people.Source(seed, "list")).List(300, nil) {
			n := utf8.RuneCountInString(word)
			longest = max(longest, n)
			lines++
			ascii += one(n == len(word))
			spaced += one(strings.Contains(word, " "))
			short += one(n != len(word) && n >= 2 && n <= 4)
			duplicates += one(seen[word])
			seen[word] = true
		}
		if longest != people.MaxWord {
			t.Errorf("seed %d: longest entry has %d characters, want %d", seed, longest, people.MaxWord)
		}
	}
	for _, c := range []struct {
		what           string
		n, least, most float64
	}{
		{"pure ASCII", ascii, .05, .09}, {"with a space", spaced, .06, .10},
		{"two to four Han", short, .60, .80}, {"duplicate", duplicates, .01, .03},
	} {
		if share := c.n / lines; share < c.least || share > c.most {
			t.Errorf("%s: share %.3f, want %.2f to %.2f", c.what, share, c.least, c.most)
		}
	}
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func TestListKeepsTheWordsGiven(t *testing.T) {
	t.Parallel()
	w := people.NewWords(people.Source(9, "list"))
	own := []string{w.Han(2), w.Latin(), w.Phrase()}
	list := w.List(60, own)
	if len(list) != 60 {
		t.Errorf("%d lines, want 60", len(list))
	}
	for _, word := range own {
		if !strings.Contains("\n"+strings.Join(list, "\n")+"\n", "\n"+word+"\n") {
			t.Errorf("%q is not on the list", word)
		}
	}
}
