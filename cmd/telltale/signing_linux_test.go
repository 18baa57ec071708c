package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminalWith is the program's end of a terminal on which somebody has typed.
func terminalWith(t *testing.T, typed string) *os.File {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	mustDo(t, err)
	t.Cleanup(func() { ours.Close() })
	mustDo(t, unix.IoctlSetPointerInt(int(ours.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCGPTN)
	mustDo(t, err)
	theirs, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	mustDo(t, err)
	t.Cleanup(func() { theirs.Close() })
	_, err = ours.WriteString(typed)
	mustDo(t, err)
	return theirs
}

// TestThePassphraseIsTyped on a terminal: twice for a new key, once to sign with
// it, and it is shown nowhere.
func TestThePassphraseIsTyped(t *testing.T) {
	hostileKey(t)
	at := func(typed string, args ...string) (int, string) {
		var out bytes.Buffer
		a := &app{stdin: terminalWith(t, typed), stdout: &out, stderr: &out, clock: time.Now, random: rand.Reader}
		code := a.run(t.Context(), args)
		return code, out.String()
	}
	if code, out := at("one horse\nother horse\n", "case", "key", "new", "--name", "Jane"); code != exitFailed || !strings.Contains(out, "not the same") || strings.Contains(out, "horse") {
		t.Errorf("two of them: exit code %d: %s", code, out)
	}
	if code, out := at("one horse\none horse\n", "case", "key", "new", "--name", "Jane", "--work", "10"); code != exitNothing || strings.Contains(out, "horse") {
		t.Fatalf("exit code %d: %s", code, out)
	}
	a := &app{stdin: terminalWith(t, "one horse\n"), stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}, clock: time.Now, random: rand.Reader}
	for range 2 { // and asked for once
		if key, err := a.signingKey(); err != nil || key.Name() != "Jane" {
			t.Fatalf("it does not open the key: %v", err)
		}
	}
	if code, out := at("\n", "case", "key", "unprotect"); code != exitFailed || !strings.Contains(out, "empty") {
		t.Errorf("an empty one: exit code %d: %s", code, out)
	}
}
