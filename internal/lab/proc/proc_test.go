package proc_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/lab/proc"
)

const behave = "TELLTALE_TEST_PROCESS"

func TestMain(m *testing.M) {
	switch os.Getenv(behave) {
	case "":
		os.Exit(m.Run())
	case "good":
		ctx, cancel := proc.UntilEOF(context.Background(), os.Stdin)
		defer cancel()
		fmt.Println("warming up")
		_ = proc.SayReady(os.Stdout, "127.0.0.1:9")
		<-ctx.Done()
	case "echo":
		_ = proc.SayReady(os.Stdout, "")
		_, _ = io.Copy(os.Stdout, os.Stdin)
	case "stubborn":
		_ = proc.SayReady(os.Stdout, "")
		<-time.After(time.Hour)
	case "loud":
		_ = proc.SayReady(os.Stdout, "")
		for {
			if _, err := fmt.Println(strings.Repeat("x", 1000)); err != nil {
				return
			}
		}
	case "fails":
		os.Exit(3)
	}
}

func start(t *testing.T, how string) *proc.Process {
	t.Helper()
	p, err := proc.Start(proc.Config{Program: os.Args[0], Env: append(os.Environ(), behave+"="+how), OwnGroup: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Kill(); <-p.Exited() })
	return p
}

func TestProcessEndsWithItsInput(t *testing.T) {
	t.Parallel()
	p := start(t, "good")
	if addr, err := p.AwaitReady(t.Context()); err != nil || addr != "127.0.0.1:9" {
		t.Fatalf("AwaitReady = %q, %v", addr, err)
	}
	p.Stop(time.Minute)
	if err := p.Ending(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	p.Stop(0)
}

func TestLinesComeBack(t *testing.T) {
	t.Parallel()
	p := start(t, "echo")
	if _, err := p.AwaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(p, "one 一\n"); err != nil {
		t.Fatal(err)
	}
	if got := <-p.Lines(); got != "one 一" {
		t.Errorf("line %q", got)
	}
	p.Stop(time.Minute)
	if _, ok := <-p.Lines(); ok {
		t.Error("a line too many")
	}
}

func TestStubbornAndLoudProcessesAreStopped(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"stubborn", "loud"} {
		p := start(t, how)
		if _, err := p.AwaitReady(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.Stop(10 * time.Millisecond)
		if p.Ending() == nil {
			t.Errorf("%s: it was not killed", how)
		}
	}
}

func TestFailureBeforeReadyIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := start(t, "fails").AwaitReady(t.Context()); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("AwaitReady: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := start(t, "stubborn")
	<-p.Lines()
	if _, err := p.AwaitReady(ctx); err == nil {
		t.Error("AwaitReady with a cancelled context succeeds")
	}
	if _, err := proc.Start(proc.Config{Program: "/no/such/program"}); err == nil {
		t.Error("Start of nothing succeeds")
	}
}
