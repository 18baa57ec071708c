package terminal

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// boxVariable holds the command that runs a program in a sandbox, as
// docs/driver-protocol.md describes it.
const boxVariable = "TELLTALE_BOX"

// boxOf reads the command; nil if the environment has none.
func boxOf(environ []string) ([]string, error) {
	for _, pair := range environ {
		if value, ok := strings.CutPrefix(pair, boxVariable+"="); ok {
			var words []string
			if err := json.Unmarshal([]byte(value), &words); err != nil || len(words) == 0 {
				return nil, fmt.Errorf("%s is no JSON array of words: %.200q", boxVariable, value)
			}
			return words, nil
		}
	}
	return nil, nil
}

// commandLine is the command with the sandbox in front of it, if it is to run
// in one, and its environment.
func (e *End) commandLine() (words, env []string, err error) {
	env = append(slices.Clone(e.cfg.Env), "TERM="+e.opts.Term)
	for _, pair := range e.opts.Env {
		env = append(env, e.fill(pair, nil))
	}
	command := make([]string, len(e.opts.Command))
	for i, word := range e.opts.Command {
		command[i] = e.fill(word, nil)
	}
	box, err := boxOf(e.cfg.Env)
	switch {
	case err != nil:
		return nil, nil, err
	case e.opts.Box != nil && !*e.opts.Box:
		return command, outside(env), nil
	case box == nil && e.opts.Box != nil:
		return nil, nil, fmt.Errorf("options.box: there is no sandbox to start %s in: use the sandbox sensor", command[0])
	case box == nil:
		return command, env, nil
	}
	words = slices.Clone(box)
	for _, path := range e.opts.Writable {
		words = append(words, "--writable", path)
	}
	return append(append(words, "--"), command...), env, nil
}

// outside is an environment without the way to the sensors.
func outside(environ []string) (env []string) {
	watched := []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "TELLTALE_PROXY", "TELLTALE_CA", "SSL_CERT_FILE", boxVariable}
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !slices.Contains(watched, strings.ToUpper(name)) {
			env = append(env, pair)
		}
	}
	return env
}

func (e *End) dir() string {
	if e.opts.Dir != "" {
		return e.opts.Dir
	}
	return e.cfg.Dir
}
