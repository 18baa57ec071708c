package scenario

import (
	"time"

	"github.com/goccy/go-yaml/ast"

	"example.org/telltale"
)

// Defaults returns a scenario with every default set. docs/scenario.md lists
// them.
func Defaults() telltale.Scenario {
	return telltale.Scenario{
		Driver:     telltale.DriverSpec{Kind: "exec", Timeout: 30 * time.Second},
		Directions: []telltale.Direction{telltale.Sent, telltale.Received},
		Trials:     2,
		MaxTrials:  40,
		Seed:       1,
		Window:     6 * time.Second,
		Listen:     5 * time.Second,
		Alpha:      0.01,
		Limits:     telltale.Limits{Requests: maxRequests, Voids: 10},
	}
}

// files are the fields that name other files.
type files struct{ words, names string }

// scenario lists the fields of the file.
func (r *reader) scenario(s *telltale.Scenario, f *files) field {
	return r.object(map[string]field{
		"name":         r.text(&s.Name),
		"app":          r.app(&s.App),
		"driver":       r.driver(&s.Driver),
		"sensors":      r.sensors(&s.Sensors),
		"accounts":     r.accounts(&s.Accounts),
		"directions":   r.directions(&s.Directions),
		"words":        r.texts(&s.Words),
		"words_file":   r.text(&f.words),
		"controls":     r.texts(&s.Controls),
		"exclude":      r.texts(&s.Exclude),
		"trials":       r.integer(&s.Trials),
		"max_trials":   r.integer(&s.MaxTrials),
		"seed":         r.unsigned(&s.Seed),
		"window":       r.span(&s.Window),
		"listen":       r.span(&s.Listen),
		"screen":       r.text((*string)(&s.Screen)),
		"combine":      r.integer(&s.Combine),
		"places":       r.texts(&s.Places),
		"channel":      r.texts(&s.Channel),
		"scope":        r.texts(&s.Scope),
		"names":        r.names(s),
		"names_file":   r.text(&f.names),
		"authorities":  r.texts(&s.Authorities),
		"timestamp":    r.texts(&s.Timestamp),
		"characterise": r.flag(&s.Characterise),
		"alpha":        r.number(&s.Alpha),
		"limits": r.object(map[string]field{
			"messages":   r.integer(&s.Limits.Messages),
			"triggering": r.integer(&s.Limits.Triggering),
			"duration":   r.span(&s.Limits.Duration),
			"requests":   r.integer(&s.Limits.Requests),
			"voids":      r.integer(&s.Limits.Voids),
			"pause":      r.span(&s.Limits.Pause),
			"hours":      r.text(&s.Limits.Hours),
		}),
	})
}

func (r *reader) app(a *telltale.App) field {
	whole := r.object(map[string]field{
		"name":     r.text(&a.Name),
		"version":  r.text(&a.Version),
		"platform": r.text(&a.Platform),
		"vantage":  r.text(&a.Vantage),
		"files": r.list(func() { a.Files = nil }, func(i int) field {
			a.Files = append(a.Files, telltale.AppFile{})
			return r.object(map[string]field{
				"path":    r.text(&a.Files[i].Path),
				"harvest": r.flag(&a.Files[i].Harvest),
			})
		}),
	})
	return func(n ast.Node, path string) {
		if n.Type() == ast.StringType {
			// The short form: the name alone.
			r.text(&a.Name)(n, path)
			return
		}
		whole(n, path)
	}
}

func (r *reader) driver(d *telltale.DriverSpec) field {
	return r.object(map[string]field{
		"kind":     r.text(&d.Kind),
		"command":  r.texts(&d.Command),
		"dir":      r.text(&d.Dir),
		"env":      r.texts(&d.Env),
		"timeout":  r.span(&d.Timeout),
		"boxes":    r.flag(&d.Boxes),
		"writable": r.texts(&d.Writable),
		"options":  r.raw(&d.Options),
		"accounts": r.text(&d.AccountsFile),
		"peer":     r.end(&d.Peer),
	})
}

// end reads how the other end is driven.
func (r *reader) end(dst **telltale.EndSpec) field {
	return func(n ast.Node, path string) {
		*dst = &telltale.EndSpec{}
		r.object(map[string]field{"kind": r.text(&(*dst).Kind), "options": r.raw(&(*dst).Options)})(n, path)
	}
}

func (r *reader) sensors(dst *[]telltale.SensorSpec) field {
	return r.list(func() { *dst = nil }, func(i int) field {
		*dst = append(*dst, telltale.SensorSpec{})
		return r.object(map[string]field{
			"kind": r.text(&(*dst)[i].Kind), "path": r.text(&(*dst)[i].Path), "name": r.text(&(*dst)[i].Name),
			"quic": r.text(&(*dst)[i].QUIC),
		})
	})
}

func (r *reader) accounts(dst *[]telltale.Account) field {
	return r.list(func() { *dst = nil }, func(i int) field {
		*dst = append(*dst, telltale.Account{Side: usualSide(i)})
		return r.account(&(*dst)[i], r.object(map[string]field{
			"name": r.text(&(*dst)[i].Name),
			"side": r.text((*string)(&(*dst)[i].Side)),
		}))
	})
}

// account reads one that is written out, or its name alone.
func (r *reader) account(a *telltale.Account, whole field) field {
	return func(n ast.Node, path string) {
		if n.Type() == ast.StringType {
			r.text(&a.Name)(n, path)
			return
		}
		whole(n, path)
	}
}

// usualSide is the side of an account that names none: the first one uses the
// app, the others are those it writes to.
func usualSide(i int) telltale.Side {
	if i == 0 {
		return telltale.SideApp
	}
	return telltale.SidePeer
}

func (r *reader) directions(dst *[]telltale.Direction) field {
	return r.list(func() { *dst = nil }, func(i int) field {
		*dst = append(*dst, "")
		return r.text((*string)(&(*dst)[i]))
	})
}
