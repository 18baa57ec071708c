package chat_test

import (
	"context"
	"testing"

	"example.org/telltale/internal/lab/chat"
)

// BenchmarkOpenSession measures one message on an open session, from Send to
// the recipient's event.
func BenchmarkOpenSession(b *testing.B) {
	w := newWorld(b, "alice", "bob").up()
	alice, bob := w.ready("alice"), w.ready("bob")
	go func() {
		for range alice.Events() {
		}
	}()
	for b.Loop() {
		if _, err := alice.Send(context.Background(), "bob", "hello 山水"); err != nil {
			b.Fatal(err)
		}
		for ev := range bob.Events() {
			if ev.Kind == chat.KindMessage {
				break
			}
		}
	}
}
