package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"

	"example.org/telltale"
	"example.org/telltale/internal/driver/browser"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/irc"
	"example.org/telltale/internal/driver/mail"
	"example.org/telltale/internal/driver/matrix"
	"example.org/telltale/internal/driver/paired"
	"example.org/telltale/internal/driver/sip"
	terminalui "example.org/telltale/internal/driver/terminal"
	"example.org/telltale/internal/driver/web"
	"example.org/telltale/internal/driver/xmpp"
	"example.org/telltale/internal/scenario"
)

// endKind is a way to write and read as one account.
type endKind struct {
	// check finds what is wrong with the options of a scenario.
	check func(json.RawMessage) error
	// make builds the end of one account.
	make func(endSetup) (ends.End, error)
}

// endSetup is what an end is built from.
type endSetup struct {
	surroundings
	account ends.Account
	options json.RawMessage
	// env is what the sensors want in the app's environment; empty for peers.
	env []string
	// witness says that the account is only read.
	witness bool
	// threads are what web pages of one conversation share.
	threads *web.Threads
}

// endKinds is the table of ends by kind. Each of them is a driver as well:
// one whose ends are both of that kind, unless the scenario names another one
// for the peer.
func endKinds() map[string]endKind {
	return map[string]endKind{
		"browser": end(browser.ParseOptions, func(s endSetup, o browser.Options) (ends.End, error) {
			return browser.New(browser.Config{Account: s.account, Options: o, Env: s.environ(), Dir: s.scenario.Driver.Dir, Clock: s.app.clock})
		}),
		"http": end(web.ParseOptions, func(s endSetup, o web.Options) (ends.End, error) {
			return web.New(web.Config{
				Account: s.account, Options: o, Threads: s.threads, Dial: s.dial, Clock: s.app.clock, Random: s.app.random, Log: s.log,
			})
		}),
		"irc": end(irc.ParseOptions, func(s endSetup, o irc.Options) (ends.End, error) {
			return irc.New(irc.Config{
				Account: s.account, Options: o, Witness: s.witness, Dial: s.dial, Clock: s.app.clock, Random: s.app.random, Log: s.log,
			})
		}),
		"mail": end(mail.ParseOptions, func(s endSetup, o mail.Options) (ends.End, error) {
			return mail.New(mail.Config{Account: s.account, Options: o, Dial: s.dial, Clock: s.app.clock, Random: s.app.random, Log: s.log})
		}),
		"matrix": end(matrix.ParseOptions, func(s endSetup, o matrix.Options) (ends.End, error) {
			return matrix.New(matrix.Config{Account: s.account, Options: o, Dial: s.dial, Clock: s.app.clock, Log: s.log})
		}),
		"sip": end(sip.ParseOptions, func(s endSetup, o sip.Options) (ends.End, error) {
			return sip.New(sip.Config{Account: s.account, Options: o, Clock: s.app.clock, Log: s.log})
		}),
		"terminal": end(terminalui.ParseOptions, func(s endSetup, o terminalui.Options) (ends.End, error) {
			return terminalui.New(terminalui.Config{Account: s.account, Options: o, Env: s.environ(), Dir: s.scenario.Driver.Dir, Clock: s.app.clock})
		}),
		"xmpp": end(xmpp.ParseOptions, func(s endSetup, o xmpp.Options) (ends.End, error) {
			return xmpp.New(xmpp.Config{
				Account: s.account, Options: o, Witness: s.witness, Dial: s.dial, Clock: s.app.clock, Random: s.app.random, Log: s.log,
			})
		}),
	}
}

// end is a row of the table: how options are read, and what is made of them.
func end[T any](parse func(json.RawMessage) (T, error), build func(endSetup, T) (ends.End, error)) endKind {
	return endKind{
		check: func(raw json.RawMessage) error {
			_, err := parse(raw)
			return err
		},
		make: func(s endSetup) (ends.End, error) {
			o, err := parse(s.options)
			if err != nil {
				return nil, err
			}
			return build(s, o)
		},
	}
}

// environ is the environment of a program that is an end.
func (s endSetup) environ() []string {
	return slices.Concat(os.Environ(), s.scenario.Driver.Env, s.env)
}

// dial connects to where a name of the scenario leads.
func (s surroundings) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("the port of %s is no number", address)
	}
	if address, err = s.resolve(ctx, host, number); err != nil {
		return nil, err
	}
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

// pairedDriver makes a driver of the ends that the scenario's accounts have.
func pairedDriver(s surroundings, env []string) (*paired.Driver, error) {
	parties, err := parties(s, env)
	if err != nil {
		return nil, err
	}
	return paired.New(paired.Config{
		Parties: parties, App: s.scenario.App, Timeout: s.scenario.Driver.Timeout, Clock: s.app.clock, Log: s.log,
	})
}

// parties builds the end of every account.
func parties(s surroundings, env []string) ([]paired.Party, error) {
	spec := s.scenario.Driver
	var secrets map[string]ends.Account
	if spec.AccountsFile != "" {
		var err error
		if secrets, err = ends.ReadAccounts(spec.AccountsFile); err != nil {
			return nil, err
		}
	}
	var out []paired.Party
	threads := &web.Threads{}
	for _, a := range s.scenario.Accounts {
		account, err := ends.Choose(secrets, spec.AccountsFile, a.Name)
		if err != nil {
			return nil, err
		}
		setup := endSetup{surroundings: s, account: account, options: spec.Options, env: env, witness: a.Side == telltale.SideWitness, threads: threads}
		kind := spec.Kind
		if a.Side != telltale.SideApp {
			setup.env = nil
			if spec.Peer != nil {
				kind, setup.options = spec.Peer.Kind, spec.Peer.Options
			}
		}
		row, err := choose("end", kind, endKinds())
		if err != nil {
			return nil, err
		}
		end, err := row.make(setup)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		out = append(out, paired.Party{Account: account, Side: a.Side, End: end})
	}
	return out, nil
}

// wrongKinds finds drivers, ends and sensors that there are not, and options
// that they cannot use, before a case is begun.
func wrongKinds(s telltale.Scenario) []scenario.Problem {
	var out []scenario.Problem
	if _, err := choose("driver", s.Driver.Kind, drivers()); err != nil {
		out = append(out, scenario.Problem{Path: "driver.kind", What: err.Error()})
	}
	out = append(out, wrongOptions(s.Driver.Kind, s.Driver.Options, "driver.options")...)
	if p := s.Driver.Peer; p != nil {
		if _, err := choose("end", p.Kind, endKinds()); err != nil {
			out = append(out, scenario.Problem{Path: "driver.peer.kind", What: err.Error()})
		}
		out = append(out, wrongOptions(p.Kind, p.Options, "driver.peer.options")...)
	}
	for i, sensor := range s.Sensors {
		if _, err := choose("sensor", sensor.Kind, sensors()); err != nil {
			out = append(out, scenario.Problem{Path: fmt.Sprintf("sensors[%d].kind", i), What: err.Error()})
		}
	}
	return out
}

// wrongOptions has the end of a kind look at its options.
func wrongOptions(kind string, raw json.RawMessage, path string) []scenario.Problem {
	row, ok := endKinds()[kind]
	if !ok {
		if _, driver := drivers()[kind]; driver && len(raw) > 0 {
			return []scenario.Problem{{Path: path, What: fmt.Sprintf("the driver %q has no options", kind), Fix: "take them out"}}
		}
		return nil
	}
	var out []scenario.Problem
	for _, err := range each(row.check(raw)) {
		p := scenario.Problem{Path: path, What: err.Error()}
		var option *ends.OptionError
		if errors.As(err, &option) {
			p.What, p.Fix = option.What, option.Fix
			if option.Path != "" {
				p.Path += "." + option.Path
				p.What = option.Path + ": " + option.What
			}
		}
		out = append(out, p)
	}
	return out
}

// each takes a joined error apart.
func each(err error) []error {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	return []error{err}
}

// hasEnds reports whether a driver is made of two ends.
func hasEnds(kind string) bool {
	_, ok := endKinds()[kind]
	return ok
}
