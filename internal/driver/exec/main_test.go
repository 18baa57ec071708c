package exec_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	osexec "os/exec"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
)

// behave names how the test binary behaves when it is run as a driver.
const behave = "TELLTALE_TEST_DRIVER"

func TestMain(m *testing.M) {
	if how := os.Getenv(behave); how != "" {
		os.Exit(beDriver(how))
	}
	os.Exit(m.Run())
}

// beDriver is a driver process: a good one, unless how says otherwise.
func beDriver(how string) int {
	if how == "babysit" {
		return babysit()
	}
	if how == "mute" {
		hang()
	}
	in := bufio.NewReader(os.Stdin)
	for {
		b, err := in.ReadBytes('\n')
		if err != nil {
			if how == "stubborn" {
				hang()
			}
			return 0
		}
		var req telltale.DriverRequest
		if err := json.Unmarshal(b, &req); err != nil {
			fmt.Fprintln(os.Stderr, "bad request", err)
			return 1
		}
		if req.Op == "close" && how != "stubborn" {
			return 0
		}
		if req.Op == "send" || how == "old version" {
			if code := misbehave(how, req); code >= 0 {
				return code
			}
			continue
		}
		print(answer(req))
	}
}

func print(r telltale.DriverResponse) {
	b, _ := json.Marshal(r)
	fmt.Printf("%s\n", b)
}

func answer(req telltale.DriverRequest) telltale.DriverResponse {
	r := telltale.DriverResponse{ID: req.ID}
	switch req.Op {
	case "describe":
		r.Version = telltale.ProtocolVersion
		r.Description = &telltale.Description{
			App:      telltale.App{Name: "fake", Version: fmt.Sprint(os.Getpid())},
			Accounts: []telltale.Account{{Name: "a", Side: telltale.SideApp}, {Name: "b", Side: telltale.SidePeer}},
		}
	case "send":
		now := time.Now()
		r.Receipt = &telltale.Receipt{Probe: req.Send.Probe, Typed: req.Send.Text, Outcome: telltale.Delivered, Got: req.Send.Text, Sent: now, Settled: now}
	}
	return r
}

// misbehave answers a send badly and gives an exit code, or -1 to go on.
func misbehave(how string, req telltale.DriverRequest) int {
	r := answer(req)
	switch how {
	case "dies":
		fmt.Fprintln(os.Stderr, "first words\nno display \x1b[31mfound")
		return 3
	case "hangs":
		hang()
	case "chatters":
		fmt.Println("Starting the app \x1b[2J...")
	case "two answers":
		print(r)
		print(r)
	case "wrong id":
		r.ID += 7
		print(r)
	case "old version":
		r.Version = 99
		print(r)
	case "huge line":
		fmt.Println(strings.Repeat("x", 3<<20))
	case "no receipt":
		r.Receipt = nil
		print(r)
	case "wrong probe":
		r.Receipt.Probe = "p999"
		print(r)
	case "odd outcome":
		r.Receipt.Outcome = "fine"
		print(r)
	case "says no":
		print(telltale.DriverResponse{ID: req.ID, Error: "nobody is logged in"})
	case "no times":
		r.Receipt.Sent, r.Receipt.Settled = time.Time{}, time.Time{}
		print(r)
	case "late":
		r.Receipt.Outcome, r.Receipt.Got = telltale.Dropped, ""
		print(r)
		r = answer(req)
		r.ID, r.Event = 0, "late"
		print(r)
	case "breeds":
		child := osexec.Command("sleep", "600")
		if err := child.Start(); err != nil {
			return 1
		}
		r.Receipt.Reason = fmt.Sprint(child.Process.Pid)
		print(r)
	case "dies after":
		print(r)
		return 0
	default:
		print(r)
	}
	return -1
}

// hang waits to be killed; an empty select would be noticed as a deadlock.
func hang() { <-time.After(time.Hour) }
