package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/bench"
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
	// Ways are the directions and places in which words are tried.
	Ways int `json:"ways"`
	// Clear and Typical are estimates of one survey, without any rule and
	// with some; nil if each word is tried on its own.
	Clear   *bench.Estimate `json:"clear,omitempty"`
	Typical *bench.Estimate `json:"typical,omitempty"`
}

// typicalRules is how many rules a typical filter is taken to have.
const typicalRules = 10

// surveyPlan adds what a survey would come to.
func (p *plan) surveyPlan(s telltale.Scenario) error {
	clear, err := bench.EstimateSurvey(s, 0)
	if err != nil {
		return err
	}
	typical, err := bench.EstimateSurvey(s, typicalRules)
	if err != nil {
		return err
	}
	p.Clear, p.Typical, p.Pairs = &clear, &typical, nil
	p.Screen, p.Most = 0, 0
	return nil
}

// total are the messages of a run: each rule is proved with about five more.
func (p *plan) total(e bench.Estimate) int { return p.Contact + p.Ways*e.Messages + 5*e.Rules }

// printPlan tells what would be typed.
func (a *app) printPlan(s telltale.Scenario, asJSON bool) error {
	block := len(scenario.Screen(s, 0, s.Words))
	p := plan{
		Name: s.Name, Contact: len(scenario.Contact(s, 1)), Screen: s.Trials * block, Most: s.MaxTrials * block,
		Listening: s.Listen + 2*s.Window, Limits: s.Limits, Pairs: scenario.Controls(s), Channel: s.Channel, Scope: s.Scope,
	}
	p.Ways = len(s.Directions) * max(1, len(s.Places))
	if scenario.Surveys(s) {
		if err := p.surveyPlan(s); err != nil {
			return err
		}
	}
	if asJSON {
		return a.printJSON(p)
	}
	fmt.Fprintf(a.stdout, "%s: %d words, %v, seed %d\n\n", s.Name, len(s.Words), joined(s.Directions), s.Seed)
	fmt.Fprintf(a.stdout, "  ways to check with harmless messages  %d\n", p.Contact)
	a.printMessages(p)
	fmt.Fprintf(a.stdout, "  listening                             at least %v\n", p.Listening)
	fmt.Fprintf(a.stdout, "  limits                                %s\n", limitsText(p.Limits))
	fmt.Fprintf(a.stdout, "  the message may pass through          %q\n", p.Channel)
	fmt.Fprintf(a.stdout, "  active checks may touch               %q\n\n", p.Scope)
	if p.Clear != nil {
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  word\tblock\tdirection\tmatched control")
	for _, pair := range p.Pairs {
		fmt.Fprintf(w, "  %q\t%d\t%s\t%q\n", pair.Word, pair.Block, pair.Direction, pair.Control)
	}
	return w.Flush()
}

// printMessages tells how many messages the words will take.
func (a *app) printMessages(p plan) {
	if p.Clear == nil {
		fmt.Fprintf(a.stdout, "  messages to try the words             %d (up to %d if the app copies only some matches)\n", p.Screen, p.Most)
		fmt.Fprintf(a.stdout, "  messages to isolate                   by what reacts: about 10 a trigger\n")
		return
	}
	times := ""
	if p.Ways > 1 {
		times = fmt.Sprintf(", in each of %d ways", p.Ways)
	}
	fmt.Fprintf(a.stdout, "  words are tried                       many in one message%s\n", times)
	fmt.Fprintf(a.stdout, "  messages if nothing reacts            about %d\n", p.total(*p.Clear))
	fmt.Fprintf(a.stdout, "  messages with %2d rules                about %d, of which %d trigger\n", p.Typical.Rules,
		p.total(*p.Typical), p.Ways*p.Typical.Triggering+3*p.Typical.Rules)
	const slow, quick = 2 * time.Second, 100 * time.Millisecond
	fmt.Fprintf(a.stdout, "  time                                  %v to %v, by how quick the service is and by limits.pause\n",
		(time.Duration(p.total(*p.Typical)) * (quick + p.Limits.Pause)).Round(time.Second),
		(time.Duration(p.total(*p.Typical)) * (slow + p.Limits.Pause)).Round(time.Second))
}

func joined(directions []telltale.Direction) string {
	var out []string
	for _, d := range directions {
		out = append(out, string(d))
	}
	return strings.Join(out, " and ")
}

// limitsText tells the limits that there are.
func limitsText(l telltale.Limits) string {
	var out []string
	add := func(set bool, format string, args ...any) {
		if set {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	add(l.Messages > 0, "%d messages", l.Messages)
	add(l.Triggering > 0, "%d triggering messages", l.Triggering)
	add(l.Duration > 0, "%v in all", l.Duration)
	add(l.Pause > 0, "%v between messages", l.Pause)
	add(l.Hours != "", "only at %s", l.Hours)
	add(l.Voids > 0, "stops after %d voids in a row", l.Voids)
	return strings.Join(out, "; ")
}
