package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh/agent"

	"example.org/telltale/internal/casefile"
)

// TestThePassphraseIsNotInherited by the programs that are started later.
func TestThePassphraseIsNotInherited(t *testing.T) {
	hostileKey(t)
	t.Setenv(passphraseVariable, "one horse")
	if code, out := tell("case", "key", "new", "--name", "Jane", "--work", "10"); code != exitNothing {
		t.Fatalf("exit code %d: %s", code, out)
	}
	if text, there := os.LookupEnv(passphraseVariable); there {
		t.Errorf("the environment still holds %q", text)
	}
	if code, out := tell("case", "key", "unprotect"); code != exitFailed || !strings.Contains(out, passphraseVariable) {
		t.Errorf("without it: exit code %d: %s", code, out)
	}
}

// agentWith has an SSH agent hold a key of that comment.
func agentWith(t *testing.T, comment string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("agents answer on named pipes here")
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	mustDo(t, err)
	keys := agent.NewKeyring()
	mustDo(t, keys.Add(agent.AddedKey{PrivateKey: private, Comment: comment}))
	dir, err := os.MkdirTemp("", "agent") // names of sockets are short
	mustDo(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	listener, err := net.Listen("unix", filepath.Join(dir, "s"))
	mustDo(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				agent.ServeAgent(keys, conn)
			}()
		}
	}()
	t.Setenv("SSH_AUTH_SOCK", filepath.Join(dir, "s"))
	t.Setenv("TELLTALE_KEY", "agent")
}

// TestACaseIsSignedByAnAgent, stamped and sealed by it; it holds for who knows
// the key.
func TestACaseIsSignedByAnAgent(t *testing.T) {
	agentWith(t, "jane@lab")
	a := &app{clock: time.Now, random: rand.Reader}
	key, err := a.signingKey()
	mustDo(t, err)
	dir := filepath.Join(t.TempDir(), "case")
	c, err := casefile.Create(dir, casefile.Options{Clock: time.Now, Random: rand.Reader, Signer: key})
	mustDo(t, err)
	mustDo(t, c.PutEnd(""))
	mustDo(t, c.Close())
	url, root := timeServer(t)
	if code, out := tell("case", "stamp", dir, "--tsa", url); code != exitNothing || !strings.Contains(out, "(sealed)") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if code, out := tell("case", "seal", dir); code != exitNothing || !strings.Contains(out, "sealed before") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if got := checked(t, dir, root); !got.Holds || len(got.Stamps) != 1 {
		t.Errorf("%+v", got)
	}
	if code, out := tell("case", "key"); code != exitNothing || !strings.Contains(out, "jane-lab+") || !strings.Contains(out, "SSH agent") {
		t.Errorf("exit code %d: %s", code, out)
	}
	agentWith(t, "jane@lab") // of the same comment, and another key
	if code, out := tell("case", "seal", dir); code != exitFailed || !strings.Contains(out, "another key") {
		t.Errorf("another key: exit code %d: %s", code, out)
	}
}
