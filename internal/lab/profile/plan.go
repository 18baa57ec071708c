package profile

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"

	"example.org/telltale"
	"example.org/telltale/internal/lab/people"
)

// Accounts under test, the same in every profile. Alice and Carol use the
// app, Bob a clean client of his own.
const (
	Alice = "alice"
	Bob   = "bob"
	Carol = "carol"
)

// Accounts are the accounts under test with their sides.
func Accounts() []telltale.Account {
	return []telltale.Account{
		{Name: Alice, Side: telltale.SideApp}, {Name: Carol, Side: telltale.SideApp}, {Name: Bob, Side: telltale.SidePeer},
	}
}

// Plan is a profile with everything that depends on the seed.
type Plan struct {
	Profile Profile
	Seed    uint64
	// Build goes into the client's resource file.
	Build Build
	Lists []List
	// Rules of the relay's operator.
	Rules []Rule
	// Words an investigation is asked to try, about 20: some set the app
	// off, some only look like it.
	Words []string
	// Watched accounts.
	Watched []string
	// Crowd are the scripted users of the background.
	Crowd []Member
}

// List is one list on the list server.
type List struct {
	Source
	// Path on the list server, as in "/agent/keyfile_u".
	Path string
	// Lines as served, duplicates included.
	Lines []string
	// Older is an earlier snapshot, which a stale mirror still serves; Test
	// the single line of a test push.
	Older []string
	Test  string
}

// Rule is a combination: a message that holds all of All and none of Unless
// is dropped.
type Rule struct {
	All    []string `json:"all"`
	Unless []string `json:"unless,omitempty"`
}

// Member is one scripted user.
type Member struct {
	Name string
	// Monitored members use the app under test, the others the clean build.
	Monitored bool
	// Address is what the client says of itself in login records: synthetic.
	Address netip.Addr
}

// NewPlan lays out a profile. The same profile and seed give the same plan.
func NewPlan(p Profile, seed uint64) Plan {
	plan := Plan{Profile: p, Seed: seed}
	plan.Crowd = plan.crowd()
	words := people.NewWords(plan.Source("words"))
	switch {
	case p.Relay:
		plan.Rules, plan.Words = combinations(words, people.New(plan.Source("article")))
	case p.Blocks || p.Copies:
		plan.wordLists(words)
	default:
		plan.Words = decoys(words, 8)
	}
	if p.Watches {
		plan.watchList()
	}
	plan.Build = plan.build()
	rng := plan.Source("order")
	rng.Shuffle(len(plan.Words), func(i, j int) { plan.Words[i], plan.Words[j] = plan.Words[j], plan.Words[i] })
	return plan
}

// Source is a random source of the plan's own: profile, seed and label.
func (p Plan) Source(label string) *rand.Rand {
	return people.Source(p.Seed, p.Profile.Name+"/"+label)
}

const (
	crowdSize = 30
	// monitoredOf is how many in three members use the app under test.
	monitoredOf = 2
)

func (p Plan) crowd() []Member {
	draw := people.New(p.Source("crowd"), Alice, Bob, Carol)
	crowd := make([]Member, crowdSize)
	for i := range crowd {
		crowd[i] = Member{Name: draw.User(), Monitored: i%3 < monitoredOf, Address: draw.Address()}
	}
	return crowd
}

// Address is the synthetic address that an account's client claims to have.
func (p Plan) Address(account string) netip.Addr {
	for _, m := range p.Crowd {
		if m.Name == account {
			return m.Address
		}
	}
	return people.New(p.Source("address/" + account)).Address()
}

// Line is something a scripted user says.
type Line struct{ From, To, Text string }

// Talk draws what is said next in the background: everyday sentences, and
// about one in eight around a listed word.
func (p Plan) Talk(rng *rand.Rand) Line {
	from := rng.IntN(len(p.Crowd))
	to := (from + 1 + rng.IntN(len(p.Crowd)-1)) % len(p.Crowd)
	line := Line{From: p.Crowd[from].Name, To: p.Crowd[to].Name}
	draw := people.New(rng)
	if words := p.Entries(); len(words) > 0 && rng.IntN(8) == 0 {
		line.Text = draw.Holding(words[rng.IntN(len(words))])
	} else {
		line.Text = draw.Text()
	}
	return line
}

// Entries are the distinct words of the word lists, in the lists' order.
// Watched accounts are not among them.
func (p Plan) Entries() []string {
	var words []string
	seen := map[string]bool{}
	for _, list := range p.Lists {
		if list.Use == UseWatch {
			continue
		}
		for _, word := range list.Lines {
			if !seen[word] {
				seen[word] = true
				words = append(words, word)
			}
		}
	}
	return words
}

// Watches reports whether all messages of an account are copied.
func (p Plan) Watches(account string) bool {
	return p.Profile.Everything || slices.Contains(p.Watched, account)
}

// CollectorHost is the host that takes the copies of an account's client;
// empty if there is none.
func (p Plan) CollectorHost(account string) string {
	switch {
	case p.Profile.Everything:
		return HostReport
	case p.Profile.Collects():
		return fmt.Sprintf(hostCollector, p.Build.Upload.Collector(account))
	}
	return ""
}
