package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startProxy runs the command and returns its address and what ends it.
func startProxy(t *testing.T, args ...string) (addr string, end func() int) {
	t.Helper()
	stderr, w := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	a := &app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: w, clock: time.Now, random: rand.Reader}
	code := make(chan int, 1)
	go func() {
		code <- a.run(ctx, append([]string{"proxy", "--listen", "127.0.0.1:0"}, args...))
		_ = w.Close()
	}()
	lines := bufio.NewReader(stderr)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("%q, %v", first, err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	_, rest, _ := strings.Cut(first, "proxy at ")
	addr, _, _ = strings.Cut(rest, ",")
	t.Cleanup(cancel)
	return addr, func() int {
		cancel()
		return <-code
	}
}

func TestProxyRecordsWhatPasses(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	defer server.Close()
	dir := t.TempDir()
	addr, end := startProxy(t, "--map", "shop.test="+server.Listener.Addr().String(), "--ca-dir", dir,
		"--json", filepath.Join(dir, "flows.jsonl"), "--pcap", filepath.Join(dir, "all.pcapng"), "--case", filepath.Join(dir, "case"), "--qr")
	pem, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	for _, scheme := range []string{"http", "socks5"} {
		client := &http.Client{Transport: &http.Transport{
			Proxy: http.ProxyURL(&url.URL{Scheme: scheme, Host: addr}), TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true,
		}}
		resp, err := client.Post("https://shop.test/order", "text/plain", strings.NewReader("two of koshqwct"))
		if err != nil {
			t.Fatalf("%s: %v", scheme, err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || string(body) != "two of koshqwct" {
			t.Fatalf("%s: %q, %v", scheme, body, err)
		}
	}
	if code := end(); code != 0 {
		t.Errorf("exit status %d", code)
	}
	checkProxied(t, dir)
}

// checkProxied reads what the proxy kept.
func checkProxied(t *testing.T, dir string) {
	t.Helper()
	flows, err := os.ReadFile(filepath.Join(dir, "flows.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(flows), []byte("\n"))
	if len(lines) != 2 {
		t.Fatalf("%d flows, want 2:\n%s", len(lines), flows)
	}
	for _, line := range lines {
		var f struct {
			Host       string `json:"dst_host"`
			Visibility string `json:"visibility"`
			Out        string `json:"raw_out"`
		}
		if err := json.Unmarshal(line, &f); err != nil {
			t.Fatal(err)
		}
		sent, err := os.ReadFile(filepath.Join(dir, f.Out))
		if f.Host != "shop.test" || f.Visibility != "intercepted" || err != nil || !bytes.Contains(sent, []byte("two of koshqwct")) {
			t.Errorf("%+v sent %q, %v", f, sent, err)
		}
	}
	packets, err := os.ReadFile(filepath.Join(dir, "all.pcapng"))
	if err != nil || !bytes.Contains(packets, []byte("CLIENT_TRAFFIC_SECRET_0 ")) {
		t.Errorf("no TLS keys among the packets: %v", err)
	}
	rec, err := recordOf(filepath.Join(dir, "case"))
	if err != nil || len(rec.Flows) != 2 || rec.Flows[0].Protocol != "https" || len(rec.Coverage) == 0 {
		t.Errorf("the case holds %+v, %v", rec, err)
	}
}

func TestProxyIsNotForStrangers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"proxy", "--listen", "0.0.0.0:0"}, "--auth"},
		{[]string{"proxy", "--listen", "nowhere"}, "ADDRESS:PORT"},
		{[]string{"proxy", "--auth", "nobody"}, "USER:PASSWORD"},
		{[]string{"proxy", "--map", "nothing"}, "--map"},
	} {
		var stderr bytes.Buffer
		a := &app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr, clock: time.Now, random: rand.Reader}
		if code := a.run(t.Context(), c.args); code != exitUsage || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%q: exit status %d, %s", c.args, code, &stderr)
		}
	}
	if err := notHere("tcp", "127.0.0.1:80", nil); err == nil {
		t.Error("other devices reach loopback")
	}
	if err := notHere("tcp", "192.0.2.1:80", nil); err != nil {
		t.Error(err)
	}
}
