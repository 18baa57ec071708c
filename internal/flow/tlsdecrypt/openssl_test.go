package tlsdecrypt_test

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/flow/tlsdecrypt"
)

// opensslServer starts openssl s_server on a socket file, which gives every
// line back turned round, and returns what ends it.
func opensslServer(t *testing.T, dir string, args ...string) string {
	t.Helper()
	path := filepath.Join(dir, "server.sock")
	cmd := exec.Command("openssl", append([]string{"s_server", "-unix", path, "-unlink", "-cert", filepath.Join(dir, "cert.pem"), "-key", filepath.Join(dir, "key.pem")}, args...)...)
	_, err := cmd.StdinPipe() // at whose end it would end
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "ACCEPT") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return path
		}
	}
	t.Fatal("openssl s_server did not start")
	return ""
}

// relayOnce carries one connection from a socket file to another and keeps
// what passes.
func relayOnce(t *testing.T, from, to string) (w *wire, done chan struct{}) {
	t.Helper()
	l, err := net.Listen("unix", from)
	must(t, err)
	w, done = &wire{}, make(chan struct{})
	go func() {
		defer close(done)
		defer l.Close()
		a, err := l.Accept()
		if err != nil {
			return
		}
		defer a.Close()
		b, err := net.Dial("unix", to)
		if err != nil {
			return
		}
		defer b.Close()
		back := make(chan struct{})
		go func() {
			defer close(back)
			carry(a, b, w, false)
			_ = a.(*net.UnixConn).CloseWrite()
		}()
		carry(b, a, w, true)
		_ = b.(*net.UnixConn).CloseWrite()
		<-back
	}()
	return w, done
}

func carry(to io.Writer, from io.Reader, w *wire, out bool) {
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		if n > 0 {
			w.add(out, b[:n])
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// opensslDir holds a certificate and its key.
func opensslDir(t *testing.T, ec bool) string {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	dir, err := os.MkdirTemp("", "tls") // socket files have short names
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	cert := certificate(t, ec)
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	return dir
}

// opensslTalk says lines through openssl s_client, each after the answer to
// the one before has come, and returns what passed and the key log.
func opensslTalk(t *testing.T, dir, server string, lines []line, args ...string) ([]passed, []byte) {
	t.Helper()
	relay, log := filepath.Join(dir, "relay.sock"), filepath.Join(dir, "keys.log")
	w, done := relayOnce(t, relay, server)
	cmd := exec.Command("openssl", append([]string{"s_client", "-unix", relay, "-servername", "a.test", "-keylogfile", log}, args...)...)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, its, err := os.Pipe() // for both, so that what is waited for may be said on either
	must(t, err)
	defer out.Close()
	cmd.Stdout, cmd.Stderr = its, its
	must(t, cmd.Start())
	its.Close()
	timer := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	answers := bufio.NewReader(out)
	for _, l := range lines {
		_, err := io.WriteString(in, l.say)
		must(t, err)
		for l.want != "" {
			got, err := answers.ReadString('\n')
			if strings.Contains(got, l.want) {
				break
			}
			must(t, err)
		}
	}
	in.Close()
	_, _ = io.Copy(io.Discard, answers)
	_ = cmd.Wait() // how it ends does not matter
	<-done
	b, err := os.ReadFile(log)
	must(t, err)
	return w.all, b
}

// line is something to say, and what to wait for then.
type line struct{ say, want string }

// turnedLine waits until the line has come back.
func turnedLine(s string) line { return line{s + "\n", turned(s)} }

// ends is what a server with -rev ends a connection at.
func ends() line { return line{say: "CLOSE\n"} }

// turned is a line as s_server gives it back.
func turned(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// TestSuitesOfOpenSSL: suites and ways that Go does not offer.
func TestSuitesOfOpenSSL(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts many programs")
	}
	low := []string{"-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"}
	only := func(version, suite string) []string {
		return []string{version, "-cipher", suite + ":@SECLEVEL=0"}
	}
	for name, c := range map[string]struct {
		ec             bool
		client, server []string
	}{
		"1.3 AES-256":       {true, []string{"-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"}, nil},
		"1.3 ChaCha20":      {true, []string{"-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"}, nil},
		"1.3 CCM":           {true, []string{"-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"}, []string{"-ciphersuites", "TLS_AES_128_CCM_SHA256"}},
		"1.3 CCM8":          {true, []string{"-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_8_SHA256"}, []string{"-ciphersuites", "TLS_AES_128_CCM_8_SHA256"}},
		"1.3 hello retried": {true, []string{"-tls1_3", "-groups", "X25519:P-521"}, []string{"-groups", "P-521"}},
		"1.2 CCM":           {true, only("-tls1_2", "ECDHE-ECDSA-AES256-CCM"), low},
		"1.2 CCM8":          {true, only("-tls1_2", "ECDHE-ECDSA-AES128-CCM8"), low},
		"1.2 CBC SHA384":    {true, only("-tls1_2", "ECDHE-ECDSA-AES256-SHA384"), low},
		"1.2 CBC no EtM":    {true, append(only("-tls1_2", "ECDHE-ECDSA-AES128-SHA256"), "-no_etm"), low},
		"1.2 DHE GCM":       {false, only("-tls1_2", "DHE-RSA-AES256-GCM-SHA384"), low},
		"1.2 DHE CBC":       {false, only("-tls1_2", "DHE-RSA-AES256-SHA256"), low},
		"1.2 DHE ChaCha20":  {false, only("-tls1_2", "DHE-RSA-CHACHA20-POLY1305"), low},
		"1.2 RSA CCM":       {false, only("-tls1_2", "AES128-CCM"), low},
		"1.2 null":          {false, only("-tls1_2", "NULL-SHA256"), low},
		"1.1 EtM":           {false, only("-tls1_1", "AES128-SHA"), low},
		"1.0 EtM":           {false, only("-tls1", "AES256-SHA"), low},
		"1.0 no EtM":        {false, append(only("-tls1", "AES256-SHA"), "-no_etm"), low},
	} {
		t.Run(name, func(t *testing.T) {
			dir := opensslDir(t, c.ec)
			server := opensslServer(t, dir, append(c.server, "-rev")...)
			texts := []string{"first line of several", "and the second one", strings.Repeat("long ", 500)}
			var lines []line
			for _, l := range texts {
				lines = append(lines, turnedLine(l))
			}
			lines = append(lines, ends())
			all, log := opensslTalk(t, dir, server, lines, append(c.client, "-quiet")...)
			keys := &tlsdecrypt.Keys{}
			keys.Add(log)
			h, conn := replay(keys, all, newRand(3))
			var up, down strings.Builder
			for _, l := range texts {
				fmt.Fprintf(&up, "%s\n", l)
				fmt.Fprintf(&down, "%s\n", turned(l))
			}
			up.WriteString("CLOSE\n")
			if h.text[0].String() != up.String() || h.text[1].String() != down.String() || conn.Info().Failed > 0 {
				t.Errorf("%q %q %+v", h.text[0].String(), h.text[1].String(), conn.Info().Notes)
			}
		})
	}
}

// TestKeyUpdates: both sides change their keys in the middle.
func TestKeyUpdates(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts programs")
	}
	dir := opensslDir(t, true)
	server := opensslServer(t, dir, "-rev")
	one, both := line{"k\n", "KEYUPDATE"}, line{"K\n", "KEYUPDATE"}
	lines := []line{turnedLine("before any update"), one, turnedLine("after that of the client"), both, turnedLine("after those of both"), one, both, turnedLine("after four in all"), ends()}
	all, log := opensslTalk(t, dir, server, lines, "-tls1_3")
	keys := &tlsdecrypt.Keys{}
	keys.Add(log)
	h, conn := replay(keys, all, newRand(4))
	want := "before any update\nafter that of the client\nafter those of both\nafter four in all\nCLOSE\n"
	if h.text[0].String() != want || conn.Info().Failed > 0 {
		t.Errorf("%q %+v", h.text[0].String(), conn.Info().Notes)
	}
}
