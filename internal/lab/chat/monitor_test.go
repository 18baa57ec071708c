package chat_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/lab/chat"
)

func TestOutgoingDropVanishesSilently(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice", "bob").up()
	m := &fake{out: "word"}
	alice, bob := w.ready("alice", monitored(m)), w.ready("bob")
	id := send(t, alice, "bob", "a word too much")
	if ev := expect(t, alice, chat.KindSent); ev.ID != id {
		t.Errorf("the user was told %+v", ev)
	}
	next := send(t, alice, "bob", "harmless")
	arrives(t, bob, "alice", "harmless")
	if ev := expectAny(t, alice, chat.KindReceipt, chat.KindError); ev.ID != next || ev.Kind != chat.KindReceipt {
		t.Errorf("%+v, want the receipt of the second message", ev)
	}
	if h := historyOf(t, alice); len(h) != 1 || h[0].Text != "harmless" {
		t.Errorf("history %v", h)
	}
	if got := m.texts(); !slices.Equal(got, []string{"a word too much", "harmless"}) {
		t.Errorf("the monitor saw %q", got)
	}
}

func TestIncomingDropIsNotShownNorConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice", "bob").up()
	m := &fake{in: "word"}
	alice, bob := w.ready("alice", monitored(m)), w.ready("bob")
	send(t, bob, "alice", "a word too much")
	next := send(t, bob, "alice", "harmless")
	arrives(t, alice, "bob", "harmless")
	if ev := expectAny(t, bob, chat.KindReceipt, chat.KindError); ev.ID != next {
		t.Errorf("%+v, want the receipt of the second message only", ev)
	}
	if h := historyOf(t, alice); len(h) != 1 || h[0].Text != "harmless" {
		t.Errorf("alice's history %v", h)
	}
	if h := historyOf(t, bob); len(h) != 2 {
		t.Errorf("bob's history %v: the clean build keeps what it sent", h)
	}
}

func TestMonitoredBuildSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice", "bob").up()
	m := &fake{started: make(chan string, 1)}
	alice := w.client("alice", monitored(m))
	if ev := expect(t, alice, chat.KindReady); ev.Notice != chat.Notice || ev.Account != "alice" {
		t.Errorf("ready event %+v: no notice", ev)
	}
	if got := <-m.started; got != "alice" {
		t.Errorf("started for %q", got)
	}
	if ev := expect(t, w.client("bob"), chat.KindReady); ev.Notice != "" {
		t.Errorf("the clean build shows %q", ev.Notice)
	}
	if err := alice.Close(); err != nil {
		t.Error(err)
	}
	if alice.Close(); m.closed != 1 {
		t.Errorf("the monitor was closed %d times", m.closed)
	}
}

func TestServerSideFilterReadsAndDrops(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice", "bob")
	w.filter = func(from, to, text string) bool { return from == "alice" && strings.Contains(text, "word") }
	w.up()
	plain := func(c *chat.Config) { c.PlainRelay = true }
	alice, bob := w.ready("alice", plain), w.ready("bob", plain)
	send(t, alice, "bob", "a word too much")
	next := send(t, alice, "bob", "harmless")
	arrives(t, bob, "alice", "harmless")
	if ev := expect(t, alice, chat.KindReceipt); ev.ID != next {
		t.Errorf("receipt %+v", ev)
	}
	if len(historyOf(t, alice)) != 2 {
		t.Error("the sender's history lacks a message: the client did not drop it")
	}
	if !bytes.Contains(w.wire.bytes(), []byte("a word too much")) {
		t.Error("the relay could not read the message")
	}
}

func TestSealedClientRefusesPlainMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice", "bob").up()
	alice := w.ready("alice", func(c *chat.Config) { c.PlainRelay = true })
	bob := w.ready("bob")
	send(t, alice, "bob", "readable on the way")
	alice.Close()
	alice = w.ready("alice")
	send(t, alice, "bob", "sealed")
	arrives(t, bob, "alice", "sealed")
}

// slow is a monitor that takes until told to prepare itself.
type slow struct {
	fake
	prepared chan struct{}
}

func (s *slow) Started(context.Context, string) { <-s.prepared }

func TestNothingPassesAMonitorThatIsNotPrepared(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice", "bob").up()
	m := &slow{prepared: make(chan struct{})}
	w.ready("alice").Close()
	bob := w.ready("bob")
	send(t, bob, "alice", "early")
	alice := w.client("alice", monitored(m))
	sent := make(chan error, 1)
	go func() {
		_, err := alice.Send(context.Background(), "bob", "early too")
		sent <- err
	}()
	if _, err := bob.Contacts(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := m.texts(); len(got) != 0 {
		t.Fatalf("the monitor was asked about %q", got)
	}
	close(m.prepared)
	for first := true; ; first = false {
		ev := expectAny(t, alice, chat.KindReady, chat.KindMessage)
		if first && ev.Kind != chat.KindReady {
			t.Fatalf("%+v came before ready", ev)
		}
		if ev.Kind == chat.KindMessage {
			break
		}
	}
	arrives(t, bob, "alice", "early too")
	if err := <-sent; err != nil {
		t.Error(err)
	}
}
