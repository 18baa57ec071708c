package lab

import (
	"cmp"
	"fmt"

	"github.com/goccy/go-yaml"

	"example.org/telltale"
	"example.org/telltale/internal/lab/labdir"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/replace"
)

// question is the scenario file of a lab, as docs/scenario.md describes it.
type question struct {
	Name        string               `yaml:"name"`
	App         questionApp          `yaml:"app"`
	Driver      questionDriver       `yaml:"driver"`
	Sensors     []map[string]string  `yaml:"sensors"`
	Accounts    []telltale.Account   `yaml:"accounts"`
	Directions  []telltale.Direction `yaml:"directions"`
	Words       []string             `yaml:"words"`
	Screen      string               `yaml:"screen"`
	Trials      int                  `yaml:"trials"`
	MaxTrials   int                  `yaml:"max_trials"`
	Seed        uint64               `yaml:"seed"`
	Window      string               `yaml:"window"`
	Listen      string               `yaml:"listen"`
	Channel     []string             `yaml:"channel"`
	Scope       []string             `yaml:"scope,omitempty"`
	NamesFile   string               `yaml:"names_file"`
	Authorities []string             `yaml:"authorities,omitempty"`
	Alpha       float64              `yaml:"alpha"`
	// Characterise is for the filter at the relay, where it costs little time.
	Characterise bool           `yaml:"characterise,omitempty"`
	Limits       questionLimits `yaml:"limits"`
}

type questionApp struct {
	Name    string         `yaml:"name"`
	Version string         `yaml:"version"`
	Vantage string         `yaml:"vantage"`
	Files   []questionFile `yaml:"files"`
}

type questionFile struct {
	Path    string `yaml:"path"`
	Harvest bool   `yaml:"harvest"`
}

type questionDriver struct {
	Kind    string   `yaml:"kind"`
	Command []string `yaml:"command"`
	Timeout string   `yaml:"timeout"`
	// Boxes: the adapter runs the app under test in sandboxes, if the sensor
	// has any.
	Boxes bool `yaml:"boxes"`
}

type questionLimits struct {
	Messages   int    `yaml:"messages"`
	Triggering int    `yaml:"triggering"`
	Duration   string `yaml:"duration"`
	Requests   int    `yaml:"requests"`
	Voids      int    `yaml:"voids"`
}

// writeScenario writes the question that an investigation of this lab puts.
// It says nothing of what the profile does: only which words to try, and what
// the message is supposed to pass through.
func writeScenario(dir labdir.Dir, plan profile.Plan, o Options) error {
	q := question{
		Name: fmt.Sprintf("lab-%s-%d", plan.Profile.Name, plan.Seed),
		App: questionApp{
			Name: plan.Build.Product, Version: plan.Build.Version, Vantage: "lab network on loopback",
			Files: []questionFile{{Path: dir.ClientData(), Harvest: true}},
		},
		Driver: questionDriver{
			Kind: "exec", Timeout: "20s", Boxes: true, Command: []string{o.Program, "lab", "driver", "--dir", string(dir)},
		},
		Sensors: []map[string]string{{"kind": cmp.Or(o.Sensor, "proxy")}}, Accounts: profile.Accounts(),
		Directions: []telltale.Direction{telltale.Sent, telltale.Received},
		Words:      plan.Words, Screen: string(telltale.ScreenEach), Trials: 2, MaxTrials: 40, Seed: plan.Seed, Window: "6s", Listen: "2s",
		Channel: profile.Channel(), Scope: plan.Scope(), NamesFile: dir.Names(), Alpha: 0.01,
		Characterise: plan.Profile.Relay,
		Limits:       questionLimits{Messages: 5000, Triggering: 2000, Duration: "15m", Requests: 20, Voids: 10},
	}
	if hasTLS(plan) {
		// The authority that the app trusts; a proxy has to trust it as well.
		q.Authorities = []string{dir.CA()}
	}
	b, err := yaml.Marshal(q)
	if err != nil {
		return err
	}
	head := "# The question to put to the lab's messenger: telltale audit " + dir.Scenario() + "\n"
	return replace.File(dir.Scenario(), append([]byte(head), b...))
}
