package adapter_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/lab/adapter"
	"example.org/telltale/internal/lab/labdir"
)

// session is an adapter that runs inside the test, with fake clients.
type session struct {
	t    *testing.T
	in   *io.PipeWriter
	out  *bufio.Scanner
	id   int64
	done chan error
}

func open(t *testing.T, environ ...string) *session {
	t.Helper()
	dir := labdir.Dir(t.TempDir())
	if err := dir.Save(labdir.State{Profile: "clean", Seed: 1}); err != nil {
		t.Fatal(err)
	}
	in, inEnd := io.Pipe()
	outEnd, out := io.Pipe()
	s := &session{t: t, in: inEnd, out: bufio.NewScanner(outEnd), done: make(chan error, 1)}
	go func() {
		err := adapter.Run(context.Background(), adapter.Config{
			Dir: dir, Program: os.Args[0], Stdin: in, Stdout: out, Stderr: io.Discard,
			Environ: append(os.Environ(), environ...), Clock: time.Now, Log: slog.New(slog.DiscardHandler),
		})
		out.Close()
		s.done <- err
	}()
	t.Cleanup(func() {
		inEnd.Close()
		go func() { _, _ = io.Copy(io.Discard, outEnd) }()
		if err := <-s.done; err != nil {
			t.Errorf("the adapter ended with %v", err)
		}
	})
	return s
}

// next reads one line.
func (s *session) next() telltale.DriverResponse {
	s.t.Helper()
	var r telltale.DriverResponse
	if !s.out.Scan() {
		s.t.Fatal("the adapter's output ended")
	}
	if err := json.Unmarshal(s.out.Bytes(), &r); err != nil {
		s.t.Fatal(err)
	}
	return r
}

// ask puts a request and returns its answer and the events before it.
func (s *session) ask(req telltale.DriverRequest) (answer telltale.DriverResponse, events []telltale.DriverResponse) {
	s.t.Helper()
	s.id++
	req.ID = s.id
	b, err := json.Marshal(req)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.in.Write(append(b, '\n')); err != nil {
		s.t.Fatal(err)
	}
	for {
		r := s.next()
		if r.ID == req.ID {
			return r, events
		}
		events = append(events, r)
	}
}

func (s *session) send(probe, from, to, text string, wait time.Duration) (telltale.DriverResponse, []telltale.DriverResponse) {
	s.t.Helper()
	return s.ask(telltale.DriverRequest{Op: "send", Send: &telltale.DriverSend{Probe: probe, From: from, To: to, Text: text, WaitMS: wait.Milliseconds()}})
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	s := open(t)
	cases := []struct {
		text   string
		want   telltale.Outcome
		reason string
	}{
		{"hello", telltale.Delivered, ""},
		{"alter this", telltale.Altered, ""},
		{"drop this", telltale.Dropped, ""},
		{"fail this", telltale.Void, "no way there"},
		{"two\nlines", telltale.Void, "input field"},
		{"hello", telltale.Delivered, ""},
	}
	for _, c := range cases {
		wait := time.Minute
		if c.want == telltale.Dropped || c.reason == "no way there" {
			wait = 20 * time.Millisecond
		}
		r, _ := s.send("p1", "alice", "bob", c.text, wait)
		if r.Error != "" || r.Receipt.Outcome != c.want || r.Receipt.Probe != "p1" || !strings.Contains(r.Receipt.Reason, c.reason) {
			t.Errorf("%q: %+v %+v", c.text, r, r.Receipt)
		}
	}
	if r, _ := s.send("p2", "alice", "nobody", "hello", 0); r.Error == "" {
		t.Errorf("a message to nobody: %+v", r.Receipt)
	}
}

func TestLateMessageCorrectsItsReceipt(t *testing.T) {
	t.Parallel()
	s := open(t)
	if r, _ := s.send("p1", "bob", "carol", "late this", time.Millisecond); r.Receipt == nil || r.Receipt.Outcome != telltale.Dropped {
		t.Fatalf("the late message: %+v", r)
	}
	r, events := s.send("p2", "bob", "carol", "hello", time.Minute)
	if r.Receipt == nil || r.Receipt.Outcome != telltale.Delivered || r.Receipt.Got != "hello" {
		t.Errorf("the message after it: %+v", r)
	}
	if len(events) != 1 || events[0].Event != "late" || events[0].Receipt.Probe != "p1" || !events[0].Receipt.Late || events[0].Receipt.Got != "late this" {
		t.Errorf("events: %+v", events)
	}
}

func TestDeadClientFailsTheSendAndComesBack(t *testing.T) {
	t.Parallel()
	s := open(t)
	if r, _ := s.send("p1", "alice", "bob", "die", time.Minute); !strings.Contains(r.Error, "ended in the middle") {
		t.Errorf("a send that kills the client: %+v", r)
	}
	if r, _ := s.send("p2", "alice", "bob", "hello", time.Minute); r.Receipt == nil || r.Receipt.Outcome != telltale.Delivered {
		t.Errorf("the send after it: %+v", r)
	}
	if r, _ := s.ask(telltale.DriverRequest{Op: "reset"}); r.Error != "" {
		t.Errorf("reset: %s", r.Error)
	}
	if r, _ := s.send("p3", "bob", "alice", "hello", time.Minute); r.Receipt == nil || r.Receipt.Outcome != telltale.Delivered {
		t.Errorf("the send after the reset: %+v", r)
	}
}

func TestOnlyTheAppUnderTestHasTheProxy(t *testing.T) {
	t.Parallel()
	s := open(t, "HTTP_PROXY=http://127.0.0.1:9", "TELLTALE_CA=ca.pem", "LANG_OF_TEST=en")
	for from, want := range map[string]string{"alice": "HTTP_PROXY TELLTALE_CA LANG_OF_TEST", "carol": "HTTP_PROXY TELLTALE_CA LANG_OF_TEST", "bob": "LANG_OF_TEST"} {
		to := "bob"
		if from == "bob" {
			to = "alice"
		}
		if r, _ := s.send("p1", from, to, "env", time.Minute); r.Receipt == nil || r.Receipt.Got != want {
			t.Errorf("the client of %s has %+v, want %q", from, r.Receipt, want)
		}
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	s := open(t)
	r, _ := s.ask(telltale.DriverRequest{Op: "describe", Version: telltale.ProtocolVersion})
	if r.Error != "" || r.Version != telltale.ProtocolVersion || len(r.Description.Accounts) != 3 || !r.Description.App.Files[0].Harvest {
		t.Errorf("describe: %+v", r)
	}
	if r, _ := s.ask(telltale.DriverRequest{Op: "describe", Version: 99}); r.Error == "" {
		t.Error("another version is accepted")
	}
	if r, _ := s.ask(telltale.DriverRequest{Op: "dance"}); r.Error == "" {
		t.Error("an unknown op is accepted")
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(`{"id":1,"op":"send","send":{"probe":"p1"}}`))
	f.Add([]byte(`{"id":1,"op":"send"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := adapter.ParseRequest(b); err == nil && r.Op == "send" && r.Send == nil {
			t.Errorf("accepted %q", b)
		}
	})
}

func FuzzParseLine(f *testing.F) {
	f.Add([]byte(`{"event":"message","id":"1","text":"x"}`))
	f.Add([]byte(`{"reply":"send","seq":4,"id":"1"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, e, err := adapter.ParseLine(b); err == nil && r.Reply == "" && e.Kind == "" {
			t.Errorf("accepted %q", b)
		}
	})
}
