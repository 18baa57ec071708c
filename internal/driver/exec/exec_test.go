package exec_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/drivertest"
	"example.org/telltale/internal/driver/exec"
)

// driver starts the test binary as a driver that behaves as how says.
func driver(t *testing.T, how string, timeout time.Duration) *exec.Driver {
	t.Helper()
	d := exec.New(exec.Config{Command: []string{os.Args[0]}, Env: []string{behave + "=" + how}, Timeout: timeout})
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func typing(probe string) telltale.Typing {
	return telltale.Typing{Probe: probe, From: "a", To: "b", Text: "hello 你好 \"x\"\n", Wait: 10 * time.Millisecond}
}

func TestGoodDriver(t *testing.T) {
	t.Parallel()
	d := driver(t, "good", time.Minute)
	desc, err := d.Describe(t.Context())
	if err != nil || desc.App.Name != "fake" || len(desc.Accounts) != 2 {
		t.Fatalf("Describe = %+v, %v", desc, err)
	}
	for _, probe := range []string{"p1", "p2", "p3"} {
		r, err := d.Send(t.Context(), typing(probe))
		if err != nil || r.Probe != probe || r.Outcome != telltale.Delivered || r.Got != typing("").Text {
			t.Fatalf("Send(%s) = %+v, %v", probe, r, err)
		}
	}
	if err := d.Reset(t.Context()); err != nil {
		t.Errorf("Reset: %v", err)
	}
	again, err := d.Describe(t.Context())
	if err != nil || again.App.Version != desc.App.Version {
		t.Errorf("a healthy process was replaced by Reset: %+v, %v", again.App, err)
	}
	for range 2 {
		if err := d.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if _, err := d.Send(t.Context(), typing("p4")); !errors.Is(err, exec.ErrClosed) {
		t.Errorf("Send after Close: %v", err)
	}
}

func TestBadDriversGiveClearErrorsAndCanBeReset(t *testing.T) {
	t.Parallel()
	cases := []struct {
		how  string
		want []string
	}{
		{"dies", []string{"exit status 3", `no display \x1b[31mfound`, "send"}},
		{"chatters", []string{"line 2", `"Starting the app \x1b[2J..."`, "not a JSON answer"}},
		{"wrong id", []string{"line 2", "the request had 2"}},
		{"huge line", []string{"line 2", `"xxxx`, "longer than 1048576 bytes"}},
		{"no receipt", []string{"line 2", "no receipt"}},
		{"wrong probe", []string{`"p999"`, `sent was "p1"`}},
		{"odd outcome", []string{`outcome "fine" is unknown`}},
	}
	for _, c := range cases {
		t.Run(c.how, func(t *testing.T) {
			t.Parallel()
			d := driver(t, c.how, time.Minute)
			if _, err := d.Describe(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, err := d.Send(t.Context(), typing("p1"))
			var failure *exec.Error
			if !errors.As(err, &failure) {
				t.Fatalf("Send: %v, want an *exec.Error", err)
			}
			for _, want := range append(c.want, os.Args[0]) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error lacks %q: %v", want, err)
				}
			}
			if _, err := d.Send(t.Context(), typing("p2")); err == nil || !strings.Contains(err.Error(), "must be reset") {
				t.Errorf("Send to a failed driver: %v", err)
			}
			if err := d.Reset(t.Context()); err != nil {
				t.Errorf("Reset: %v", err)
			}
			if _, err := d.Describe(t.Context()); err != nil {
				t.Errorf("Describe after Reset: %v", err)
			}
		})
	}
}

func TestHangingDriverTimesOut(t *testing.T) {
	t.Parallel()
	d := driver(t, "mute", 50*time.Millisecond)
	_, err := d.Send(t.Context(), typing("p1"))
	if err == nil || !strings.Contains(err.Error(), "no answer within 60ms") {
		t.Errorf("Send: %v", err)
	}
}

func TestWrongVersionIsRefused(t *testing.T) {
	t.Parallel()
	_, err := driver(t, "old version", time.Minute).Describe(t.Context())
	if err == nil || !strings.Contains(err.Error(), "speaks version 99") {
		t.Errorf("Describe: %v", err)
	}
}

func TestSecondAnswerIsNoticed(t *testing.T) {
	t.Parallel()
	d := driver(t, "two answers", time.Minute)
	if _, err := d.Send(t.Context(), typing("p1")); err != nil {
		t.Fatal(err)
	}
	_, err := d.Send(t.Context(), typing("p2"))
	if err == nil || !strings.Contains(err.Error(), "the answer has id 1, the request had 2") {
		t.Errorf("Send: %v", err)
	}
}

func TestReportedErrorFailsOnlyThatRequest(t *testing.T) {
	t.Parallel()
	d := driver(t, "says no", time.Minute)
	if _, err := d.Send(t.Context(), typing("p1")); err == nil || !strings.Contains(err.Error(), "the driver says: nobody is logged in") {
		t.Errorf("Send: %v", err)
	}
	if _, err := d.Describe(t.Context()); err != nil {
		t.Errorf("Describe after a reported error: %v", err)
	}
}

func TestLateReceipts(t *testing.T) {
	t.Parallel()
	d := driver(t, "late", time.Minute)
	r, err := d.Send(t.Context(), typing("p1"))
	if err != nil || r.Outcome != telltale.Dropped {
		t.Fatalf("Send = %+v, %v", r, err)
	}
	// The event stands before the next answer, so after that it is known.
	if _, err := d.Describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	late, err := d.Late(t.Context())
	if err != nil || len(late) != 1 || !late[0].Late || late[0].Outcome != telltale.Delivered || late[0].Probe != "p1" {
		t.Errorf("Late = %+v, %v", late, err)
	}
	if late, _ := d.Late(t.Context()); len(late) != 0 {
		t.Errorf("the second Late repeats %+v", late)
	}
}

func TestMissingTimesAreFilledIn(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	d := exec.New(exec.Config{Command: []string{os.Args[0]}, Env: []string{behave + "=no times"}, Clock: func() time.Time { return at }})
	t.Cleanup(func() { _ = d.Close() })
	r, err := d.Send(t.Context(), typing("p1"))
	if err != nil || !r.Sent.Equal(at) || !r.Settled.Equal(at) {
		t.Errorf("Send = %+v, %v", r, err)
	}
}

func TestLastAnswerOfADyingProcessCounts(t *testing.T) {
	t.Parallel()
	d := driver(t, "dies after", time.Minute)
	if r, err := d.Send(t.Context(), typing("p1")); err != nil || r.Outcome != telltale.Delivered {
		t.Fatalf("Send = %+v, %v", r, err)
	}
	if _, err := d.Send(t.Context(), typing("p2")); err == nil || !strings.Contains(err.Error(), "ended without an answer") {
		t.Errorf("Send to a dead process: %v", err)
	}
}

func TestInterruptedSendEndsAtOnceAndResetHelps(t *testing.T) {
	t.Parallel()
	d := driver(t, "hangs", time.Hour)
	if _, err := d.Describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Send(ctx, typing("p1")); !errors.Is(err, context.Canceled) {
		t.Errorf("Send with a cancelled context: %v", err)
	}
	if err := d.Reset(t.Context()); err != nil {
		t.Errorf("Reset: %v", err)
	}
}

func TestCommandThatCannotStart(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{nil, {"/no/such/driver"}} {
		_, err := exec.New(exec.Config{Command: command}).Describe(t.Context())
		if err == nil || !strings.Contains(err.Error(), "start") {
			t.Errorf("Describe of %q: %v", command, err)
		}
	}
}

func FuzzParseResponse(f *testing.F) {
	f.Add([]byte(`{"id":1}`))
	f.Add([]byte(`{"event":"late","receipt":{"probe":"p1","outcome":"delivered"}}`))
	f.Add([]byte(`{"id":1}{"id":2}`))
	f.Add([]byte("\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := exec.ParseResponse(b)
		if err != nil {
			return
		}
		if r.ID < 0 || (r.ID == 0) == (r.Event == "") {
			t.Errorf("accepted %q: neither answer nor event", b)
		}
	})
}

func TestContract(t *testing.T) {
	t.Parallel()
	d := driver(t, "good", time.Minute)
	for _, r := range drivertest.Check(t.Context(), d, drivertest.Options{}) {
		// This fake delivers to anybody, and the suite must see it.
		if want := r.Name != "send: to an unknown account"; r.OK != want {
			t.Errorf("%s: %v %s", r.Name, r.OK, r.Detail)
		}
	}
}
