package box_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/environ"
	"example.org/telltale/internal/sandbox"
	"example.org/telltale/internal/sensor/box"
	"example.org/telltale/internal/sensor/gateway"
	"example.org/telltale/internal/sensor/sensortest"
	"example.org/telltale/internal/zoo"
)

// TestMain makes the test binary the first process of its sandboxes and the
// programs in them.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "program" {
		os.Exit(program(os.Args[2:]))
	}
	if len(os.Args) == 2 && os.Args[1] == "sandbox-init" {
		os.Exit(sandbox.Init())
	}
	os.Exit(m.Run())
}

// program posts what it reads, line by line, and ends with what it is told.
func program(args []string) int {
	switch args[0] {
	case "post":
		text, err := io.ReadAll(os.Stdin)
		if err != nil {
			return 3
		}
		resp, err := http.Post(args[1], "text/plain", bytes.NewReader(text))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 4
		}
		defer resp.Body.Close()
		_, err = io.Copy(os.Stdout, resp.Body)
		if err != nil {
			return 5
		}
		return 7
	case "zoo":
		return zoo.Main(args[1:])
	case "wait":
		fmt.Println("here")
		_, _ = io.Copy(io.Discard, os.Stdin)
		return 0
	case "write":
		if err := os.WriteFile(args[1], []byte("written"), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	return 2
}

// start begins to watch, with the name collector.test for a server that
// repeats what it is sent.
func start(t *testing.T) (*box.Sensor, *sensortest.Recorder, string) {
	t.Helper()
	if err := sandbox.Check(); err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(server.Close)
	s, err := box.NewSensor(box.SensorConfig{
		Self: []string{"/proc/self/exe", "sandbox-init"}, Enter: []string{"enter"}, CADir: t.TempDir(), Clock: time.Now, Random: rand.Reader,
		Maps: []gateway.Map{{Name: "collector.test", To: netip.MustParseAddrPort(server.Listener.Addr().String())}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &sensortest.Recorder{}
	env, err := s.Start(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	command, err := environ.Command(env)
	if err != nil || len(command) != 2 || command[0] != "enter" {
		t.Fatalf("the way in is %q, %v", command, err)
	}
	return s, r, command[1]
}

// streams are a program's ends of its standard streams, and ours.
type streams struct {
	theirs [3]*os.File
	in     *os.File
	out    *os.File
}

func newStreams(t *testing.T) streams {
	t.Helper()
	inRead, inWrite, err1 := os.Pipe()
	outRead, outWrite, err2 := os.Pipe()
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, f := range []*os.File{inRead, inWrite, outRead, outWrite} {
			_ = f.Close()
		}
	})
	return streams{theirs: [3]*os.File{inRead, outWrite, os.Stderr}, in: inWrite, out: outRead}
}

// order runs this binary as a program.
func order(t *testing.T, args ...string) box.Order {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return box.Order{Args: append([]string{self, "program"}, args...), Env: os.Environ(), Dir: t.TempDir()}
}

func TestWhatAProgramSendsIsRecorded(t *testing.T) {
	t.Parallel()
	s, recorder, socket := start(t)
	st := newStreams(t)
	if _, err := io.WriteString(st.in, "a message with koshqwct in it"); err != nil {
		t.Fatal(err)
	}
	_ = st.in.Close()
	status, err := box.Enter(t.Context(), socket, order(t, "post", "http://collector.test/c"), st.theirs)
	if err != nil || status != 7 {
		t.Fatalf("status %d, %v; want 7", status, err)
	}
	_ = st.theirs[1].Close()
	if out, err := io.ReadAll(st.out); err != nil || string(out) != "a message with koshqwct in it" {
		t.Errorf("the program printed %q, %v", out, err)
	}
	s.Quiet(t.Context())
	post, names := false, false
	for _, f := range recorder.Flows() {
		names = names || f.Protocol == "dns" && f.Host == "collector.test"
		if f.Protocol != "http" {
			continue
		}
		post = true
		sent := recorder.Bytes(f.Messages[0].Bytes)
		if f.Sensor != box.Name || f.Host != "collector.test" || f.Visibility != telltale.Clear || !bytes.Contains(sent, []byte("koshqwct")) {
			t.Errorf("flow %+v, %q", f, sent)
		}
	}
	if !post || !names {
		t.Errorf("not all is among %+v", recorder.Flows())
	}
}

// A program ends with whoever had it run.
func TestProgramEndsWithItsClient(t *testing.T) {
	t.Parallel()
	_, _, socket := start(t)
	st := newStreams(t)
	ctx, cancel := context.WithCancel(t.Context())
	entered := make(chan error, 1)
	go func() {
		_, err := box.Enter(ctx, socket, order(t, "wait"), st.theirs)
		entered <- err
	}()
	line := make([]byte, 5)
	if _, err := io.ReadFull(st.out, line); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-entered; !errors.Is(err, context.Canceled) {
		t.Errorf("the client ends with %v", err)
	}
	_ = st.theirs[1].Close()
	// Nobody else holds the stream once the program has ended.
	if rest, err := io.ReadAll(st.out); err != nil || len(rest) > 0 {
		t.Errorf("it went on: %q, %v", rest, err)
	}
}

func TestStopEndsPrograms(t *testing.T) {
	t.Parallel()
	s, _, socket := start(t)
	st := newStreams(t)
	entered := make(chan int, 1)
	go func() {
		status, err := box.Enter(t.Context(), socket, order(t, "wait"), st.theirs)
		if err != nil {
			t.Error(err)
		}
		entered <- status
	}()
	line := make([]byte, 5)
	if _, err := io.ReadFull(st.out, line); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	if status := <-entered; status == 0 {
		t.Error("the program ended as if nothing had been")
	}
	if _, err := box.Enter(t.Context(), socket, order(t, "wait"), st.theirs); err == nil || !strings.Contains(err.Error(), "still running") {
		t.Errorf("after the stop: %v", err)
	}
}

func TestOnlyWhatIsNamedCanBeWritten(t *testing.T) {
	t.Parallel()
	_, _, socket := start(t)
	st := newStreams(t)
	dir := t.TempDir()
	o := order(t, "write", dir+"/file")
	if status, err := box.Enter(t.Context(), socket, o, st.theirs); err != nil || status == 0 {
		t.Errorf("without leave: status %d, %v", status, err)
	}
	o.Writable = []string{dir}
	if status, err := box.Enter(t.Context(), socket, o, st.theirs); err != nil || status != 0 {
		t.Errorf("with leave: status %d, %v", status, err)
	}
	if b, err := os.ReadFile(dir + "/file"); err != nil || string(b) != "written" {
		t.Errorf("the file holds %q, %v", b, err)
	}
}

func TestProgramThatIsNotThere(t *testing.T) {
	t.Parallel()
	_, _, socket := start(t)
	st := newStreams(t)
	status, err := box.Enter(t.Context(), socket, box.Order{Args: []string{"no-such-program"}, Env: os.Environ(), Dir: t.TempDir()}, st.theirs)
	if err == nil || !strings.Contains(err.Error(), "no-such-program") {
		t.Errorf("status %d, %v", status, err)
	}
}
