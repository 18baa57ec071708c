package browser_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/browser"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/environ"
	"example.org/telltale/internal/sandbox"
	"example.org/telltale/internal/sensor/box"
	"example.org/telltale/internal/sensor/gateway"
	"example.org/telltale/internal/sensor/sensortest"
)

// TestMain makes the test binary the first process of its sandboxes, and the
// way into them.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "sandbox-init":
		os.Exit(sandbox.Init())
	case len(os.Args) > 3 && os.Args[1] == "enter":
		os.Exit(enter(os.Args[2], os.Args[3:]))
	}
	os.Exit(m.Run())
}

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

// sandboxed starts a sandbox in which chat.test is the chat's server, and
// returns the environment that leads into it.
func sandboxed(t *testing.T, address string) (*box.Sensor, *sensortest.Recorder, []string) {
	t.Helper()
	if err := sandbox.Check(); err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s, err := box.NewSensor(box.SensorConfig{
		Self: []string{"/proc/self/exe", "sandbox-init"}, Enter: []string{self, "enter"}, CADir: t.TempDir(), Clock: time.Now, Random: rand.Reader,
		Maps: []gateway.Map{{Name: "chat.test", To: netip.MustParseAddrPort(address)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &sensortest.Recorder{}
	env, err := s.Start(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return s, r, append(os.Environ(), env...)
}

// A browser in a sandbox is driven from outside, and what it sends is seen.
func TestInTheSandbox(t *testing.T) {
	t.Parallel()
	c := serve(t)
	sensor, recorder, env := sandboxed(t, strings.TrimSuffix(strings.TrimPrefix(c.url, "http://"), "/chat"))
	o, err := browser.ParseOptions(rawOptions(t, settings("http://chat.test/chat")))
	if err != nil {
		t.Fatal(err)
	}
	e, err := browser.New(browser.Config{Account: account("alice"), Options: o, Env: env, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	need(t, e.Open(t.Context(), heard{make(chan ends.Event, 100)}.hear))
	sent, err := e.Put(t.Context(), ends.Post{To: account("bob"), Text: "seen from inside"})
	if err != nil || sent.Outcome != "" || sent.Typed != "seen from inside" {
		t.Fatalf("put: %+v, %v", sent, err)
	}
	if err := e.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if err := sensor.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if !slices.ContainsFunc(recorder.Flows(), func(f telltale.Flow) bool {
		return f.Host == "chat.test" && slices.ContainsFunc(f.Messages, func(m telltale.Message) bool {
			return m.Out && bytes.Contains(recorder.Bytes(m.Bytes), []byte("seen from inside"))
		})
	}) {
		t.Error("what was typed is in no flow to chat.test")
	}
	for _, f := range recorder.Flows() {
		if f.Host != "chat.test" {
			t.Logf("the browser itself talks to %s", f.Host)
		}
	}
}
