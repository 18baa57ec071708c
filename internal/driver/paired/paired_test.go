package paired_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
	"example.org/telltale/internal/driver/drivertest"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/paired"
)

// service carries messages between ends, and does to them what a test says.
type service struct {
	mu     sync.Mutex
	people map[string]*end
	// rule may do something to a message. It reports whether it did.
	rule func(s *service, from *end, p ends.Post) (ends.Sent, bool)
}

// end is one account of the service.
type end struct {
	name string
	s    *service
	hear func(ends.Event)
	gone bool
	// opened counts logins.
	opened int
}

func (e *end) Open(_ context.Context, hear func(ends.Event)) error {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	e.hear, e.gone = hear, false
	e.opened++
	return nil
}

func (e *end) Put(_ context.Context, p ends.Post) (ends.Sent, error) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	if e.s.rule != nil {
		if sent, done := e.s.rule(e.s, e, p); done {
			return sent, nil
		}
	}
	e.s.deliver(e, p.To.Name, p.Text)
	return ends.Sent{Typed: p.Text}, nil
}

func (s *service) deliver(from *end, to, text string) {
	s.people[to].hear(ends.Event{Kind: ends.Arrived, From: from.name, Text: text})
}

func (e *end) Probe(context.Context) error {
	if e.gone {
		return errors.New("offline")
	}
	return nil
}

func (e *end) Close() error { return nil }

func (e *end) About() ends.About { return ends.About{ReadBack: true, Limit: 400} }

func drive(t *testing.T, rule func(*service, *end, ends.Post) (ends.Sent, bool)) (*paired.Driver, *service) {
	t.Helper()
	s := &service{people: map[string]*end{}, rule: rule}
	var parties []paired.Party
	for name, side := range map[string]telltale.Side{"alice": telltale.SideApp, "bob": telltale.SidePeer, "carol": telltale.SideWitness} {
		s.people[name] = &end{name: name, s: s}
		parties = append(parties, paired.Party{Account: ends.Account{Name: name}, Side: side, End: s.people[name]})
	}
	d, err := paired.New(paired.Config{Parties: parties, App: telltale.App{Name: "fake"}, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d, s
}

func send(t *testing.T, d *paired.Driver, text string) telltale.Receipt {
	t.Helper()
	r, err := d.Send(t.Context(), telltale.Typing{Probe: "p1", From: "alice", To: "bob", Text: text, Wait: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r.Sent, r.Settled = time.Time{}, time.Time{}
	return r
}

func TestContract(t *testing.T) {
	t.Parallel()
	s := &service{people: map[string]*end{"alice": {name: "alice"}, "bob": {name: "bob"}}}
	s.people["alice"].s, s.people["bob"].s = s, s
	d, err := paired.New(paired.Config{Clock: time.Now, App: telltale.App{Name: "fake"}, Parties: []paired.Party{
		{Account: ends.Account{Name: "alice"}, Side: telltale.SideApp, End: s.people["alice"]},
		{Account: ends.Account{Name: "bob"}, Side: telltale.SidePeer, End: s.people["bob"]},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range drivertest.Check(t.Context(), d, drivertest.Options{}) {
		if !r.OK {
			t.Errorf("%s: %s", r.Name, r.Detail)
		}
	}
}

func TestFates(t *testing.T) {
	t.Parallel()
	const text = "hello brkzqtwm"
	tests := []struct {
		name string
		rule func(s *service, from *end, p ends.Post) (ends.Sent, bool)
		want telltale.Receipt
	}{
		{"delivered", nil, telltale.Receipt{Outcome: telltale.Delivered, Got: text}},
		{"nothing arrives, and nobody is told", func(*service, *end, ends.Post) (ends.Sent, bool) {
			return ends.Sent{Typed: text}, true
		}, telltale.Receipt{Outcome: telltale.Dropped}},
		{"rewritten", func(s *service, from *end, p ends.Post) (ends.Sent, bool) {
			s.deliver(from, p.To.Name, "(removed)")
			return ends.Sent{Typed: text}, true
		}, telltale.Receipt{Outcome: telltale.Altered, Got: "(removed)"}},
		{"an error comes back", func(_ *service, from *end, _ ends.Post) (ends.Sent, bool) {
			from.hear(ends.Event{Kind: ends.Bounced, Reason: "policy"})
			return ends.Sent{Typed: text}, true
		}, telltale.Receipt{Outcome: telltale.Refused, Reason: "policy"}},
		{"somebody answers for the recipient", func(s *service, from *end, p ends.Post) (ends.Sent, bool) {
			s.deliver(s.people[p.To.Name], from.name, "I am busy")
			return ends.Sent{Typed: text}, true
		}, telltale.Receipt{Outcome: telltale.Refused, Reason: "answered in the recipient's name: I am busy"}},
		{"the session ends", func(_ *service, from *end, _ ends.Post) (ends.Sent, bool) {
			from.gone = true
			from.hear(ends.Event{Kind: ends.Bounced, Reason: "killed"})
			from.hear(ends.Event{Kind: ends.Ended, Reason: "closing link"})
			return ends.Sent{Typed: text}, true
		}, telltale.Receipt{Outcome: telltale.Refused, Reason: "killed", Ended: true}},
		{"it lies among the junk", func(s *service, from *end, p ends.Post) (ends.Sent, bool) {
			s.people[p.To.Name].hear(ends.Event{Kind: ends.Arrived, From: from.name, Text: text, Place: "Junk"})
			return ends.Sent{Typed: text}, true
		}, telltale.Receipt{Outcome: telltale.Diverted, Got: text, Place: "Junk"}},
		{"the reader is refused", func(s *service, _ *end, p ends.Post) (ends.Sent, bool) {
			s.people[p.To.Name].hear(ends.Event{Kind: ends.Barred, Reason: "403"})
			return ends.Sent{Typed: text}, true
		}, telltale.Receipt{Outcome: telltale.Refused, Reason: "403", Reader: true}},
		{"the recipient is offline: the question was not put", func(s *service, _ *end, p ends.Post) (ends.Sent, bool) {
			s.people[p.To.Name].gone = true
			return ends.Sent{Typed: text}, true
		}, telltale.Receipt{Outcome: telltale.Void, Reason: "offline"}},
		{"the reply says it", func(*service, *end, ends.Post) (ends.Sent, bool) {
			return ends.Sent{Typed: text, Outcome: telltale.Refused, Reason: "554"}, true
		}, telltale.Receipt{Outcome: telltale.Refused, Reason: "554"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d, _ := drive(t, test.rule)
			test.want.Probe, test.want.Typed = "p1", text
			if diff := cmp.Diff(test.want, send(t, d, text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A session that has ended is begun again before the next message.
func TestASessionIsBegunAgain(t *testing.T) {
	t.Parallel()
	d, s := drive(t, func(_ *service, from *end, p ends.Post) (ends.Sent, bool) {
		if !strings.HasPrefix(p.Text, "kill") {
			return ends.Sent{}, false
		}
		from.hear(ends.Event{Kind: ends.Ended, Reason: "killed"})
		return ends.Sent{Typed: p.Text}, true
	})
	if r := send(t, d, "kill me"); !r.Ended {
		t.Errorf("the end of the session was not seen: %+v", r)
	}
	if r := send(t, d, "hello again"); r.Outcome != telltale.Delivered {
		t.Errorf("after the end: %+v", r)
	}
	if n := s.people["alice"].opened; n != 2 {
		t.Errorf("alice logged in %d times, want 2", n)
	}
}

// Too fast is no answer: the same text is put again after the pause.
func TestTooFastIsNoResult(t *testing.T) {
	t.Parallel()
	tries := 0
	d, _ := drive(t, func(_ *service, _ *end, p ends.Post) (ends.Sent, bool) {
		tries++
		return ends.Sent{Typed: p.Text, After: time.Millisecond}, tries < 3
	})
	if r := send(t, d, "patience"); r.Outcome != telltale.Delivered || tries != 3 {
		t.Errorf("after %d tries: %+v", tries, r)
	}
	hurried, _ := drive(t, func(_ *service, _ *end, p ends.Post) (ends.Sent, bool) {
		return ends.Sent{Typed: p.Text, After: time.Hour, Reason: "come back later"}, true
	})
	if r := send(t, hurried, "patience"); r.Outcome != telltale.Void {
		t.Errorf("an hour's pause: %+v", r)
	}
}

// What arrives after it was given up is told as late, and is not taken for
// the next message rewritten.
func TestLate(t *testing.T) {
	t.Parallel()
	var held string
	d, _ := drive(t, func(s *service, from *end, p ends.Post) (ends.Sent, bool) {
		if held == "" {
			held = p.Text
			return ends.Sent{Typed: p.Text}, true
		}
		s.deliver(from, p.To.Name, held)
		return ends.Sent{}, false
	})
	if r := send(t, d, "first qwkzjvbn"); r.Outcome != telltale.Dropped {
		t.Fatalf("the first: %+v", r)
	}
	if r := send(t, d, "second pmxzrtlk"); r.Outcome != telltale.Delivered {
		t.Errorf("the second: %+v", r)
	}
	late, err := d.Late(t.Context())
	if err != nil || len(late) != 1 || !late[0].Late || late[0].Outcome != telltale.Delivered || late[0].Got != "first qwkzjvbn" {
		t.Errorf("late: %+v, %v", late, err)
	}
}

func TestSightings(t *testing.T) {
	t.Parallel()
	d, _ := drive(t, func(s *service, from *end, p ends.Post) (ends.Sent, bool) {
		s.deliver(from, "carol", p.Text)
		return ends.Sent{}, false
	})
	send(t, d, "watched")
	seen, err := d.Sightings(t.Context())
	if err != nil || len(seen) != 1 || seen[0].Account != "carol" || string(seen[0].Body) != "watched" {
		t.Errorf("sightings: %+v, %v", seen, err)
	}
	if again, _ := d.Sightings(t.Context()); len(again) != 0 {
		t.Errorf("told twice: %+v", again)
	}
}

// A service that shows a message a second time does not alter the next one.
func TestAnEchoIsNoAnswer(t *testing.T) {
	t.Parallel()
	var last string
	d, _ := drive(t, func(s *service, from *end, p ends.Post) (ends.Sent, bool) {
		if last != "" {
			s.deliver(from, p.To.Name, last)
		}
		last = p.Text
		return ends.Sent{Typed: p.Text}, strings.HasPrefix(p.Text, "dropped")
	})
	if r := send(t, d, "the first qwkzjvbn"); r.Outcome != telltale.Delivered {
		t.Fatalf("the first: %+v", r)
	}
	if r := send(t, d, "dropped pmxzrtlk"); r.Outcome != telltale.Dropped {
		t.Errorf("a message that an older one was shown instead of: %+v", r)
	}
}

// A recipient who does not answer makes the trial void, and is logged in again.
func TestWhoDoesNotAnswerIsLoggedInAgain(t *testing.T) {
	t.Parallel()
	gone := false
	d, s := drive(t, func(s *service, _ *end, p ends.Post) (ends.Sent, bool) {
		if !gone {
			gone, s.people[p.To.Name].gone = true, true
			return ends.Sent{Typed: p.Text}, true
		}
		return ends.Sent{}, false
	})
	if r := send(t, d, "anybody there?"); r.Outcome != telltale.Void {
		t.Errorf("while the recipient is gone: %+v", r)
	}
	if r := send(t, d, "anybody there now?"); r.Outcome != telltale.Delivered || s.people["bob"].opened != 2 {
		t.Errorf("afterwards: %+v, bob logged in %d times", r, s.people["bob"].opened)
	}
}

// A witness who is gone sees nothing, which is no silence, and is logged in
// again before the next message.
func TestAWitnessIsLoggedInAgain(t *testing.T) {
	t.Parallel()
	d, s := drive(t, func(s *service, from *end, p ends.Post) (ends.Sent, bool) {
		if carol := s.people["carol"]; p.Text == "the end" {
			carol.hear(ends.Event{Kind: ends.Ended, Reason: "closing link"})
		} else {
			s.deliver(from, "carol", p.Text)
		}
		return ends.Sent{}, false
	})
	send(t, d, "the end")
	if seen, err := d.Sightings(t.Context()); err == nil || len(seen) != 0 {
		t.Errorf("without a session: %+v, %v", seen, err)
	}
	send(t, d, "watched again")
	seen, err := d.Sightings(t.Context())
	if err != nil || len(seen) != 1 || s.people["carol"].opened != 2 {
		t.Errorf("afterwards: %+v, %v, logged in %d times", seen, err, s.people["carol"].opened)
	}
}
