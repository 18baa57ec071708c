package chat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/lab/chat"
)

func TestMessageGoesDirectlyAndIsConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice", "bob").up()
	alice, bob := w.ready("alice"), w.ready("bob")
	for i, text := range []string{"hello", "山水 \U0001f600 \u202ertl", "<&>\"\x01", strings.Repeat("ж", chat.MaxText/2)} {
		id := send(t, alice, "bob", text)
		if ev := expect(t, alice, chat.KindSent); ev.ID != id || ev.To != "bob" || ev.Text != text {
			t.Errorf("sent event %+v", ev)
		}
		if ev := arrives(t, bob, "alice", text); ev.ID != id {
			t.Errorf("message %d has id %s, want %s", i, ev.ID, id)
		}
		if ev := expect(t, alice, chat.KindReceipt); ev.ID != id || ev.From != "bob" {
			t.Errorf("receipt %+v", ev)
		}
	}
	send(t, bob, "alice", "and back")
	arrives(t, alice, "bob", "and back")
	if bytes.Contains(w.wire.bytes(), []byte(`"push"`)) {
		t.Error("the relay carried a message though both were online")
	}
	if h := historyOf(t, alice); len(h) != 5 || h[0].Text != "hello" || h[4].From != "bob" {
		t.Errorf("history %v", h)
	}
}

func TestManyMessagesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice", "bob").up()
	alice, bob := w.ready("alice"), w.ready("bob")
	const n = 300
	go func() {
		for i := range n {
			alice.Send(context.Background(), "bob", fmt.Sprint(i))
			bob.Send(context.Background(), "alice", fmt.Sprint(i))
		}
	}()
	for i := range n {
		arrives(t, bob, "alice", fmt.Sprint(i))
		arrives(t, alice, "bob", fmt.Sprint(i))
	}
}

func TestOfflineMessageWaitsAtTheRelaySealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice", "bob").up()
	w.ready("bob").Close()
	alice := w.ready("alice")
	const secret = "nobody but bob reads this"
	id := send(t, alice, "bob", secret)
	alice.Close()
	// The relay is killed and started again with what it had.
	w.stop("relay")
	journal, err := os.ReadFile(filepath.Join(w.dir, "relay.jsonl"))
	if err != nil || !bytes.Contains(journal, []byte(`"box"`)) {
		t.Fatalf("journal %q, %v: no frame waits", journal, err)
	}
	w.startRelay()
	bob := w.ready("bob")
	if ev := arrives(t, bob, "alice", secret); ev.ID != id {
		t.Errorf("id %s, want %s", ev.ID, id)
	}
	// The sender hears of it when it is back.
	alice = w.ready("alice")
	send(t, bob, "alice", "seen it")
	arrives(t, alice, "bob", "seen it")
	for name, b := range map[string][]byte{"wire": w.wire.bytes(), "journal": journal} {
		if bytes.Contains(b, []byte("nobody but")) || bytes.Contains(b, []byte(id)) {
			t.Errorf("the relay's %s holds plaintext", name)
		}
	}
	if len(w.wire.bytes()) == 0 {
		t.Error("nothing was recorded at the relay")
	}
}

func TestRelayCarriesWhatCannotGoDirectly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice", "bob").up()
	bob := w.ready("bob")
	// Alice's names lead to a closed port for bob.
	broken := func(c *chat.Config) {
		names := map[string]string{}
		for k, v := range w.names {
			names[k] = v
		}
		names[chat.PeerHost("bob")] = "127.0.0.1:1"
		c.Dialer.Names = names
	}
	alice := w.ready("alice", broken)
	id := send(t, alice, "bob", "around the corner")
	arrives(t, bob, "alice", "around the corner")
	if ev := expect(t, alice, chat.KindReceipt); ev.ID != id {
		t.Errorf("receipt %+v", ev)
	}
	if b := w.wire.bytes(); !bytes.Contains(b, []byte(`"push"`)) || bytes.Contains(b, []byte("corner")) {
		t.Error("want the frame at the relay, sealed")
	}
}

func TestBrokenSessionIsMadeAnewWithoutLossOrRepetition(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice", "bob").up()
	alice, bob := w.ready("alice"), w.ready("bob")
	var got []string
	for round := range 4 {
		for i := range 3 {
			text := fmt.Sprintf("%d/%d", round, i)
			send(t, alice, "bob", text)
			if i == 1 {
				// Bob goes away with a message on its way, or just after.
				bob.Close()
				for ev := range bob.Events() {
					if ev.Kind == chat.KindMessage {
						got = append(got, ev.Text)
					}
				}
				bob = w.ready("bob")
			}
		}
		// What had to be sent again may come after what was sent later.
		for len(got) < 3*(round+1) {
			got = append(got, expect(t, bob, chat.KindMessage).Text)
		}
	}
	slices.Sort(got)
	var want []string
	for round := range 4 {
		for i := range 3 {
			want = append(want, fmt.Sprintf("%d/%d", round, i))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("bob got %v, want %v", got, want)
	}
}

func TestDirectoryRestartIsSurvived(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice", "bob", "carol").up()
	alice, bob := w.ready("alice"), w.ready("bob")
	send(t, alice, "bob", "one")
	arrives(t, bob, "alice", "one")
	w.stop("directory")
	send(t, alice, "bob", "two")
	arrives(t, bob, "alice", "two")
	w.startDirectory()
	carol := w.ready("carol")
	send(t, carol, "bob", "three")
	arrives(t, bob, "carol", "three")
}

func TestContactsAndPresence(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t, "alice", "bob").up()
	bob := w.ready("bob")
	alice := w.ready("alice")
	if err := alice.AddContact(ctx, "nobody"); err == nil {
		t.Error("adding an unknown account: want an error")
	}
	if err := alice.AddContact(ctx, "bob"); err != nil {
		t.Fatal(err)
	}
	if list, err := alice.Contacts(ctx); err != nil || !slices.Equal(list, []chat.Contact{{Name: "bob", Online: true}}) {
		t.Errorf("contacts %v, %v", list, err)
	}
	bob.Close()
	if ev := expect(t, alice, chat.KindPresence); ev.Account != "bob" || ev.Online {
		t.Errorf("presence %+v", ev)
	}
	w.ready("bob")
	if ev := expect(t, alice, chat.KindPresence); ev.Account != "bob" || !ev.Online {
		t.Errorf("presence %+v", ev)
	}
	if err := alice.RemoveContact(ctx, "bob"); err != nil {
		t.Fatal(err)
	}
	if list, err := alice.Contacts(ctx); err != nil || len(list) != 0 {
		t.Errorf("contacts %v, %v", list, err)
	}
}

func TestSendRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice").up()
	alice := w.ready("alice")
	for name, c := range map[string]struct{ to, text string }{
		"unknown": {"nobody", "x"}, "self": {"alice", "x"}, "empty": {"alice", ""}, "name": {"../x", "x"},
		"long": {"nobody", strings.Repeat("x", chat.MaxText+1)}, "utf-8": {"nobody", "\xff"},
	} {
		if id, err := alice.Send(context.Background(), c.to, c.text); err == nil {
			t.Errorf("%s: id %q, want an error", name, id)
		}
	}
}

func TestAnotherKeyForAnAccountIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice", "bob").up()
	alice, bob := w.ready("alice"), w.ready("bob")
	// Alice has met bob, so she knows his key.
	send(t, alice, "bob", "first")
	arrives(t, bob, "alice", "first")
	bob.Close()
	thief := w.client("bob", func(c *chat.Config) { c.Dir = filepath.Join(w.dir, "thief") })
	if ev := expectAny(t, thief, chat.KindError, chat.KindReady); !strings.Contains(ev.Text, "another key") {
		t.Fatalf("the thief got %+v, want a refusal", ev)
	}
	// A directory that names another key for bob is not believed either.
	// Alice starts anew, so she has to ask for him again.
	alice.Close()
	w.stop("directory")
	forge(t, filepath.Join(w.dir, "accounts.json"))
	w.startDirectory()
	alice = w.ready("alice")
	if id, err := alice.Send(context.Background(), "bob", "second"); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Errorf("sending to a forged key: %q, %v; want a refusal", id, err)
	}
}

// forge gives bob another key in the directory's file.
func forge(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var book map[string]map[string]any
	if err := json.Unmarshal(b, &book); err != nil {
		t.Fatal(err)
	}
	book["bob"]["key"] = bytes.Repeat([]byte{9}, 32)
	if b, err = json.Marshal(book); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
