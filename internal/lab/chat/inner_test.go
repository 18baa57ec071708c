package chat

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const anID = "00112233445566778899aabbccddeeff"

func openTestStore(t *testing.T, path string) *store {
	t.Helper()
	s, err := openStore(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.close() })
	return s
}

func put(t *testing.T, s *store, to string) {
	t.Helper()
	if err := s.put(frame{From: "x", To: to, Box: []byte("box")}); err != nil {
		t.Fatal(err)
	}
}

func TestStoreSurvivesAKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "j")
	s := openTestStore(t, path)
	for range 5 {
		put(t, s, "bob")
	}
	if err := s.remove("bob", 2); err != nil {
		t.Fatal(err)
	}
	// A kill in the middle of a write leaves half a line.
	if _, err := s.file.WriteString(`{"put":{"n":6,"to":"bob","bo`); err != nil {
		t.Fatal(err)
	}
	s = openTestStore(t, path)
	var got []int64
	for f := s.after("bob", 0); f != nil; f = s.after("bob", f.N) {
		got = append(got, f.N)
	}
	if fmt.Sprint(got) != "[1 3 4 5]" {
		t.Errorf("frames %v wait, want 1 3 4 5", got)
	}
	for _, n := range got {
		if err := s.remove("bob", n); err != nil {
			t.Fatal(err)
		}
	}
	s = openTestStore(t, path)
	if put(t, s, "bob"); s.after("bob", 0).N != 6 {
		t.Errorf("numbering goes on at %d, want 6", s.after("bob", 0).N)
	}
}

func TestStoreCompactsAndIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "j")
	s := openTestStore(t, path)
	for n := int64(1); n <= compactAfter+10; n++ {
		put(t, s, "bob")
		if err := s.remove("bob", n); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Size() > 4096 {
		t.Errorf("journal of %v bytes, %v: not written anew", info.Size(), err)
	}
	for range maxPending {
		put(t, s, "bob")
	}
	if err := s.put(frame{To: "bob", Box: []byte("x")}); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("put over the bound: %v", err)
	}
	put(t, s, "carol")
}

func TestStoreNamesTheBadByte(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "j")
	if err := os.WriteFile(path, []byte("{\"last\":3}\nrubbish\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openStore(path); err == nil || !strings.Contains(err.Error(), path+": at byte 11") {
		t.Errorf("%v, want an error that names file and offset", err)
	}
}

func TestHistoryLeavesOutACutLine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "h")
	h, err := openHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.add(Message{ID: "1", To: "a", Text: "one"}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.file.WriteString(`{"id":"2","te`); err != nil {
		t.Fatal(err)
	}
	h.close()
	h, err = openHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	h.add(Message{ID: "3", To: "b", Text: "three"})
	h.close()
	h, err = openHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	if got := h.all(); len(got) != 2 || got[0].ID != "1" || got[1].ID != "3" {
		t.Errorf("history %v", got)
	}
	if got := h.received("b"); len(got) != 1 || got[0].ID != "3" {
		t.Errorf("received %v", got)
	}
}

func TestBoxOpensForItsRecipientAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var who [3]identity
	for i := range who {
		var err error
		if who[i], err = loadIdentity(filepath.Join(dir, fmt.Sprint(i)), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	again, err := loadIdentity(filepath.Join(dir, "0"), rand.Reader)
	if err != nil || !bytes.Equal(again.public(), who[0].public()) {
		t.Fatalf("the key file gives another key (%v)", err)
	}
	p := sealPrologue("a", "b")
	box, err := seal(rand.Reader, who[0], who[1].public(), p, []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	text, from, err := unseal(who[1], p, box)
	if err != nil || string(text) != "text" || !bytes.Equal(from, who[0].public()) {
		t.Errorf("unseal = %q, %v", text, err)
	}
	if _, _, err := unseal(who[2], p, box); err == nil {
		t.Error("a stranger opened the box")
	}
	if _, _, err := unseal(who[1], sealPrologue("c", "b"), box); err == nil {
		t.Error("the box opened under another sender's name")
	}
	for i := range box {
		bad := bytes.Clone(box)
		bad[i] ^= 1
		if _, _, err := unseal(who[1], p, bad); err == nil {
			t.Errorf("byte %d can be changed", i)
		}
	}
}

func TestSeenForgetsTheOldest(t *testing.T) {
	t.Parallel()
	s := newSeen([]Message{{From: "a", ID: "old"}})
	if fresh, shown := s.begin("a", "old"); fresh || !shown {
		t.Error("a message of an earlier run counts as new")
	}
	for i := range maxRemembered {
		s.begin("a", fmt.Sprint(i))
	}
	if fresh, _ := s.begin("a", "old"); !fresh {
		t.Error("the oldest is still remembered")
	}
	if n := len(s.ids.state); n > maxRemembered {
		t.Errorf("%d are remembered", n)
	}
	s.forget("a", "9")
	if fresh, _ := s.begin("a", "9"); !fresh {
		t.Error("a forgotten one is not new")
	}
}

func TestReadLineIsBounded(t *testing.T) {
	t.Parallel()
	r := bufio.NewReaderSize(io.MultiReader(strings.NewReader("a\n"), bytes.NewReader(make([]byte, 10*maxLine))), maxLine)
	if line, err := readLine(r); err != nil || string(line) != "a" {
		t.Errorf("%q, %v", line, err)
	}
	if _, err := readLine(r); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("endless line: %v", err)
	}
}

func TestLargestMessageFitsIntoALine(t *testing.T) {
	t.Parallel()
	own, err := loadIdentity(filepath.Join(t.TempDir(), "k"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := body{Kind: bodyMessage, ID: anID, Text: strings.Repeat("\x01", MaxText), At: time.Now()}
	text := fmt.Appendf(nil, "%s", mustJSON(t, b))
	box, err := seal(rand.Reader, own, own.public(), nil, text)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(mustJSON(t, answer{Event: "frame", Frame: &frame{From: "x", To: "y", Box: box}})); n >= maxLine {
		t.Errorf("%d bytes do not fit into a line", n)
	}
}
