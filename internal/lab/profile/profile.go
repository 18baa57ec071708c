// Package profile says how each app of the lab network behaves, and lays out
// everything about it that depends on the seed: word lists, who is watched,
// which collector takes whose copies, and the words that an investigation is
// asked to try. Every process of the lab makes the same [Plan] out of the
// same profile and seed; nothing has to be passed between them.
package profile

import (
	"fmt"
	"strings"
	"time"

	"example.org/telltale"
)

// Profile is one way for an app to behave, with a name for the command line.
type Profile struct {
	Name string `json:"name"`
	// Title in a few words, Summary in a sentence or two.
	Title   string `json:"title"`
	Summary string `json:"summary"`
	// Scan is the direction in which messages are matched; empty for none.
	Scan telltale.Direction `json:"scan,omitempty"`
	// Separate puts the filter into a process of its own.
	Separate bool `json:"separate,omitempty"`
	// Era chooses the ciphers and addresses of lists and uploads.
	Era Era `json:"era,omitempty"`
	// Blocks, Copies: the lists that are fetched, and what a hit does.
	Blocks bool `json:"blocks,omitempty"`
	Copies bool `json:"copies,omitempty"`
	// Uploads says that blocked messages are copied as well.
	Uploads bool `json:"uploads,omitempty"`
	// Watches copies all messages of listed accounts.
	Watches bool `json:"watches,omitempty"`
	// Everything copies all messages of all accounts.
	Everything bool `json:"everything,omitempty"`
	// Relay filters at the relay's operator and not in the client.
	Relay bool `json:"relay,omitempty"`
	// Noisy adds honest background traffic.
	Noisy bool `json:"noisy,omitempty"`
	// OneIn is how many hits there are to one upload, on average; 0 and 1
	// mean every hit. Delay is how late an upload may leave.
	OneIn int           `json:"one_in,omitempty"`
	Delay time.Duration `json:"delay,omitempty"`
}

// Era is a generation of the historic clients.
type Era string

// The eras: the 3.x clients (XOR chain, first DES key) and the 5.x clients
// (AES-256, second DES key).
const (
	Era2008 Era = "2008"
	Era2011 Era = "2011"
)

// All are the profiles in the order in which they are shown.
func All() []Profile {
	return []Profile{
		{
			Name: "clean", Title: "the clean build",
			Summary: "Messages go to the recipient and to nobody else. Nothing may be found.",
		},
		{
			Name: "clean-noisy", Title: "clean, but talkative", Noisy: true,
			Summary: "Clean, with update checks, counters, crash reports and previews of its own site. Nothing may be found.",
		},
		{
			Name: "tom-2006", Title: "received messages dropped", Scan: telltale.Received, Separate: true, Era: Era2008, Blocks: true,
			Summary: "A separate filter process fetches a word list and drops received messages that hold a word. Nothing is uploaded.",
		},
		{
			Name: "tom-2008", Title: "dropped and uploaded", Scan: telltale.Both, Era: Era2008, Blocks: true, Uploads: true,
			Summary: "Messages with a listed word vanish, in both directions, and a copy goes to an open collector.",
		},
		{
			Name: "tom-2011", Title: "dropped, or silently copied", Scan: telltale.Both, Era: Era2011, Blocks: true, Uploads: true, Copies: true,
			Summary: "One list drops and uploads; a second one lets the message pass and copies it silently.",
		},
		{
			Name: "watched-user", Title: "some accounts watched", Scan: telltale.Both, Era: Era2011, Watches: true,
			Summary: "Every message of the listed accounts is copied, whatever it says; other accounts are left alone.",
		},
		{
			Name: "always", Title: "everything copied", Scan: telltale.Both, Everything: true,
			Summary: "Every message of every account is reported over HTTPS, with a hashed token.",
		},
		{
			Name: "server-side", Title: "filtered at the relay", Scan: telltale.Both, Relay: true,
			Summary: "The relay's operator drops messages that hold all words of a combination, unless an exception stands beside them.",
		},
		{
			Name: "sampled", Title: "one hit in three copied, late", Scan: telltale.Both, Era: Era2011, Copies: true, OneIn: 3, Delay: 5 * time.Second,
			Summary: "Listed words are let pass; one hit in three is copied, up to five seconds later, several in one request.",
		},
	}
}

// Get finds a profile by name. The error lists the names there are.
func Get(name string) (Profile, error) {
	var names []string
	for _, p := range All() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Profile{}, fmt.Errorf("no profile %q: choose one of %s", name, strings.Join(names, ", "))
}

// Monitored reports whether the client reads messages for somebody else. It
// is false for the filter at the relay, which the client knows nothing of.
func (p Profile) Monitored() bool { return p.Scan != "" && !p.Relay }

// Lists reports whether the client fetches lists.
func (p Profile) Lists() bool { return p.Blocks || p.Copies || p.Watches }

// Collects reports whether the client uploads to the eight collectors.
func (p Profile) Collects() bool { return p.Uploads || p.Copies || p.Watches }
