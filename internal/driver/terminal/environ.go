package terminal

import (
	"fmt"
	"slices"

	"example.org/telltale/internal/environ"
)

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
	box, err := environ.Command(e.cfg.Env)
	switch {
	case err != nil:
		return nil, nil, err
	case e.opts.Box != nil && !*e.opts.Box:
		return command, environ.Unwatched(env), nil
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

func (e *End) dir() string {
	if e.opts.Dir != "" {
		return e.opts.Dir
	}
	return e.cfg.Dir
}
