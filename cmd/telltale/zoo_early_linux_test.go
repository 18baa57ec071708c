package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"example.org/telltale"
)

// sealedServer is OpenSSL's server, which takes early data and writes down
// what it gets.
type sealedServer struct {
	addr string
	in   io.Writer
	end  func() string
}

// serveEarly starts one.
func serveEarly(t *testing.T, z *zooBed) *sealedServer {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(z.keeper.Cert.PrivateKey)
	mustZoo(t, err)
	file := filepath.Join(z.dir, "server.pem")
	mustZoo(t, os.WriteFile(file, append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: z.keeper.Cert.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...), 0o600))
	ctx, cancel := context.WithTimeout(context.Background(), zooPatience)
	cmd := exec.CommandContext(ctx, "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", file, "-key", file, "-tls1_3", "-early_data")
	in, err := cmd.StdinPipe()
	mustZoo(t, err)
	out, err := cmd.StdoutPipe()
	mustZoo(t, err)
	mustZoo(t, cmd.Start())
	s, r := &sealedServer{in: in}, bufio.NewReader(out)
	for s.addr == "" {
		line, err := r.ReadString('\n')
		mustZoo(t, err)
		s.addr = strings.TrimSpace(strings.TrimPrefix(line, "ACCEPT"))
		if !strings.HasPrefix(line, "ACCEPT ") {
			s.addr = ""
		}
	}
	var heard []byte
	done := make(chan struct{})
	go func() { defer close(done); heard, _ = io.ReadAll(r) }()
	s.end = sync.OnceValue(func() string {
		cancel()
		in.Close()
		<-done
		_ = cmd.Wait() // it was killed
		return string(heard)
	})
	t.Cleanup(func() { s.end() })
	return s
}

// session makes one with the server and keeps it in a file.
func (s *sealedServer) session(t *testing.T, file string) {
	t.Helper()
	cmd := exec.Command("openssl", "s_client", "-connect", s.addr, "-servername", "web.test", "-tls1_3", "-sess_out", file)
	in, err := cmd.StdinPipe()
	mustZoo(t, err)
	out, err := cmd.StdoutPipe()
	mustZoo(t, err)
	mustZoo(t, cmd.Start())
	// What the server says comes after the ticket.
	_, err = io.WriteString(s.in, "welcome\n")
	mustZoo(t, err)
	for r := bufio.NewReader(out); ; {
		line, err := r.ReadString('\n')
		mustZoo(t, err)
		if strings.Contains(line, "welcome") {
			break
		}
	}
	mustZoo(t, in.Close())
	_, _ = io.Copy(io.Discard, out)
	mustZoo(t, cmd.Wait())
	mustZoo(t, os.Chmod(file, 0o644))
}

// early runs OpenSSL's client with a session and a file: sent early, and then
// again.
const early = `printf 'TOKEN\n' >/tmp/early && exec openssl s_client -connect "$1" -servername web.test -tls1_3 -sess_in "$2" -early_data /tmp/early </tmp/early`

// Early data of TLS 1.3 that a server would take is turned down, and what the
// program then sends again is recorded, once, and comes to the server.
func TestZooEarlyData(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	z := newZoo(t, nil)
	s := serveEarly(t, z)
	first, second := filepath.Join(z.dir, "first.pem"), filepath.Join(z.dir, "second.pem")
	s.session(t, first)
	s.session(t, second)

	direct := newToken(t)
	out, err := exec.Command("sh", "-c", strings.ReplaceAll(strings.ReplaceAll(early, "TOKEN", direct), "/tmp/early", filepath.Join(z.dir, "early")), "sh", s.addr, first).Output()
	if err != nil || !bytes.Contains(out, []byte("Early data was accepted")) {
		t.Fatalf("without telltale the server does not take early data: %v\n%s", err, out)
	}

	_, port, _ := strings.Cut(s.addr, ":")
	r := z.run(t, mapTo("web.test", s.addr), []string{"sh", "-c", early, "sh", "web.test:" + port, second})
	if r.status != 0 || !strings.Contains(r.stdout, "Early data was rejected") {
		t.Fatalf("it did not work out: %s", r.dump())
	}
	r.want(zooCase{proto: "tls", visibility: telltale.Intercepted, host: "web.test", process: "openssl"})
	if f := r.holding(true, r.token); len(f) != 1 || string(r.raw(f[0].RawOut)) != r.token+"\n" {
		t.Errorf("the flow is %+v", f)
	}
	heard := s.end()
	if strings.Count(heard, r.token) != 1 || !strings.Contains(heard, direct) {
		t.Errorf("the server got %q", heard)
	}
	if _, err := exec.LookPath("tshark"); err == nil {
		if r.tshark("tls.handshake.extension.type == 42") == "" {
			t.Error("no early data was announced")
		}
		if out := r.tshark("_ws.malformed"); out != "" {
			t.Errorf("tshark calls packets malformed:\n%s", out)
		}
	}
	if t.Failed() {
		t.Log(r.dump())
	}
}

// Early data of QUIC is turned down as well, and sent again.
func TestZooEarlyDataOverQUIC(t *testing.T) {
	t.Parallel()
	z := newZoo(t, nil)
	session, err := z.keeper.EarlySession("web.test")
	mustZoo(t, err)
	z.expect(t, zooCase{
		flags: append(mapTo("web.test", z.keeper.QUIC), "--quic", "intercept"), args: []string{z.animal, "h3-early", "TOKEN", "web.test:443#" + z.root() + "&" + session},
		proto: "h3", visibility: telltale.Intercepted, host: "web.test", in: true, shark: `quic.stream_data contains "TOKEN"`,
		check: func(r *zooRun) {
			if len(r.holding(true, "early "+r.token)) != 0 || len(r.holding(true, "body "+r.token)) != 1 {
				r.t.Error("what was sent early is recorded, or what was sent again is not")
			}
			if heard := z.keeper.Received(); strings.Contains(heard, "early "+r.token) || strings.Count(heard, "body "+r.token) != 1 {
				r.t.Errorf("the server got %q", heard)
			}
			if _, err := exec.LookPath("tshark"); err == nil && r.tshark("quic.long.packet_type == 1") == "" {
				r.t.Error("nothing was sent early")
			}
		},
	})
}
