package signer_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"example.org/telltale/internal/signer"
)

// serve has an agent answer on a socket until the test ends.
func serve(t *testing.T, keys agent.Agent) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("agents answer on named pipes here")
	}
	dir, err := os.MkdirTemp("", "agent") // socket names are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
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
	return socket
}

// load puts a new Ed25519 key into an agent.
func load(t *testing.T, keys agent.Agent, comment string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Add(agent.AddedKey{PrivateKey: private, Comment: comment}); err != nil {
		t.Fatal(err)
	}
}

func TestAnAgentSigns(t *testing.T) {
	t.Parallel()
	keys := agent.NewKeyring()
	socket := serve(t, keys)
	if _, err := signer.Open(signer.Place{Name: "agent", Agent: socket}); err == nil || !strings.Contains(err.Error(), "ssh-add") {
		t.Errorf("an empty agent: %v", err)
	}
	load(t, keys, "Jane Doe @ lab")
	key, err := signer.Open(signer.Place{Name: "agent", Agent: socket})
	if err != nil {
		t.Fatal(err)
	}
	mustSign(t, key)
	if !strings.HasPrefix(key.Verifier(), "Jane-Doe---lab+") {
		t.Errorf("the key is called %s", key.Verifier())
	}
	load(t, keys, "other")
	if _, err := signer.Open(signer.Place{Name: "agent", Agent: socket}); err == nil || !strings.Contains(err.Error(), "agent:other") {
		t.Errorf("two keys: %v", err)
	}
	info, err := signer.Look(signer.Place{Name: "agent:other", Agent: socket})
	if err != nil || info.Name != "other" || !info.Agent {
		t.Errorf("the other key: %+v, %v", info, err)
	}
	if _, err := signer.Open(signer.Place{Name: "agent:third", Agent: socket}); err == nil {
		t.Error("a key that is not there was found")
	}
	if err := keys.RemoveAll(); err != nil {
		t.Fatal(err)
	}
	if _, err := key.Sign([]byte("text")); err == nil {
		t.Error("the agent signs with a key that it does not hold")
	}
}

// liar signs something else than it was asked to.
type liar struct{ agent.Agent }

func (l liar) Sign(key ssh.PublicKey, _ []byte) (*ssh.Signature, error) {
	return l.Agent.Sign(key, []byte("something else"))
}

func TestAnAgentThatSignsSomethingElseIsFoundOut(t *testing.T) {
	t.Parallel()
	keys := agent.NewKeyring()
	load(t, keys, "jane")
	key, err := signer.Open(signer.Place{Name: "agent", Agent: serve(t, liar{keys})})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := key.Sign([]byte("text")); err == nil {
		t.Error("a signature over something else was taken")
	}
}

func TestAnAgentThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	_, err := signer.Open(signer.Place{Name: "agent", Agent: filepath.Join(t.TempDir(), "none")})
	if err == nil || !strings.Contains(err.Error(), "SSH_AUTH_SOCK") {
		t.Errorf("%v", err)
	}
}

// A real agent, with a key that a real program made.
func TestARealAgentSigns(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"ssh-agent", "ssh-add", "ssh-keygen"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("TELLTALE_REQUIRE_REAL") == "1" {
				t.Fatalf("%s is missing: install openssh-client", program)
			}
			t.Skipf("%s is missing: install openssh-client", program)
		}
	}
	dir, err := os.MkdirTemp("", "agent")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	file, socket := filepath.Join(dir, "id"), filepath.Join(dir, "s")
	run(t, nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "jane@lab", "-f", file)
	startAgent(t, socket)
	run(t, []string{"SSH_AUTH_SOCK=" + socket}, "ssh-add", "-q", file)
	key, err := signer.Open(signer.Place{Name: "agent:jane@lab", Agent: socket})
	if err != nil {
		t.Fatal(err)
	}
	mustSign(t, key)
}

// startAgent starts an agent that ends with the test.
func startAgent(t *testing.T, socket string) {
	t.Helper()
	cmd := exec.Command("ssh-agent", "-D", "-a", socket)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	// It tells its socket once it listens.
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}
