package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"example.org/telltale"
)

// fakeDriver is a driver process for the scripts. Its argument names a file
// with a mood: how it misbehaves ("dies"), from which message on, counted
// over all its lives, and up to which one. Without the file it is a good
// driver, and everything arrives. One called "refuses" refuses one word.
func fakeDriver() {
	mood := os.Args[1]
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var req telltale.DriverRequest
		if err := json.Unmarshal(in.Bytes(), &req); err != nil {
			fmt.Fprintln(os.Stderr, "bad request:", err)
			os.Exit(1)
		}
		r := telltale.DriverResponse{ID: req.ID}
		switch req.Op {
		case "describe":
			r.Version = telltale.ProtocolVersion
			r.Description = &telltale.Description{
				App:      telltale.App{Name: "fake", Version: "1"},
				Accounts: []telltale.Account{{Name: "a", Side: telltale.SideApp}, {Name: "b", Side: telltale.SidePeer}},
			}
		case "send":
			now := time.Now()
			r.Receipt = &telltale.Receipt{Probe: req.Send.Probe, Typed: req.Send.Text, Outcome: telltale.Delivered, Got: req.Send.Text, Sent: now, Settled: now}
			if mood == "refuses" && strings.Contains(req.Send.Text, "forbidden") {
				r.Receipt.Outcome, r.Receipt.Got, r.Receipt.Reason = telltale.Refused, "", "no"
			}
			if how := moodFor(mood); how != "" {
				misbehave(how, &r)
			}
		case "close":
			return
		}
		answer(r)
	}
}

func answer(r telltale.DriverResponse) {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", b)
}

// moodFor counts a message and tells how to misbehave on it.
func moodFor(file string) string {
	count, err := os.OpenFile(file+".sent", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer count.Close()
	if _, err := count.WriteString("."); err != nil {
		panic(err)
	}
	info, err := count.Stat()
	if err != nil {
		panic(err)
	}
	var how string
	var from, to int64
	text, err := os.ReadFile(file)
	if err != nil {
		return "" // no mood at all
	}
	if _, err := fmt.Sscan(string(text), &how, &from, &to); err != nil {
		panic(err)
	}
	if info.Size() < from || info.Size() > to {
		return ""
	}
	return how
}

func misbehave(how string, r *telltale.DriverResponse) {
	switch how {
	case "dies":
		fmt.Fprintln(os.Stderr, "the window is gone")
		os.Exit(3)
	case "hangs":
		<-time.After(time.Hour) // it is killed long before
	case "rambles":
		fmt.Println("Connected \x1b[2J to the app")
	case "mistakes":
		r.Receipt.Probe = "p999999"
	case "mistypes":
		r.Receipt.Typed = "something else"
	case "lies":
		r.Receipt.Got = "another text"
	case "recalls":
		// Events about messages whose fate was settled, or never typed.
		for _, probe := range []string{"p000001", "p999999"} {
			late := *r.Receipt
			late.Probe, late.Typed, late.Got = probe, "never typed", "never sent"
			answer(telltale.DriverResponse{Event: "late", Receipt: &late})
		}
	default:
		panic("no such mood: " + how)
	}
}

// once fails if a question of the plan counts twice in a case, or none does.
func once(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: once CASE")
	}
	ts.Check(countsOnce(ts.MkAbs(args[0])))
}

// probes checks how many probes of a case have an outcome: probes CASE void 3.
func probes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: probes CASE OUTCOME NUMBER")
	}
	rec, err := recordOf(ts.MkAbs(args[0]))
	ts.Check(err)
	n := 0
	last := rec.LastReceipts()
	for _, p := range rec.Probes {
		if string(last[p.ID].Outcome) == args[1] {
			n++
		}
	}
	if fmt.Sprint(n) != args[2] {
		ts.Fatalf("%d probes are %s, want %s", n, args[1], args[2])
	}
}
