package terminal_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/terminal"
	"example.org/telltale/internal/environ"
	"example.org/telltale/internal/sandbox"
	"example.org/telltale/internal/sensor/box"
	"example.org/telltale/internal/sensor/gateway"
	"example.org/telltale/internal/sensor/sensortest"
)

// enter is what `telltale box` does.
func enter(socket string, args []string) int {
	o := box.Order{Dir: "/", Env: slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, environ.Box+"=") })}
	for len(args) > 1 && args[0] == "--writable" {
		o.Writable, args = append(o.Writable, args[1]), args[2:]
	}
	o.Args = args[1:] // after --
	status, err := box.Enter(context.Background(), socket, o, [3]*os.File{os.Stdin, os.Stdout, os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

// A client in a sandbox has a terminal of ours, and what it sends is seen.
func TestInTheSandbox(t *testing.T) {
	t.Parallel()
	need(t, "irssi")
	if err := sandbox.Check(); err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	port := startIRC(t)
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sensor, err := box.NewSensor(box.SensorConfig{
		Self: []string{"/proc/self/exe", "sandbox-init"}, Enter: []string{path, "enter"}, CADir: t.TempDir(), Clock: time.Now, Random: rand.Reader,
		Maps: []gateway.Map{{Name: "irc.test", To: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))}},
	})
	if err != nil {
		t.Fatal(err)
	}
	recorder := &sensortest.Recorder{}
	env, err := sensor.Start(t.Context(), recorder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sensor.Stop(context.Background()) })
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config"), quickIrssi)
	o, err := terminal.ParseOptions(raw(t, map[string]any{
		"preset": "irssi", "writable": []string{dir}, "box": true,
		"command": []string{"irssi", "--home", dir, "-c", "irc.test", "-p", fmt.Sprint(port), "-n", "{{name}}"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	e, err := terminal.New(terminal.Config{
		Account: ends.Account{Name: "alice"}, Options: o, Env: append(append(os.Environ(), "LC_ALL=C.UTF-8"), env...), Dir: dir, Clock: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	if err := e.Open(t.Context(), func(ends.Event) {}); err != nil {
		t.Fatal(err)
	}
	if sent, err := e.Put(t.Context(), ends.Post{To: ends.Account{Name: "bob"}, Text: "seen from inside"}); err != nil || sent.Outcome != "" {
		t.Fatalf("put: %+v, %v", sent, err)
	}
	_ = e.Close()
	if err := sensor.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if !slices.ContainsFunc(recorder.Flows(), func(f telltale.Flow) bool {
		return f.Host == "irc.test" && slices.ContainsFunc(f.Messages, func(m telltale.Message) bool {
			return m.Out && bytes.Contains(recorder.Bytes(m.Bytes), []byte("PRIVMSG bob :seen from inside"))
		})
	}) {
		t.Errorf("what was typed is in no flow to irc.test: %+v", recorder.Flows())
	}
}
