package scenario

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"

	"example.org/telltale"
)

// Item is one message of the schedule, not yet a probe: id and canary are
// given when it is planned.
type Item struct {
	// Key is unique in the schedule and the same in every run of the scenario,
	// as in "screen/b0/sent/w3/treatment".
	Key string
	Arm telltale.Arm
	// Block is what the item may be compared within, as in "screen/b0".
	Block string
	// From and To are account names.
	From, To  string
	Direction telltale.Direction
	// Place is where the message is put; empty for the usual one.
	Place string
	// Word is the candidate or the control; empty for contact.
	Word string
	// Body is what is typed, without canaries. [Compose] adds them.
	Body string
}

// Compose writes what is typed: the body and both forms of the canary.
func Compose(body string, c telltale.Canary) string {
	return strings.TrimSpace(body + " " + c.Latin + " " + c.CJK)
}

// stream is the source of chance of one part of the schedule. Parts do not
// disturb one another: each is seeded with the scenario's seed and its label.
func stream(seed uint64, label string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(label))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// route is the way a message takes.
type route struct {
	from, to  string
	direction telltale.Direction
}

// routes lists the ways between an account of the app and the first peer.
func routes(s telltale.Scenario, account string) (out []route) {
	peer := first(s.Accounts, telltale.SidePeer)
	for _, d := range s.Directions {
		if d == telltale.Received {
			out = append(out, route{peer, account, d})
		} else {
			out = append(out, route{account, peer, d})
		}
	}
	return out
}

func first(accounts []telltale.Account, side telltale.Side) string {
	for _, a := range accounts {
		if a.Side == side {
			return a.Name
		}
	}
	return ""
}

// Contact lays out the harmless messages: n everyday sentences for every
// account of the app in every direction, in shuffled order.
func Contact(s telltale.Scenario, n int) []Item {
	rng := stream(s.Seed, "contact")
	sentences := harmlessSentences(s)
	rng.Shuffle(len(sentences), func(i, j int) { sentences[i], sentences[j] = sentences[j], sentences[i] })
	var items []Item
	for _, a := range s.Accounts {
		if a.Side != telltale.SideApp {
			continue
		}
		for _, r := range routes(s, a.Name) {
			for i := range n {
				items = append(items, Item{
					Key: fmt.Sprintf("contact/%s/%s/%d", a.Name, r.direction, i), Arm: telltale.ArmContact, Block: "contact",
					From: r.from, To: r.to, Direction: r.direction, Body: sentences[len(items)%len(sentences)],
				})
			}
		}
	}
	rng.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	return items
}

// Screen lays out one block: every word once in every direction, between the
// first account of the app and the first peer, and for each of them a control
// probe with a word that matches it. The order is shuffled over the whole
// block. Later blocks may have fewer words; what a word meets in a block does
// not depend on the others.
func Screen(s telltale.Scenario, block int, words []string) []Item {
	name := fmt.Sprintf("screen/b%d", block)
	index := make(map[string]int, len(s.Words))
	for i, w := range s.Words {
		index[w] = i
	}
	m := newMatcher(s.Words, s.Exclude, s.Controls)
	var items []Item
	for _, word := range words {
		label := fmt.Sprintf("w%d", index[word])
		if _, listed := index[word]; !listed {
			label = fmt.Sprintf("x%x", []byte(word))
		}
		controls := m.controls(s.Seed, word, block+1)
		for _, r := range routes(s, first(s.Accounts, telltale.SideApp)) {
			control := controls[slot(block, r.direction)]
			items = append(items,
				r.item(telltale.ArmTreatment, name, label, word),
				r.item(telltale.ArmControl, name, label, control))
		}
	}
	stream(s.Seed, name).Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	return items
}

func (r route) item(arm telltale.Arm, block, label, word string) Item {
	return Item{
		Key: fmt.Sprintf("%s/%s/%s/%s", block, r.direction, label, arm), Arm: arm, Block: block,
		From: r.from, To: r.to, Direction: r.direction, Word: word, Body: word,
	}
}

// slot is the place of a direction's control among a word's controls.
func slot(block int, d telltale.Direction) int {
	if d == telltale.Received {
		return 2*block + 1
	}
	return 2 * block
}

// controls draws the controls of a word for the first blocks, two a block,
// all different while the pool lasts.
func (m *matcher) controls(seed uint64, word string, blocks int) []string {
	rng := stream(seed, "controls/"+word)
	used := make(map[string]bool, 2*blocks)
	out := make([]string, 2*blocks)
	for i := range out {
		out[i] = m.match(word, rng, used)
		used[out[i]] = true
	}
	return out
}

// Pair is a word and its control in one block and direction.
type Pair struct {
	Block         int
	Direction     telltale.Direction
	Word, Control string
	Gap           Gap
}

// Controls lists the controls of the first blocks (Trials of them), for the
// plan that is shown before anything is typed.
func Controls(s telltale.Scenario) []Pair {
	m := newMatcher(s.Words, s.Exclude, s.Controls)
	var pairs []Pair
	for _, word := range s.Words {
		controls := m.controls(s.Seed, word, s.Trials)
		for block := range s.Trials {
			for _, d := range s.Directions {
				c := controls[slot(block, d)]
				pairs = append(pairs, Pair{block, d, word, c, Distance(word, c)})
			}
		}
	}
	return pairs
}
