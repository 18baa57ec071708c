package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/sensor/flowlog"
	"example.org/telltale/internal/sensor/tape"
)

// recordOptions are the flags that say where what passes is kept.
type recordOptions struct {
	json, pcap, caseDir, keys string
	background, quiet         bool
	pcapLimit                 int64
}

// flags adds them to a command.
func (o *recordOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.json, "json", "", "file for flows, one JSON object a line; octets go beside it")
	f.StringVar(&o.pcap, "pcap", "", "file for packets and TLS keys, pcapng")
	f.StringVar(&o.caseDir, "case", "", "directory of a new case")
	f.StringVar(&o.keys, "keylog", os.Getenv("SSLKEYLOGFILE"), "file that TLS keys are appended to")
	f.Int64Var(&o.pcapLimit, "pcap-limit", 0, "octets of packets to keep at most, 0 for all")
	f.BoolVar(&o.background, "background", false, "mark the flows as sent with nobody typing")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print no summary")
	_ = cmd.MarkFlagFilename("json", "jsonl", "json") // errors name flags that there are not
	_ = cmd.MarkFlagFilename("pcap", "pcapng")
	_ = cmd.MarkFlagDirname("case")
}

// recording keeps what passes in the files that were asked for.
type recording struct {
	app  *app
	keep recordOptions

	tally  *tally
	sinks  tape.Tee
	record *caseRecord
	// keyLog and packets are where keys and packets go; nil if nowhere.
	keyLog, packets io.Writer
	// closers are closed in reverse order.
	closers []func() error
}

// later notes what is to be closed at the end.
func (r *recording) later(f func() error) { r.closers = append(r.closers, f) }

func (r *recording) close() error {
	var errs []error
	for i := len(r.closers) - 1; i >= 0; i-- {
		errs = append(errs, r.closers[i]())
	}
	return errors.Join(errs...)
}

// open begins everything that was asked for by name.
func (r *recording) open(sensor string) (err error) {
	r.tally = newTally()
	r.sinks = append(r.sinks, r.tally)
	if r.record, err = r.openCase(sensor); err != nil {
		return err
	}
	if path := r.keep.keys; path != "" {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return fmt.Errorf("the key log: %w", err)
		}
		r.later(file.Close)
		r.keyLog = file
	}
	if r.keep.json != "" {
		log, err := flowlog.Create(r.keep.json, r.app.clock)
		if err != nil {
			return fmt.Errorf("--json: %w", err)
		}
		r.later(log.Close)
		r.sinks = append(r.sinks, log)
	}
	return r.openPackets(sensor)
}

// openPackets begins the packet files that were asked for.
func (r *recording) openPackets(sensor string) error {
	var files []io.Writer
	if r.keep.pcap != "" {
		file, err := os.OpenFile(r.keep.pcap, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return fmt.Errorf("--pcap: %w", err)
		}
		r.later(file.Close)
		files = append(files, file)
	}
	if r.record != nil {
		file, err := r.record.NewCapture(sensor)
		if err != nil {
			return err
		}
		r.later(file.Close)
		files = append(files, file)
	}
	if len(files) > 0 {
		r.packets = io.MultiWriter(files...)
	}
	return nil
}

// caDir is where the authority is kept: the case's, or one of the run.
func (r *recording) caDir(run string) string {
	if r.record != nil {
		run = r.record.Dir()
	}
	return filepath.Join(run, "ca")
}

// sink keeps connections everywhere.
func (r *recording) sink() tape.Sink {
	if r.keep.background {
		return unprompted{r.sinks}
	}
	return r.sinks
}

// unprompted marks connections as made with nobody typing.
type unprompted struct{ tape.Sink }

// Open marks the connection.
func (u unprompted) Open(c tape.Conn) (tape.Tape, error) {
	c.Background = true
	t, err := u.Sink.Open(c)
	return unpromptedTape{t}, err
}

type unpromptedTape struct{ tape.Tape }

func (u unpromptedTape) Turn(proto string) {
	if t, ok := u.Tape.(tape.Turner); ok {
		t.Turn(proto)
	}
}

func (u unpromptedTape) Learn(c tape.Conn) {
	if t, ok := u.Tape.(tape.Learner); ok {
		c.Background = true
		t.Learn(c)
	}
}

func (u unpromptedTape) End(out bool, why string) {
	if t, ok := u.Tape.(tape.Ender); ok {
		t.End(out, why)
	}
}

func (u unpromptedTape) Close(c tape.Conn) error {
	c.Background = true
	return u.Tape.Close(c)
}
