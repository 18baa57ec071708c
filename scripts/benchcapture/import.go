package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/flow/tlsdecrypt"
	"example.org/telltale/internal/sensor/imports"
	"example.org/telltale/internal/sensor/views"
)

// rounds is how often each thing is measured; the least counts. What else the
// machine does, and whether it has its memory at hand, tells at once.
const rounds = 2

// importRows measures the import of a capture: to flow lines with the octets
// beside them, to a file for each body, as tshark does with objects, and to a
// case.
func importRows(o options) (rows []row, err error) {
	dir, err := os.MkdirTemp("", "benchcapture")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	name := filepath.Join(dir, "traffic.pcap")
	if err := writeTraffic(name, o.size); err != nil {
		return nil, err
	}
	best := map[string]usage{}
	for n := range rounds {
		if err := importRound(o, filepath.Join(dir, strconv.Itoa(n)), name, best); err != nil {
			return nil, err
		}
	}
	for _, one := range []struct{ what, ours, base, must, goal string }{
		{"octets of streams, against --export-objects", "flows", "objects", "5x, 256 MB", "10x, 64 MB"},
		{"octets of streams, against -T fields", "flows", "fields", "10x, 256 MB", "20x, 64 MB"},
		{"a file a body, against --export-objects", "bodies", "objects", "5x, 256 MB", "10x, 64 MB"},
		{"a file a body, against -T fields", "bodies", "fields", "", ""},
		{"a signed case, against --export-objects", "case", "objects", "", ""},
	} {
		ours, base := best[one.ours], best[one.base]
		r := row{what: fmt.Sprintf("%d MB: import, %s", o.size>>20, one.what), ours: ours.String(), base: "tshark is not installed", must: one.must, goal: one.goal}
		if base.cpu > 0 {
			r.base, r.ratio = base.String(), fmt.Sprintf("CPU %.1fx", base.cpu.Seconds()/ours.cpu.Seconds())
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// importRound measures everything once.
func importRound(o options, dir, name string, best map[string]usage) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, one := range []struct {
		what string
		args []string
	}{
		{"flows", []string{o.telltale, "import", "--json", filepath.Join(dir, "flows.jsonl"), name}},
		{"bodies", []string{self, "-child", "bodies", dir, name}},
		{"case", []string{o.telltale, "import", "--case", filepath.Join(dir, "case"), name}},
		{"objects", []string{"tshark", "-r", name, "-Q", "--export-objects", "http," + filepath.Join(dir, "objects")}},
		{"fields", []string{"tshark", "-r", name, "-Y", "http", "-T", "fields", "-e", "http.file_data"}},
	} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		if _, err := exec.LookPath(one.args[0]); err != nil && one.args[0] == "tshark" {
			continue
		}
		cmd := exec.CommandContext(context.Background(), one.args[0], one.args[1:]...)
		cmd.Env = append(os.Environ(), "TELLTALE_KEY="+filepath.Join(dir, "key"))
		cmd.Stdout = io.Discard
		if one.args[0] != "tshark" { // it warns of root
			cmd.Stderr = os.Stderr
		}
		got, err := measure(cmd)
		if err != nil {
			return err
		}
		if old, ok := best[one.what]; !ok || got.cpu < old.cpu {
			best[one.what] = got
		}
		if err := empty(dir); err != nil {
			return err
		}
	}
	return nil
}

// empty makes all files of a directory empty, so that their memory is there
// for what comes next. They are not removed: file systems go out of the way of
// files that were removed just now, and that would be measured too.
func empty(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || filepath.Base(path) == "key" {
			return err
		}
		return os.Truncate(path, 0)
	})
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

// runChild imports a file, with a file for each body.
func runChild(what string, args []string) error {
	if len(args) != 2 || what != "bodies" {
		return fmt.Errorf("no part %q with %d arguments: want a directory and a file", what, len(args))
	}
	into := &files{dir: filepath.Join(args[0], "bodies")}
	if err := os.MkdirAll(into.dir, 0o700); err != nil {
		return err
	}
	v := views.New(views.Config{Recorder: into, Limits: views.Limits{Held: 24 << 20, Waiting: 16}})
	_, err := imports.New(v, &tlsdecrypt.Keys{}).File(context.Background(), args[1])
	return errors.Join(err, v.Finish())
}

// files is a telltale.Recorder that keeps every body in a file, as tshark does
// with objects.
type files struct {
	dir string
	n   atomic.Int64
}

// Keep writes the body of a message, if it has one.
func (f *files) Keep(b []byte) (telltale.Digest, error) {
	d := telltale.DigestOf(b)
	if n := flow.HeadEnd(b); n > 0 {
		b = b[n:]
	}
	if len(b) == 0 {
		return d, nil
	}
	return d, os.WriteFile(filepath.Join(f.dir, strconv.FormatInt(f.n.Add(1), 10)), b, 0o600)
}

// Record does nothing.
func (*files) Record(telltale.Flow) error { return nil }
