package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/scenario"
)

// plan is what an audit would do, before it does anything.
type plan struct {
	Name string `json:"name"`
	// Contact and Screen messages at first; Most is what screening may come
	// to if the app copies only some matches.
	Contact int `json:"contact"`
	Screen  int `json:"screen"`
	Most    int `json:"most"`
	// Listening is the time spent waiting for late copies, at least.
	Listening time.Duration   `json:"listening"`
	Limits    telltale.Limits `json:"limits"`
	Pairs     []scenario.Pair `json:"pairs"`
	Channel   []string        `json:"channel"`
	Scope     []string        `json:"scope"`
}

// printPlan tells what would be typed.
func (a *app) printPlan(s telltale.Scenario, asJSON bool) error {
	block := len(scenario.Screen(s, 0, s.Words))
	p := plan{
		Name: s.Name, Contact: len(scenario.Contact(s, 1)), Screen: s.Trials * block, Most: s.MaxTrials * block,
		Listening: s.Listen + 2*s.Window, Limits: s.Limits, Pairs: scenario.Controls(s), Channel: s.Channel, Scope: s.Scope,
	}
	if asJSON {
		return a.printJSON(p)
	}
	fmt.Fprintf(a.stdout, "%s: %d words, %d directions, seed %d\n\n", s.Name, len(s.Words), len(s.Directions), s.Seed)
	fmt.Fprintf(a.stdout, "  ways to check with harmless messages  %d\n", p.Contact)
	fmt.Fprintf(a.stdout, "  messages to try the words             %d (up to %d if the app copies only some matches)\n", p.Screen, p.Most)
	fmt.Fprintf(a.stdout, "  messages to isolate                   by what reacts: about 10 a trigger\n")
	fmt.Fprintf(a.stdout, "  listening                             at least %v\n", p.Listening)
	fmt.Fprintf(a.stdout, "  limits                                %+v\n", p.Limits)
	fmt.Fprintf(a.stdout, "  the message may pass through          %q\n", p.Channel)
	fmt.Fprintf(a.stdout, "  active checks may touch               %q\n\n", p.Scope)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  word\tblock\tdirection\tmatched control")
	for _, pair := range p.Pairs {
		fmt.Fprintf(w, "  %q\t%d\t%s\t%q\n", pair.Word, pair.Block, pair.Direction, pair.Control)
	}
	return w.Flush()
}
