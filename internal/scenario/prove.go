package scenario

import (
	"fmt"
	"hash/fnv"
	"strings"

	"example.org/telltale"
)

// Suspect is a set of words that a survey found to react, to be proved with
// fresh messages.
type Suspect struct {
	Parts     []string
	Direction telltale.Direction
	Place     string
	// Treated messages hold the words alone, Control ones a harmless word
	// for each of them.
	Treated, Control int
}

// Text is what is typed: the words and nothing else.
func (s Suspect) Text() string { return strings.Join(s.Parts, " ") }

// Key begins the keys of its messages.
func (s Suspect) Key() string {
	return fmt.Sprintf("prove/%s/%s/%s/", s.Direction, s.Place, Mark(s.Text()))
}

// Prove lays out one block: the messages that prove the suspects and their
// controls, in shuffled order. The key of a message follows from its words,
// so that a block that is laid out again finds what was asked already.
func Prove(s telltale.Scenario, block string, suspects []Suspect) []Item {
	m := newMatcher(s.Words, s.Exclude, s.Controls)
	var items []Item
	for _, suspect := range suspects {
		r, ok := routeOf(s, suspect.Direction)
		if !ok {
			continue
		}
		controls := m.twins(s.Seed, suspect)
		name := suspect.Key()
		for i := range suspect.Treated {
			items = append(items, r.at(suspect.Place, Item{
				Key: fmt.Sprintf("%st%d", name, i), Arm: telltale.ArmTreatment, Block: block, Word: suspect.Text(), Body: suspect.Text(),
			}))
		}
		for i, control := range controls {
			items = append(items, r.at(suspect.Place, Item{
				Key: fmt.Sprintf("%sc%d", name, i), Arm: telltale.ArmControl, Block: block, Word: control, Body: control,
			}))
		}
	}
	stream(s.Seed, block).Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	return items
}

// twins are texts of the suspect's shape: a harmless word for each part.
func (m *matcher) twins(seed uint64, suspect Suspect) []string {
	rng := stream(seed, "twins/"+suspect.Text())
	used := map[string]bool{}
	out := make([]string, suspect.Control)
	for i := range out {
		words := make([]string, len(suspect.Parts))
		for j, part := range suspect.Parts {
			words[j] = m.match(part, rng, used)
			used[words[j]] = true
		}
		out[i] = strings.Join(words, " ")
	}
	return out
}

// Mark is a short name for a text, as part of a key.
func Mark(text string) string {
	h := fnv.New64a()
	h.Write([]byte(text))
	return fmt.Sprintf("%016x", h.Sum64())
}

// ContactAt is Contact for the first account of the app, one direction, and a
// place that is not the usual one.
func ContactAt(s telltale.Scenario, place string, d telltale.Direction, n int) []Item {
	r, ok := routeOf(s, d)
	if !ok {
		return nil
	}
	name := fmt.Sprintf("contact/%s/%s", place, d)
	rng := stream(s.Seed, name)
	sentences := harmlessSentences(s)
	rng.Shuffle(len(sentences), func(i, j int) { sentences[i], sentences[j] = sentences[j], sentences[i] })
	items := make([]Item, n)
	for i := range items {
		items[i] = r.at(place, Item{
			Key: fmt.Sprintf("%s/%d", name, i), Arm: telltale.ArmContact, Block: "contact", Body: sentences[i%len(sentences)],
		})
	}
	return items
}

// routeOf is the way of a direction between the first accounts of each side.
func routeOf(s telltale.Scenario, d telltale.Direction) (route, bool) {
	for _, r := range routes(s, first(s.Accounts, telltale.SideApp)) {
		if r.direction == d {
			return r, true
		}
	}
	return route{}, false
}

// at sends an item on its way.
func (r route) at(place string, item Item) Item {
	item.From, item.To, item.Direction, item.Place = r.from, r.to, r.direction, place
	return item
}

// Ask makes one question of a search or survey, which is no part of a block.
func Ask(s telltale.Scenario, d telltale.Direction, place, key, body string) Item {
	r, _ := routeOf(s, d)
	return r.at(place, Item{Key: key, Arm: telltale.ArmIsolate, Block: "survey", Body: body})
}
