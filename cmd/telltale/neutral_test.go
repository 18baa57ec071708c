package main

import (
	"fmt"
	"slices"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/scenario"
)

// neutralSeeds are the seeds of the lab that the neutral words are held against.
const neutralSeeds = 20

// A control that sets the app off would hide what its word does; a contact
// message that does would be taken for the app's everyday behaviour.
func TestNeutralWordsAreOnNoListOfTheLab(t *testing.T) {
	t.Parallel()
	for _, p := range profile.All() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(neutralSeeds) {
				plan := profile.NewPlan(p, seed)
				entries := entriesOf(plan)
				for where, text := range neutralTexts(labQuestion(plan)) {
					if entry := held(text, entries); entry != "" {
						t.Errorf("seed %d: %s %q holds %q of the lab's lists", seed, where, text, entry)
					}
				}
				filters := p.Blocks || p.Copies || p.Relay
				if found := slices.ContainsFunc(plan.Words, func(w string) bool { return held(w, entries) != "" }); found != filters {
					t.Errorf("seed %d: words to try hold entries: %v, want %v", seed, found, filters)
				}
			}
		})
	}
}

// held is the first entry that a text holds, or empty.
func held(text string, entries []string) string {
	for _, entry := range entries {
		if profile.Holds(text, entry) {
			return entry
		}
	}
	return ""
}

// entriesOf are the words of a plan's lists, as served and as once served, and
// of its rules. Lists of accounts are not held against what is written.
func entriesOf(plan profile.Plan) (entries []string) {
	for _, list := range plan.Lists {
		if list.Use != profile.UseWatch {
			entries = append(entries, slices.Concat(list.Lines, list.Older, []string{list.Test})...)
		}
	}
	for _, rule := range plan.Rules {
		entries = append(entries, rule.All...)
	}
	return slices.DeleteFunc(entries, func(entry string) bool { return entry == "" })
}

// labQuestion is what the lab's scenario file asks, as far as it decides what
// is typed.
func labQuestion(plan profile.Plan) telltale.Scenario {
	return telltale.Scenario{
		Accounts: profile.Accounts(), Directions: []telltale.Direction{telltale.Sent, telltale.Received},
		Words: plan.Words, Trials: 2, Seed: plan.Seed,
	}
}

// neutralTexts are the built-in texts that are typed, by where they stand.
func neutralTexts(s telltale.Scenario) map[string]string {
	texts := map[string]string{}
	for _, pair := range scenario.Controls(s) {
		texts[fmt.Sprintf("control of %q, block %d, %s,", pair.Word, pair.Block, pair.Direction)] = pair.Control
	}
	for _, item := range scenario.Contact(s, len(s.Accounts)*10) {
		texts[item.Key] = item.Body
	}
	return texts
}
