package report_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/report"
)

// told is a world with some trials of one cell and some findings.
func told(cell telltale.Cell, claims ...telltale.Claim) *world {
	w := newWorld("some app")
	start := w.now
	w.rec.Scenario.Words = []string{"alpha", "beta"}
	for i := range 8 {
		w.ask(question{telltale.ArmTreatment, direction(i), "alpha", cell})
		w.ask(question{telltale.ArmContact, direction(i), "hello", telltale.CellDelivered})
	}
	for _, c := range claims {
		w.find(telltale.Finding{Claim: c, Statement: "It does.", Direct: true})
	}
	w.listened(start)
	return w
}

func claim(kind telltale.Kind, d telltale.Direction, c telltale.Condition) telltale.Claim {
	return telltale.Claim{Kind: kind, Direction: d, Condition: c}
}

func trigger(cell telltale.Cell, words ...string) telltale.Claim {
	return telltale.Claim{Kind: telltale.KindTrigger, Direction: telltale.Both, Cell: cell, Words: words}
}

func TestAnswerSaysWhatWasFound(t *testing.T) {
	t.Parallel()
	dest := telltale.Claim{Kind: telltale.KindDestination, Host: hostCopy, Detail: "https"}
	cases := []struct {
		name string
		w    *world
		tone report.Tone
		says []string
	}{
		{"nothing", told(telltale.CellDelivered), report.ToneQuiet, []string{"We typed 16 messages", "That is no proof of innocence"}},
		{"half void", told(telltale.CellVoid), report.ToneQuiet, []string{"Of the 8 that could be followed"}},
		{"received only, dropped", told(telltale.CellDropped, claim(telltale.KindSuppression, telltale.Received, telltale.OnWords), trigger(telltale.CellDropped, "alpha"), telltale.Claim{Kind: telltale.KindList, Host: hostList, Detail: "/k"}),
			report.ToneAlarm, []string{"scans what you receive for", "1 word or combination was found", "messages with it silently vanish", "a list that it fetches from " + hostList}},
		{"dropped on the way", told(telltale.CellDropped, claim(telltale.KindSuppression, telltale.Sent, telltale.OnWords), claim(telltale.KindSuppression, telltale.Received, telltale.OnWords), trigger(telltale.CellDropped, "alpha", "beta"), trigger(telltale.CellDropped, "c")),
			report.ToneAlarm, []string{"Somewhere on their way", "messages with one of them silently vanish", "whoever runs the way in between"}},
		{"always", told(telltale.CellDeliveredCopied, claim(telltale.KindCopy, telltale.Sent, telltale.Always), claim(telltale.KindCopy, telltale.Received, telltale.Always), dest),
			report.ToneAlarm, []string{"copies what you send and what you receive to somebody else: every message", "No special word is needed", "over HTTPS: hidden from others on the way, open to whoever runs that server"}},
		{"one account", told(telltale.CellDeliveredCopied, claim(telltale.KindCopy, telltale.Sent, telltale.OnAccount), telltale.Claim{Kind: telltale.KindTargeting, Account: "alice"}, dest),
			report.ToneAlarm, []string{"copies what you send to somebody else, for certain accounts", "It watches the account alice; carol, tested side by side"}},
		{"silent copies", told(telltale.CellDeliveredCopied, claim(telltale.KindCopy, telltale.Sent, telltale.OnWords), trigger(telltale.CellDeliveredCopied, "alpha")),
			report.ToneAlarm, []string{"scans what you send for", "arrive as if nothing had happened", "Where the copies go could not be settled"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v, err := report.Build(c.w.input())
			if err != nil {
				t.Fatal(err)
			}
			if v.Answer.Tone != c.tone {
				t.Errorf("tone %q, want %q", v.Answer.Tone, c.tone)
			}
			answer := strings.Join(v.Answer.Sentences, " ")
			for _, s := range c.says {
				if !strings.Contains(answer, s) {
					t.Errorf("%q does not say %q", answer, s)
				}
			}
			if n := len(v.Answer.Sentences); n > 3 {
				t.Errorf("%d sentences, want at most 3", n)
			}
		})
	}
}

func TestUndecidedCases(t *testing.T) {
	t.Parallel()
	nothingHeard := told(telltale.CellDelivered)
	nothingHeard.rec.Listening = nil
	open := told(telltale.CellDelivered)
	open.find(telltale.Finding{Claim: claim(telltale.KindCopy, telltale.Sent, telltale.OnWords), Verdict: telltale.Inconclusive, Needed: 40})
	empty := newWorld("empty")
	for name, c := range map[string]struct {
		w    *world
		says string
	}{
		"no sensor listened": {nothingHeard, "none could be followed"},
		"open question":      {open, "About 40 further trials would decide"},
		"nothing typed":      {empty, "nothing can be said about the app"},
	} {
		v, err := report.Build(c.w.input())
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(v.Answer.Sentences, " "); v.Answer.Tone != report.ToneOpen || !strings.Contains(got, c.says) {
			t.Errorf("%s: tone %q, answer %q; want undecided and %q", name, v.Answer.Tone, got, c.says)
		}
	}
}

func TestNoReportCallsAnAppSafe(t *testing.T) {
	t.Parallel()
	praise := regexp.MustCompile(`(?i)\b(safe|secure|trustworthy)\b`)
	for _, in := range []report.Input{clean().input(), newWorld("empty").input(), told(telltale.CellDelivered).input()} {
		for _, f := range forms() {
			if got := praise.Find(printed(t, f, in)); got != nil {
				t.Errorf("%s: the report says %q of an app", f.ext, got)
			}
		}
	}
}

func TestReferenceThatIsNotClean(t *testing.T) {
	t.Parallel()
	in, ref := tom2011().input(), tom2011().input()
	in.Reference = &ref
	v, err := report.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(v.Answer.Reference, "is not clean either") {
		t.Errorf("reference: %q", v.Answer.Reference)
	}
}

func TestMatrixCountsCellsAndVoids(t *testing.T) {
	t.Parallel()
	w := told(telltale.CellDroppedCopied, trigger(telltale.CellDroppedCopied, "ALPHA"))
	// Once more, when nobody listened any longer: a copy counts, silence does not.
	w.tick(time.Hour)
	w.ask(question{telltale.ArmTreatment, telltale.Sent, "alpha", telltale.CellDroppedCopied})
	w.ask(question{telltale.ArmContact, telltale.Sent, "hello", telltale.CellDelivered})
	got := map[report.Group]report.Row{}
	for _, r := range report.Matrix(&w.rec) {
		if r.Direction == telltale.Sent {
			got[r.Group] = r
		}
	}
	if r := got[report.GroupTrigger]; r.DroppedCopied != 5 || r.Valid() != 5 {
		t.Errorf("trigger row %+v, want 5 dropped and copied", r)
	}
	if r := got[report.GroupContact]; r.Delivered != 4 || r.Void != 1 {
		t.Errorf("contact row %+v, want 4 delivered and 1 void", r)
	}
}

func TestFlowsOfTheChannelAndOfOurOwnChecksAreNoCopies(t *testing.T) {
	t.Parallel()
	w := told(telltale.CellDelivered)
	for _, f := range []telltale.Flow{{Host: "relay.tom.test", Sensor: "proxy"}, {Host: "p7.peers.test", Sensor: "proxy"}, {Host: hostCopy, Sensor: "expose"}} {
		f.Messages = []telltale.Message{{Out: true}, {Out: false}}
		f = w.flow(f)
		w.rec.Layers = append(w.rec.Layers, telltale.Layer{Flow: f.ID, Probes: []string{"p000001"}}, telltale.Layer{Flow: f.ID, Message: 7, Probes: []string{"p000001"}})
	}
	reply := w.flow(telltale.Flow{Host: hostCopy, Sensor: "proxy", Messages: []telltale.Message{{Out: false}}})
	w.rec.Layers = append(w.rec.Layers, telltale.Layer{Flow: reply.ID, Probes: []string{"p000001"}}, telltale.Layer{Flow: "no such flow", Probes: []string{"p000001"}})
	for _, r := range report.Matrix(&w.rec) {
		if r.DeliveredCopied+r.DroppedCopied > 0 {
			t.Errorf("row %+v counts a copy", r)
		}
	}
}

func TestBriefAnswersWhoWhatWhereHowSure(t *testing.T) {
	t.Parallel()
	copies, keeps := claim(telltale.KindCopy, telltale.Sent, telltale.OnWords), claim(telltale.KindSuppression, telltale.Sent, telltale.OnWords)
	list := telltale.Claim{Kind: telltale.KindList, Host: hostList, Detail: "/k"}
	cases := []struct {
		name string
		w    *world
		says [4]string
	}{
		{"nothing", told(telltale.CellDelivered), [4]string{"some app 5.1.4, tested on 2026-03-04 from the lab network.", "Nothing was seen to be copied", "Nowhere that was seen", "2 blind spots"}},
		{"all copied", told(telltale.CellDroppedCopied, copies, keeps, list, trigger(telltale.CellDroppedCopied, "alpha"), trigger(telltale.CellDeliveredCopied, "beta")),
			[4]string{"some app", "It looks for certain words in what you send. We found 2: messages with them are copied to somebody else, and some never arrive.", "could not be settled", "Seen, not inferred: 8 of our messages"}},
		{"some copied", told(telltale.CellDroppedCopied, copies, keeps, list, trigger(telltale.CellDropped, "alpha"), trigger(telltale.CellDeliveredCopied, "beta")),
			[4]string{"some app", "We found 2: some messages with them are copied to somebody else, and some do not", "could not be settled", "Of 8 harmless messages, none"}},
		{"kept on the way", told(telltale.CellDropped, keeps, trigger(telltale.CellDropped, "alpha")),
			[4]string{"some app", "Somebody on the way, or the app itself, looks for certain words in what you send. We found 1: a message with it does not arrive", "whoever runs the way in between", "at most 1 %"}},
	}
	for _, c := range cases {
		v, err := report.Build(c.w.input())
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.says {
			if got := v.Answer.Brief[i].Value; !strings.Contains(got, want) {
				t.Errorf("%s: %s: %q does not say %q", c.name, v.Answer.Brief[i].Name, got, want)
			}
		}
	}
}
