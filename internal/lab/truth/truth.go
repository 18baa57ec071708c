// Package truth says what an investigation of a lab profile must find and
// what it must not, and scores what one has found.
package truth

import (
	"encoding/json"
	"fmt"
	"os"

	"example.org/telltale"
	"example.org/telltale/internal/lab/profile"
)

// Truth is the labelled truth of one profile with one seed.
type Truth struct {
	Profile  string     `json:"profile"`
	Seed     uint64     `json:"seed"`
	Findings []Expected `json:"findings"`
	// Population of the background.
	Population Population `json:"population"`
	// Words is the number of candidate texts, Lists what is on the lists.
	Words int       `json:"words"`
	Lists []Listing `json:"lists,omitempty"`
}

// Expected is one claim that is true.
type Expected struct {
	telltale.Claim
	// Decidable claims must be found. The others are true as well, but what
	// the scenario types does not show them; Why says why.
	Decidable bool   `json:"decidable"`
	Why       string `json:"why,omitempty"`
}

// Population counts the scripted users by build.
type Population struct {
	Users     int `json:"users"`
	Monitored int `json:"monitored"`
	Clean     int `json:"clean"`
}

// Listing is the size of a word list.
type Listing struct {
	Path     string `json:"path"`
	Lines    int    `json:"lines"`
	Distinct int    `json:"distinct"`
}

// For derives the truth of a plan. Claims are in a fixed order, each once.
func For(plan profile.Plan) Truth {
	t := Truth{Profile: plan.Profile.Name, Seed: plan.Seed, Words: len(plan.Words), Findings: claims(plan)}
	t.Population.Users = len(plan.Crowd)
	for _, m := range plan.Crowd {
		if m.Monitored {
			t.Population.Monitored++
		}
	}
	t.Population.Clean = t.Population.Users - t.Population.Monitored
	for _, list := range plan.Lists {
		distinct := map[string]bool{}
		for _, line := range list.Lines {
			distinct[line] = true
		}
		t.Lists = append(t.Lists, Listing{Path: list.Path, Lines: len(list.Lines), Distinct: len(distinct)})
	}
	return t
}

// Save writes the truth as JSON.
func (t Truth) Save(path string) error {
	b, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// Load reads what Save wrote.
func Load(path string) (Truth, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Truth{}, err
	}
	var t Truth
	if err := json.Unmarshal(b, &t); err != nil {
		return Truth{}, fmt.Errorf("%s: %w; telltale lab truth PROFILE --json writes it anew", path, err)
	}
	return t, nil
}
