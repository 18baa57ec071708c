package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"example.org/telltale/internal/driver/ends"
)

// maxRecording bounds the file of a recording.
const maxRecording = 4 << 20

// readRecording reads the steps that Chrome's recorder exported.
func readRecording(dir, name string) ([]Step, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	wrong := func(what string) error {
		return &ends.OptionError{Path: "recording", What: what, Fix: "export it as JSON from the Recorder of Chrome's developer tools"}
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, wrong(err.Error())
	}
	if info.Size() > maxRecording {
		return nil, wrong(fmt.Sprintf("%s has %d bytes, which no recording has", name, info.Size()))
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, wrong(err.Error())
	}
	steps, err := parseRecording(b)
	if err != nil {
		return nil, wrong(name + ": " + err.Error())
	}
	return steps, nil
}

// recorded is one step of the recorder's format, see
// https://github.com/puppeteer/replay/blob/main/docs/api/modules/Schema.md.
type recorded struct {
	Type      string            `json:"type"`
	URL       string            `json:"url"`
	Selectors []json.RawMessage `json:"selectors"`
	Value     string            `json:"value"`
	Key       string            `json:"key"`
	Visible   *bool             `json:"visible"`
	Count     *int              `json:"count"`
	Frame     []int             `json:"frame"`
	Target    string            `json:"target"`
}

func parseRecording(b []byte) (steps []Step, err error) {
	var all struct {
		Steps []recorded `json:"steps"`
	}
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, fmt.Errorf("it is no JSON of a recording: %w", err)
	}
	if len(all.Steps) == 0 {
		return nil, fmt.Errorf("it has no steps")
	}
	for i, r := range all.Steps {
		step, err := r.step()
		if err != nil {
			return nil, fmt.Errorf("step %d (%s): %w", i+1, r.Type, err)
		}
		if step != nil {
			steps = append(steps, *step)
		}
	}
	return steps, nil
}

// step translates a step; nil for those that change nothing here.
func (r recorded) step() (*Step, error) {
	if len(r.Frame) > 0 || (r.Target != "" && r.Target != "main") {
		return nil, fmt.Errorf("it is in another frame or window, which cannot be driven")
	}
	switch r.Type {
	case "setViewport", "hover", "scroll", "emulateNetworkConditions", "close":
		return nil, nil
	case "navigate":
		return &Step{Go: r.URL}, nil
	case "keyDown", "keyUp":
		if !known(r.Key) {
			return nil, fmt.Errorf("%q is no key", r.Key)
		}
		return &Step{Key: r.Key, down: r.Type == "keyDown", up: r.Type == "keyUp"}, nil
	}
	selectors, err := r.alternatives()
	if err != nil {
		return nil, err
	}
	switch r.Type {
	case "click", "doubleClick":
		return &Step{Click: selectors[0], selectors: selectors, double: r.Type == "doubleClick"}, nil
	case "change":
		return &Step{Into: selectors[0], Type: r.Value, selectors: selectors}, nil
	case "waitForElement":
		if (r.Visible != nil && !*r.Visible) || (r.Count != nil && *r.Count == 0) {
			return &Step{Gone: selectors[0], selectors: selectors}, nil
		}
		return &Step{Wait: selectors[0], selectors: selectors}, nil
	}
	return nil, fmt.Errorf("steps of this type are not known: record clicks, typing and waits for elements")
}

// alternatives are the selectors of a step; any of them will do. One that is a
// list of several leads into shadow roots: its last part is looked for there.
func (r recorded) alternatives() (all []string, err error) {
	for _, raw := range r.Selectors {
		var one string
		var path []string
		switch {
		case json.Unmarshal(raw, &one) == nil:
			all = append(all, one)
		case json.Unmarshal(raw, &path) == nil && len(path) == 1:
			all = append(all, path[0])
		case len(path) > 1 && !strings.Contains(path[len(path)-1], "/"):
			all = append(all, "pierce/"+path[len(path)-1])
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("it has no selector that can be used")
	}
	return all, nil
}
