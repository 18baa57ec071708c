package report

import (
	"fmt"
	"strings"

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

// Verify is how a reader checks the case.
type Verify struct {
	Commands   []string `json:"commands"`
	PublicKey  string   `json:"public_key,omitempty"`
	Checkpoint []string `json:"checkpoint,omitempty"`
	Entries    Count    `json:"entries,omitempty"`
	// Outcome of the verification that ran before the report, if any.
	Outcome string `json:"outcome,omitempty"`
}

func (x *index) methods() Methods {
	s := &x.rec.Scenario
	m := Methods{Used: []MethodUsed{}, Facts: []Fact{
		{"Texts tested", Count(len(s.Words)).String() + " " + goingWords(s.Directions)},
		{"Trials of each", fmt.Sprintf("%d at first, up to %d", s.Trials, max(s.Trials, s.MaxTrials))},
		{"Order", fmt.Sprintf("random within blocks, each text beside a matched harmless one; seed %d", s.Seed)},
		{"Waited for a copy", span(s.Window) + " after each message"},
		{"Background watched", span(s.Listen) + " before the first message"},
		{"Declared error rate", percent(s.Alpha) + " for the whole case"},
		{"The message's own way", andMore(cutAll(s.Channel, 8, 60), 8)},
		{"Hosts we were allowed to check", andMore(cutAll(s.Scope, 8, 60), 8)},
		{"Accounts", x.accountWords()},
	}}
	m.Facts = filled(m.Facts)
	m.Used = x.methodsUsed()
	return m
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
	if len(app) == 0 {
		return ""
	}
	s := joined(app, "and") + " on the app"
	if len(peers) > 0 {
		s += "; " + joined(peers, "and") + " on a client that is trusted"
	}
	return s
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
		out[i].Findings = evidence(ids[out[i]])
	}
	return out
}

func verify(s Seal) Verify {
	dir := s.CaseDir
	if dir == "" {
		dir = "CASE"
	}
	v := Verify{
		Commands:  []string{"telltale case verify " + shellWord(dir)},
		PublicKey: s.PublicKey, Entries: Count(s.Entries), Outcome: s.Verified,
	}
	if s.Checkpoint != "" {
		v.Checkpoint = cutAll(strings.Split(strings.TrimRight(s.Checkpoint, "\n"), "\n"), 20, 300)
	}
	return v
}

// shellWord quotes a path for a shell, if it needs it.
func shellWord(s string) string {
	const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%"
	if s != "" && strings.Trim(s, safe) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func glossary() []Term {
	return []Term{
		{"Canary", "A random mark, new in each of our messages. Where it turns up, that very message turned up."},
		{"Cipher, key", "A cipher makes text unreadable to all who lack the key. Whoever has the key reads everything."},
		{"Coat", "One layer of packing around a copied text: an encoding, a compression, a cipher."},
		{"Collector", "A server that takes in copies of messages meant for somebody else."},
		{"Control word", "A harmless word of the same script and length as a tested one. If it reacts too, the word was not the reason."},
		{"Copy", "The text of a message, readable or not, in bytes that leave for anyone but its recipient."},
		{"ECB mode", "The plainest way to use a cipher: equal pieces of text become equal pieces of cipher, so patterns show."},
		{"Listing", "A web server's list of all files in a folder, open to any visitor."},
		{"Trigger", "The exact word, or words together, that make the app react."},
		{"Void", "A trial whose question was not put or whose answer could not be seen. It counts neither way."},
	}
}

// numbers are the few that matter most.
func (x *index) numbers(v View) []Number {
	t := x.tally()
	hosts := "hosts seen to take copies"
	if len(x.destinations()) == 1 {
		hosts = "host seen to take copies"
	}
	out := []Number{
		{Value: Count(t.valid).String(), Label: "messages typed and followed"},
		{Value: Count(len(x.rec.Scenario.Words)).String(), Label: "texts tested"},
		{Value: Count(len(x.supported(telltale.KindTrigger))).String(), Label: "words found to set it off"},
		{Value: Count(t.copied).String(), Label: "of our messages copied"},
		{Value: Count(t.kept).String(), Label: "of them kept from arriving"},
		{Value: Count(len(x.destinations())).String(), Label: hosts},
	}
	out = append(out, bystanders(v.Collectors)...)
	for i := 2; i < len(out); i++ {
		out[i].Bad = out[i].Value != "0"
	}
	return out
}

// bystanders counts what lies open about people who are no part of the test.
// One person may stand in the records of several hosts, so that the largest
// number of one host is a lower bound and the sum is not.
func bystanders(collectors []Collector) []Number {
	var out []Number
	others, outsiders, hosts := Count(0), Count(0), 0
	for _, c := range collectors {
		others += c.Others
		outsiders = max(outsiders, c.Outsiders)
		if c.Outsiders > 0 {
			hosts++
		}
	}
	if others > 0 {
		out = append(out, Number{Value: others.String(), Label: "records of other people, readable by all"})
	}
	if outsiders > 0 {
		value := outsiders.String()
		if hosts > 1 {
			value = "≥ " + value
		}
		out = append(out, Number{Value: value, Label: "people caught who never used this client"})
	}
	return out
}
