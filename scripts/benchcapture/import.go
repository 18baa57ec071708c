package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/flow/tlsdecrypt"
	"example.org/telltale/internal/sensor/flowlog"
	"example.org/telltale/internal/sensor/imports"
	"example.org/telltale/internal/sensor/tape"
	"example.org/telltale/internal/sensor/views"
)

// importRows measures the import of a capture: to flow lines with the octets
// beside them, and to exchanges with each message in a file of its own.
func importRows(size int) (rows []row, err error) {
	dir, err := os.MkdirTemp("", "benchcapture")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	name := filepath.Join(dir, "traffic.pcap")
	if err := writeTraffic(name, size); err != nil {
		return nil, err
	}
	flows, err := measureSelf("flows", dir, name)
	if err != nil {
		return nil, err
	}
	bodies, err := measureSelf("bodies", dir, name)
	if err != nil {
		return nil, err
	}
	objects, missing := measureTshark(dir, "-r", name, "-Q", "--export-objects", "http,"+filepath.Join(dir, "objects"))
	fields, _ := measureTshark(dir, "-r", name, "-Y", "http", "-T", "fields", "-e", "http.file_data")
	for _, one := range []struct {
		what       string
		ours, base usage
		must, goal string
	}{
		{"import, octets of streams, against --export-objects", flows, objects, "5x, 256 MB", "10x, 64 MB"},
		{"import, octets of streams, against -T fields", flows, fields, "10x, 256 MB", "20x, 64 MB"},
		{"import, a file a message, against --export-objects", bodies, objects, "5x, 256 MB", "10x, 64 MB"},
		{"import, a file a message, against -T fields", bodies, fields, "10x, 256 MB", "20x, 64 MB"},
	} {
		r := row{what: fmt.Sprintf("%d MB: %s", size>>20, one.what), ours: one.ours.String(), base: "tshark is not installed", must: one.must, goal: one.goal}
		if missing == nil {
			r.base, r.ratio = one.base.String(), fmt.Sprintf("CPU %.1fx", one.base.cpu.Seconds()/one.ours.cpu.Seconds())
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// usage is what a program took.
type usage struct {
	cpu, wall time.Duration
	peak      int64 // octets
}

func (u usage) String() string {
	return fmt.Sprintf("CPU %.2f s, %.2f s, %d MB", u.cpu.Seconds(), u.wall.Seconds(), u.peak>>20)
}

// measure runs a program to its end.
func measure(cmd *exec.Cmd) (usage, error) {
	from := time.Now()
	if err := cmd.Run(); err != nil {
		return usage{}, fmt.Errorf("%s: %w", cmd.Path, err)
	}
	s := cmd.ProcessState
	return usage{s.UserTime() + s.SystemTime(), time.Since(from), peakOf(s)}, nil
}

// measureSelf runs this command again for one part, so that its memory is
// its own.
func measureSelf(what, dir, name string) (usage, error) {
	self, err := os.Executable()
	if err != nil {
		return usage{}, err
	}
	cmd := exec.CommandContext(context.Background(), self, "-child", what, dir, name)
	cmd.Stderr = os.Stderr
	return measure(cmd)
}

func measureTshark(dir string, args ...string) (usage, error) {
	path, err := exec.LookPath("tshark")
	if err != nil {
		return usage{}, err
	}
	cmd := exec.CommandContext(context.Background(), path, args...)
	cmd.Dir, cmd.Stdout = dir, io.Discard
	return measure(cmd)
}

// runChild does one part of the work.
func runChild(what string, args []string) error {
	if len(args) != 2 {
		return errors.New("want a directory and a file")
	}
	var sink tape.Sink
	var finish func() error
	switch what {
	case "flows":
		log, err := flowlog.Create(filepath.Join(args[0], "flows.jsonl"), time.Now)
		if err != nil {
			return err
		}
		sink, finish = log, log.Close
	case "bodies":
		into := &files{dir: filepath.Join(args[0], "bodies")}
		if err := os.MkdirAll(into.dir, 0o700); err != nil {
			return err
		}
		v := views.New(views.Config{Recorder: into, Limits: views.Limits{Held: 24 << 20, Waiting: 16}})
		sink, finish = v, v.Finish
	default:
		return fmt.Errorf("no part %q", what)
	}
	_, err := imports.New(sink, &tlsdecrypt.Keys{}).File(context.Background(), args[1])
	return errors.Join(err, finish())
}

// files is a telltale.Recorder that keeps every message in a file, as
// tshark does with objects.
type files struct {
	dir string
	n   atomic.Int64
}

// Keep writes a message.
func (f *files) Keep(b []byte) (telltale.Digest, error) {
	return telltale.DigestOf(b), os.WriteFile(filepath.Join(f.dir, strconv.FormatInt(f.n.Add(1), 10)), b, 0o600)
}

// Record does nothing.
func (*files) Record(telltale.Flow) error { return nil }
