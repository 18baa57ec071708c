package report

import (
	"strconv"

	"example.org/telltale"
)

// Methods says how the case was made, so that it can be made again.
type Methods struct {
	Facts []Fact       `json:"facts"`
	Used  []MethodUsed `json:"used"`
}

// Fact is one line of a table of two columns.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// MethodUsed is a method and the findings stated by it.
type MethodUsed struct {
	Method   string `json:"method"`
	Version  string `json:"version"`
	Findings string `json:"findings"`
}

func (x *index) methods() Methods {
	s := &x.rec.Scenario
	return Methods{Used: x.methodsUsed(), Facts: filled([]Fact{
		{x.Say("method.texts"), x.Say("method.texts-are", "n", x.Number(len(s.Words)), "going", x.goingWords(s.Directions))},
		{x.Say("method.trials"), x.Say("method.trials-are", "n", x.Number(s.Trials), "most", x.Number(max(s.Trials, s.MaxTrials)))},
		{x.Say("method.order"), x.Say("method.order-is", "seed", strconv.FormatUint(s.Seed, 10))},
		{x.Say("method.window"), x.Say("method.window-is", "time", span(s.Window))},
		{x.Say("method.listen"), x.Say("method.listen-is", "time", span(s.Listen))},
		{x.Say("method.alpha"), x.Say("method.alpha-is", "alpha", percent(s.Alpha))},
		{x.Say("method.channel"), x.ListMore(cutAll(s.Channel, 8, 60), 8)},
		{x.Say("method.scope"), x.ListMore(cutAll(s.Scope, 8, 60), 8)},
		{x.Say("method.accounts"), x.accountWords()},
	})}
}

func filled(facts []Fact) []Fact {
	var out []Fact
	for _, f := range facts {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return out
}

func (x *index) accountWords() string {
	app, peers := cutAll(x.accounts(telltale.SideApp), 6, 40), cutAll(x.accounts(telltale.SidePeer), 6, 40)
	switch {
	case len(app) == 0:
		return ""
	case len(peers) == 0:
		return x.Say("method.accounts-app", "app", x.List(app))
	}
	return x.Say("method.accounts-are", "app", x.List(app), "peers", x.List(peers))
}

// methodsUsed lists the distinct methods in the order of the findings.
func (x *index) methodsUsed() []MethodUsed {
	out := []MethodUsed{}
	ids := map[MethodUsed][]string{}
	for i := range x.rec.Findings {
		f := &x.rec.Findings[i]
		key := MethodUsed{Method: cut(f.Method, 300), Version: cut(f.Version, 40)}
		if _, known := ids[key]; !known && len(out) < mostCoverage {
			out = append(out, key)
		}
		ids[key] = append(ids[key], f.ID)
	}
	for i := range out {
		out[i].Findings = x.evidence(ids[out[i]])
	}
	return out
}

// Term is one word of the glossary.
type Term struct{ Word, Meaning string }

func (x *index) glossary() []Term {
	var out []Term
	for _, name := range []string{
		"canary", "checkpoint", "cipher", "coat", "collector", "control", "copy", "ecb", "listing", "plan", "trigger", "void",
	} {
		out = append(out, Term{x.Say("term." + name), x.Say("meaning." + name)})
	}
	return out
}
