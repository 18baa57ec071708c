package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"example.org/telltale"
	"example.org/telltale/internal/driver/paired"
	"example.org/telltale/internal/sandbox"
	"example.org/telltale/internal/scenario"
)

func (a *app) doctorCommand() *cobra.Command {
	var asJSON, verbose bool
	cmd := &cobra.Command{
		Use:   "doctor SCENARIO.yaml",
		Short: "Check each end of a scenario before anything is sent",
		Long: `Reads a scenario, starts its sensors, starts the app or logs each account in, and
says what works and what does not. Nothing is typed and no message is sent; each
time-stamping authority is asked for a stamp over bytes that mean nothing.

Ends with code 0 if an audit could begin, 1 if not.`,
		Example: "  telltale doctor chat.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: failing(func(cmd *cobra.Command, args []string) error {
			d := &doctor{app: a, verbose: verbose}
			d.examine(cmd.Context(), args[0])
			return d.print(asJSON)
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the checks as JSON")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "say on stderr what the driver and the sensors do")
	return cmd
}

// symptom is one thing that was checked.
type symptom struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	// Detail is what is wrong and what to do, or what is worth knowing.
	Detail string `json:"detail,omitempty"`
}

// doctor checks one scenario.
type doctor struct {
	app      *app
	verbose  bool
	symptoms []symptom
}

func (d *doctor) note(check string, err error, detail string) bool {
	if err != nil {
		detail = err.Error()
	}
	d.symptoms = append(d.symptoms, symptom{Check: check, OK: err == nil, Detail: detail})
	return err == nil
}

// examine goes on as far as what it needs is there.
func (d *doctor) examine(ctx context.Context, path string) {
	s, err := scenario.LoadWith(path, wrongKinds)
	if !d.note("the scenario can be read", err, fmt.Sprintf("%d words, %d accounts, driver %s", len(s.Words), len(s.Accounts), s.Driver.Kind)) {
		return
	}
	d.files(s)
	d.secrets(s)
	d.key()
	d.stamps(ctx, s)
	dir, err := os.MkdirTemp("", "telltale-doctor")
	if err != nil {
		d.note("a directory for the trial", err, "")
		return
	}
	defer func() { _ = os.RemoveAll(dir) }() // it holds nothing of worth
	d.ends(ctx, surroundings{
		app: d.app, scenario: s, caDir: filepath.Join(dir, "ca"), stderr: d.app.stderr, log: d.app.logger(d.verbose),
		capture: func(string) (io.WriteCloser, error) { return discard{}, nil },
	})
}

// discard is a packet file that nobody wants.
type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) Close() error                { return nil }

// files looks for what the scenario names.
func (d *doctor) files(s telltale.Scenario) {
	for _, f := range s.App.Files {
		_, err := os.Stat(f.Path)
		d.note("file of the app: "+f.Path, err, "")
	}
	for _, file := range s.Authorities {
		_, err := os.Stat(file)
		d.note("authority: "+file, err, "")
	}
}

// secrets warns of an accounts file that others can read.
func (d *doctor) secrets(s telltale.Scenario) {
	path := s.Driver.AccountsFile
	if path == "" {
		return
	}
	info, err := os.Stat(path)
	detail := ""
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		detail = "other users of this machine can read it: chmod 600 " + path
	}
	d.note("file of the accounts: "+path, err, detail)
}

// ends starts everything that an audit would start.
func (d *doctor) ends(ctx context.Context, s surroundings) {
	env, stop := d.sensors(ctx, s)
	defer stop()
	if hasEnds(s.scenario.Driver.Kind) {
		d.accounts(ctx, s, env)
		return
	}
	build, err := choose("driver", s.scenario.Driver.Kind, drivers())
	if err != nil {
		d.note("the driver", err, "")
		return
	}
	driver, err := build(s, env)
	if !d.note("the driver can be made", err, "") {
		return
	}
	defer func() { d.closed(driver.Close()) }()
	about, err := driver.Describe(ctx)
	d.note("the driver describes the app", err, strings.TrimSpace(about.App.Name+" "+about.App.Version))
}

// accounts logs each one in.
func (d *doctor) accounts(ctx context.Context, s surroundings, env []string) {
	driver, err := pairedDriver(s, env)
	if !d.note("the ends can be made", err, "") {
		return
	}
	defer func() { d.closed(driver.Close()) }()
	for _, login := range driver.LogIn(ctx) {
		d.note(fmt.Sprintf("%s (%s) logs in", login.Account, side(login)), login.Err, strings.TrimSpace(login.App.Name+" "+login.App.Version))
	}
}

// closed tells of an app or a session that did not end as it should.
func (d *doctor) closed(err error) {
	if err != nil {
		d.note("the driver ends", err, "")
	}
}

func side(l paired.Login) string {
	switch l.Side {
	case telltale.SideApp:
		return "the account under test"
	case telltale.SideWitness:
		return "a witness"
	case telltale.SidePeer:
	}
	return "the other end"
}

// sensors starts them as an audit does, with a recorder that forgets.
func (d *doctor) sensors(ctx context.Context, s surroundings) (env []string, stop func()) {
	var running []telltale.Sensor
	stop = func() {
		for _, sensor := range running {
			if err := sensor.Stop(context.WithoutCancel(ctx)); err != nil {
				d.note("a sensor stops", err, "")
			}
		}
	}
	for _, spec := range s.scenario.Sensors {
		name := "sensor: " + spec.Kind
		if spec.Kind == "sandbox" {
			if err := sandbox.Check(); err != nil {
				d.note(name, err, "")
				continue
			}
		}
		build, err := choose("sensor", spec.Kind, sensors())
		if err != nil {
			d.note(name, err, "")
			continue
		}
		sensor, err := build(s, spec)
		if err != nil {
			d.note(name, err, "")
			continue
		}
		more, err := sensor.Start(ctx, &forgetful{})
		if d.note(name, err, "") {
			env, running = append(env, more...), append(running, sensor)
		}
	}
	if len(s.scenario.Sensors) == 0 {
		d.note("sensors", nil, "none: only what becomes of messages can be seen, no copies that leave")
	}
	return env, stop
}

// forgetful is a recorder that keeps nothing.
type forgetful struct{}

// Keep names bytes.
func (*forgetful) Keep(b []byte) (telltale.Digest, error) { return telltale.DigestOf(b), nil }

// Record takes a flow.
func (*forgetful) Record(telltale.Flow) error { return nil }

var errIll = errors.New("an audit could not begin: mend what is marked above")

func (d *doctor) print(asJSON bool) error {
	healthy := true
	for _, s := range d.symptoms {
		healthy = healthy && s.OK
	}
	if asJSON {
		if err := d.app.printJSON(d.symptoms); err != nil {
			return err
		}
	} else {
		for _, s := range d.symptoms {
			mark := "ok    "
			if !s.OK {
				mark = "WRONG "
			}
			line := mark + s.Check
			if s.Detail != "" {
				line += ": " + strings.ReplaceAll(s.Detail, "\n", "\n        ")
			}
			fmt.Fprintln(d.app.stdout, line)
		}
	}
	if !healthy {
		return errIll
	}
	return nil
}
