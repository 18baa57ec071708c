package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sandbox"
	"example.org/telltale/internal/sensor/flowlog"
	"example.org/telltale/internal/zoo"
)

// zooPatience is when a run is given up.
const zooPatience = 2 * time.Minute

// zooBed is what all runs of the zoo share.
type zooBed struct {
	telltale, animal string
	keeper           *zoo.Keeper
	// user is whom runs are started as; nil means as whom the tests are.
	user *syscall.Credential
	dir  string // open to that user
}

// zooHosts are the names under which the keeper's servers are reached.
func zooHosts() []string {
	return []string{"web.test", "mail.test", "203.0.113.9", "2001:db8::9"}
}

// newZoo puts the programs where every user finds them.
func newZoo(t *testing.T, user *syscall.Credential) *zooBed {
	t.Helper()
	if err := sandbox.Check(); err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "zoo-")
	mustZoo(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	mustZoo(t, os.Chmod(dir, 0o755))
	z := &zooBed{telltale: filepath.Join(dir, zooTelltale), animal: filepath.Join(dir, zooAnimal), user: user, dir: dir}
	self, err := os.Executable()
	mustZoo(t, err)
	b, err := os.ReadFile(self)
	mustZoo(t, err)
	for _, path := range []string{z.telltale, z.animal} {
		mustZoo(t, os.WriteFile(path, b, 0o755))
	}
	z.keeper, err = zoo.NewKeeper(zooHosts()...)
	mustZoo(t, err)
	t.Cleanup(z.keeper.Close)
	return z
}

func mustZoo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// zooRun is one run and what it left.
type zooRun struct {
	t        *testing.T
	token    string
	dir      string
	status   int
	stdout   string
	stderr   string
	flows    []flowlog.Flow
	finished bool
}

// token is a word that nothing else holds.
func newToken(t *testing.T) string {
	t.Helper()
	var b [6]byte
	_, err := rand.Read(b[:])
	mustZoo(t, err)
	return "zoo" + hex.EncodeToString(b[:])
}

// command starts nothing yet. TOKEN in the arguments is the token.
func (z *zooBed) command(t *testing.T, flags, args []string) (*exec.Cmd, *zooRun) {
	t.Helper()
	r := &zooRun{t: t, token: newToken(t)}
	var err error
	r.dir, err = os.MkdirTemp(z.dir, "run-")
	mustZoo(t, err)
	all := slices.Concat([]string{"run", "-q", "--json", r.dir + "/FLOWS.jsonl", "--pcap", r.dir + "/all.pcapng"}, flags, []string{"--"}, args)
	for i := range all {
		all[i] = strings.ReplaceAll(all[i], "TOKEN", r.token)
	}
	ctx, cancel := context.WithTimeout(context.Background(), zooPatience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, z.telltale, all...)
	cmd.Dir = r.dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "SSLKEYLOGFILE=") })
	cmd.Env = append(cmd.Env, "TELLTALE_KEY="+r.dir+"/key")
	if z.user != nil {
		mustZoo(t, os.Chown(r.dir, int(z.user.Uid), int(z.user.Gid)))
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: z.user}
		cmd.Env = append(cmd.Env, "HOME="+r.dir, "USER=nobody")
	}
	return cmd, r
}

// run runs telltale to its end.
func (z *zooBed) run(t *testing.T, flags, args []string) *zooRun {
	t.Helper()
	cmd, r := z.command(t, flags, args)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r.status, r.stdout, r.stderr = cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
	r.read()
	return r
}

// read takes in the flows and checks what must hold for all of them.
func (r *zooRun) read() {
	r.t.Helper()
	file, err := os.ReadFile(r.dir + "/FLOWS.jsonl")
	mustZoo(r.t, err)
	for line := range bytes.Lines(file) {
		var f flowlog.Flow
		mustZoo(r.t, json.Unmarshal(line, &f))
		if f.BytesOut != int64(len(r.raw(f.RawOut))) || f.BytesIn != int64(len(r.raw(f.RawIn))) || f.End.Before(f.Start) {
			r.t.Errorf("the line and the octets differ: %s", line)
		}
		r.flows = append(r.flows, f)
	}
	r.finished = bytes.HasSuffix(file, []byte("\n")) || len(file) == 0
}

func (r *zooRun) raw(path string) []byte {
	r.t.Helper()
	b, err := os.ReadFile(filepath.Join(r.dir, path))
	mustZoo(r.t, err)
	return b
}

// holding are the flows that sent, or were sent, a text.
func (r *zooRun) holding(out bool, text string) (all []flowlog.Flow) {
	r.t.Helper()
	for _, f := range r.flows {
		path := f.RawIn
		if out {
			path = f.RawOut
		}
		if bytes.Contains(r.raw(path), []byte(text)) {
			all = append(all, f)
		}
	}
	return all
}

// dump says what was recorded.
func (r *zooRun) dump() string {
	b, _ := os.ReadFile(r.dir + "/FLOWS.jsonl")
	return fmt.Sprintf("exit %d\n%s%s\n%s", r.status, r.stdout, r.stderr, b)
}

// tshark runs the second opinion over the packets.
func (r *zooRun) tshark(filter string, fields ...string) string {
	r.t.Helper()
	args := []string{"-r", r.dir + "/all.pcapng", "-Y", filter}
	if len(fields) > 0 {
		args = append(args, "-T", "fields")
	}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	cmd := exec.Command("tshark", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("tshark: %v %s", err, stderr.String())
	}
	return string(out)
}

// zooCase is a program and what must be recorded of it.
type zooCase struct {
	flags, args []string
	// Of the flow that holds the token.
	proto      string
	visibility telltale.Visibility
	host       string
	ip         string
	process    string
	in         bool // the token comes back as well
	// shark is a filter that must match some packet, TOKEN is the token.
	shark string
	check func(r *zooRun)
}

func (z *zooBed) expect(t *testing.T, c zooCase) {
	r := z.run(t, c.flags, c.args)
	if r.status != 0 || !r.finished {
		t.Fatalf("it did not work out: %s", r.dump())
	}
	if c.proto != "" {
		r.want(c)
	}
	if c.check != nil {
		c.check(r)
	}
	if _, err := exec.LookPath("tshark"); err != nil && os.Getenv("TELLTALE_REQUIRE_REAL") == "" {
		return
	}
	if out := r.tshark("_ws.malformed || tls.record.version == 0"); out != "" {
		t.Errorf("tshark calls packets malformed:\n%s", out)
	}
	if c.shark != "" && r.tshark(strings.ReplaceAll(c.shark, "TOKEN", r.token)) == "" {
		t.Errorf("tshark finds no packet for %s:\n%s", c.shark, r.tshark("frame"))
	}
	if t.Failed() {
		t.Log(r.dump())
	}
}

// want compares the flow that holds the token.
func (r *zooRun) want(c zooCase) {
	r.t.Helper()
	flows := r.holding(true, r.token)
	if len(flows) == 0 { // HTTP/2 packs what is in heads
		flows = r.holding(false, r.token)
	}
	if len(flows) == 0 {
		r.t.Errorf("no flow holds the token")
		return
	}
	f := flows[len(flows)-1]
	process := c.process
	if process == "" {
		process = zooAnimal
	}
	if f.Proto != c.proto || f.Visibility != c.visibility || deref(f.DstHost) != strings.ReplaceAll(c.host, "TOKEN", r.token) || c.ip != "" && f.DstIP != c.ip || deref(f.Process) != process {
		r.t.Errorf("%+v, want %s %s to %s %s by %s; process %s", f, c.visibility, c.proto, c.host, c.ip, process, deref(f.Process))
	}
	if c.in && len(r.holding(false, r.token)) == 0 {
		r.t.Errorf("the answer is not recorded")
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// mapTo maps a name to a server; portless connections go to its port.
func mapTo(name, addr string) []string { return []string{"--map", name + "=" + addr} }

func (z *zooBed) fingerprint() string {
	sum := sha256.Sum256(z.keeper.Cert.Certificate[0])
	return hex.EncodeToString(sum[:])
}

func (z *zooBed) root() string {
	return base64.URLEncoding.EncodeToString(z.keeper.Cert.Certificate[0])
}

// cases is the zoo.
func (z *zooBed) cases(short bool) map[string]zooCase {
	k, a := z.keeper, z.animal
	size, many := int64(200<<20), 2000
	if short {
		size, many = 8<<20, 100
	}
	animal := func(args ...string) []string { return append([]string{a}, args...) }
	return map[string]zooCase{
		"http": {
			flags: mapTo("web.test", k.Web), args: animal("get", "TOKEN", "http://web.test/"),
			proto: "http/1.1", visibility: telltale.Clear, host: "web.test", in: true, shark: `http.request.uri contains "TOKEN"`,
		},
		"https over HTTP 1.1": {
			flags: mapTo("web.test", k.SecureH1), args: animal("get-h1", "TOKEN", "https://web.test/"),
			proto: "http/1.1", visibility: telltale.Intercepted, host: "web.test", in: true, shark: `http.request.uri contains "TOKEN"`,
		},
		"https over HTTP 2": {
			flags: mapTo("web.test", k.Secure), args: animal("get", "TOKEN", "https://web.test/"),
			proto: "h2", visibility: telltale.Intercepted, host: "web.test", shark: `http2.headers.path contains "TOKEN"`,
		},
		"daemon after its parent's end": {
			flags: mapTo("web.test", k.Web), args: animal("daemon", "TOKEN", "http://web.test/"),
			proto: "http/1.1", visibility: telltale.Clear, host: "web.test", in: true,
		},
		"helper over a Unix socket": {
			flags: mapTo("web.test", k.Web), args: animal("through-helper", "TOKEN", "http://web.test/"),
			proto: "http/1.1", visibility: telltale.Clear, host: "web.test", check: func(r *zooRun) {
				f := r.holding(true, r.token)[0]
				if len(f.Command) < 2 || f.Command[1] != "helper" || !slices.Contains(f.Ancestors, zooAnimal) {
					r.t.Errorf("the owner is %q, child of %q", f.Command, f.Ancestors)
				}
			},
		},
		"token in the labels of a name": {
			args:  animal("resolve", "TOKEN", "tunnel.test"),
			proto: "dns", visibility: telltale.Clear, host: "TOKEN.tunnel.test", shark: `dns.qry.name contains "TOKEN"`,
		},
		"pipelining": {
			flags: mapTo("web.test", k.Web), args: animal("pipeline", "TOKEN", "web.test:80"),
			proto: "http/1.1", visibility: telltale.Clear, host: "web.test", check: func(r *zooRun) {
				if f := r.holding(true, r.token+"-2"); len(f) != 1 || len(r.holding(false, r.token+"-2")) != 1 {
					r.t.Errorf("the third request or its answer is missing: %+v", f)
				}
			},
		},
		"split over two connections": {
			flags: mapTo("raw.test", k.Echo), args: animal("split", "TOKEN", "raw.test:99"), check: func(r *zooRun) {
				half := len(r.token) / 2
				if len(r.holding(true, r.token[:half])) != 1 || len(r.holding(true, r.token[half:])) != 1 {
					r.t.Error("a half is missing")
				}
			},
		},
		"pinned certificate": {
			flags: mapTo("web.test", k.Sealed), args: animal("pinned", "TOKEN", "web.test:443#"+z.fingerprint()),
			check: func(r *zooRun) { r.wantOpaque("web.test") },
		},
		"pinned certificate, keys given": {
			flags: mapTo("web.test", k.Sealed), args: animal("pinned-keys", "TOKEN", "web.test:443#"+z.fingerprint()),
			check: func(r *zooRun) { r.wantOpaque("web.test") }, shark: `tls.app_data || data.data contains "TOKEN" || frame contains "TOKEN"`,
		},
		"roots of its own": {
			flags: mapTo("web.test", k.Sealed), args: animal("own-roots", "TOKEN", "web.test:443#"+z.root()),
			check: func(r *zooRun) { r.wantOpaque("web.test") },
		},
		"client certificate": {
			flags: mapTo("web.test", k.Demanding), args: animal("client-cert", "TOKEN", "web.test:443#"+z.root()),
			check: func(r *zooRun) { r.wantOpaque("web.test") },
		},
		"no server name": {
			flags: mapTo("203.0.113.9", k.Secure), args: animal("get", "TOKEN", "https://203.0.113.9/"),
			proto: "h2", visibility: telltale.Intercepted, ip: "203.0.113.9", shark: `http2.headers.path contains "TOKEN"`,
		},
		"address in place of a name": {
			flags: mapTo("203.0.113.9", k.Web), args: animal("get", "TOKEN", "http://203.0.113.9/"),
			proto: "http/1.1", visibility: telltale.Clear, ip: "203.0.113.9", host: "203.0.113.9",
		},
		"IPv6": {
			flags: mapTo("2001:db8::9", k.SecureH1), args: animal("get", "TOKEN", "https://[2001:db8::9]/"),
			proto: "http/1.1", visibility: telltale.Intercepted, ip: "2001:db8::9", host: "2001:db8::9", shark: `ipv6.dst == 2001:db8::9 && http.request.uri contains "TOKEN"`,
		},
		"UDP that nobody answers": {
			flags: mapTo("203.0.113.9", k.Silent), args: animal("datagram", "TOKEN", "203.0.113.9:4000"),
			proto: "udp", visibility: telltale.Clear, ip: "203.0.113.9", shark: `udp contains "TOKEN"`,
		},
		"ICMP with a payload": {
			args: animal("ping", "TOKEN", "203.0.113.9"), check: func(r *zooRun) {
				f := r.holding(true, r.token)
				if len(f) != 1 || f[0].Proto != "icmp" || f[0].Transport != "icmp" || f[0].DstIP != "203.0.113.9" || f[0].DstPort != nil {
					r.t.Errorf("%+v", f)
				}
			}, shark: `icmp contains "TOKEN"`,
		},
		"QUIC is refused, TCP taken": {
			flags: mapTo("web.test", k.Secure), args: animal("quic", "TOKEN", "web.test:443"),
			proto: "h2", visibility: telltale.Intercepted, host: "web.test", check: func(r *zooRun) {
				if !slices.ContainsFunc(r.flows, func(f flowlog.Flow) bool { return f.Proto == "quic" && f.Error != "" }) {
					r.t.Error("the attempt over QUIC is not recorded")
				}
			},
		},
		"HTTP 3": {
			flags: append(mapTo("web.test", k.QUIC), "--quic", "intercept"), args: animal("h3", "TOKEN", "web.test:443"),
			proto: "h3", visibility: telltale.Intercepted, host: "web.test", in: true, shark: `quic.stream_data contains "TOKEN"`,
		},
		"HTTP 3, pinned certificate": {
			flags: append(mapTo("web.test", k.QUIC), "--quic", "intercept"), args: animal("h3-pinned", "TOKEN", "web.test:443#"+z.fingerprint()),
			check: func(r *zooRun) { r.wantSealed("web.test", true) },
		},
		"HTTP 3 that passes": {
			flags: append(mapTo("web.test", k.QUIC), "--quic", "pass"), args: animal("h3-pinned", "TOKEN", "web.test:443#"+z.fingerprint()),
			check: func(r *zooRun) { r.wantSealed("web.test", false) },
		},
		"streams and datagrams of QUIC": {
			flags: append(mapTo("203.0.113.9", k.QUIC), "--quic", "intercept"), args: animal("quic-own", "TOKEN", "203.0.113.9:443"),
			check: wantStreams, shark: `quic.stream_data contains "TOKEN"`,
		},
		"odd ALPN": {
			flags: mapTo("web.test", k.Sealed), args: animal("alpn", "TOKEN", "web.test:443"),
			proto: "tls", visibility: telltale.Intercepted, host: "web.test", in: true, check: func(r *zooRun) {
				if f := r.holding(true, r.token)[0]; f.TLS == nil || f.TLS.ALPN != "zoo/1" || string(r.raw(f.RawOut)) != r.token {
					r.t.Errorf("%+v", f.TLS)
				}
			},
		},
		"STARTTLS": {
			flags: mapTo("mail.test", k.Mail), args: animal("smtp", "TOKEN", "mail.test:25"),
			proto: "smtp", visibility: telltale.Intercepted, host: "mail.test", shark: `smtp && frame contains "zoo" || imf`,
		},
		"resumption": {
			flags: mapTo("web.test", k.Sealed), args: animal("resume", "TOKEN", "web.test:443"),
			proto: "tls", visibility: telltale.Intercepted, host: "web.test", check: wantTwice,
		},
		"resumption in TLS 1.2": {
			flags: mapTo("web.test", k.Sealed), args: animal("resume-12", "TOKEN", "web.test:443"),
			proto: "tls", visibility: telltale.Intercepted, host: "web.test", check: wantTwice,
		},
		"upload": {
			flags: mapTo("web.test", k.SecureH1), args: animal("upload", "TOKEN", "https://web.test/#"+strconv.FormatInt(size, 10)),
			proto: "http/1.1", visibility: telltale.Intercepted, host: "web.test", check: func(r *zooRun) {
				if f := r.holding(true, r.token)[0]; f.BytesOut < size || f.BytesOut > size+1000 {
					r.t.Errorf("%d octets of %d", f.BytesOut, size)
				}
			},
		},
		"many connections at once": {
			flags: mapTo("raw.test", k.Echo), args: animal("parallel", "TOKEN", "raw.test:99#"+strconv.Itoa(many)), check: func(r *zooRun) {
				seen := map[string]int{}
				for _, f := range r.flows {
					seen[string(r.raw(f.RawOut))]++
				}
				for i := range many {
					if text := fmt.Sprintf("%s-%d.", r.token, i); seen[text] != 1 {
						r.t.Fatalf("%s was recorded %d times", text, seen[text])
					}
				}
			},
		},
		"half-close": {
			flags: mapTo("raw.test", k.After), args: animal("half-close", "TOKEN", "raw.test:99"),
			proto: "tcp", visibility: telltale.Clear, host: "raw.test", in: true,
		},
		"reset in the middle": {
			flags: mapTo("raw.test", k.Echo), args: animal("reset", "TOKEN", "raw.test:99"),
			proto: "tcp", visibility: telltale.Clear, host: "raw.test", in: true, shark: "tcp.flags.reset == 1",
		},
		"end right after a write": {
			flags: mapTo("raw.test", k.After), args: animal("leave", "TOKEN", "raw.test:99"),
			proto: "tcp", visibility: telltale.Clear, host: "raw.test", check: func(r *zooRun) {
				if !strings.Contains(z.keeper.Received(), r.token) {
					r.t.Error("the server did not get it")
				}
			},
		},
		"server-sent events": {
			flags: mapTo("web.test", k.SecureH1), args: animal("events", "TOKEN", "https://web.test/events/"),
			proto: "http/1.1", visibility: telltale.Intercepted, host: "web.test", in: true,
		},
		"protocol of its own after an upgrade": {
			flags: mapTo("web.test", k.Web), args: animal("upgrade", "TOKEN", "web.test:80"),
			proto: "http/1.1", visibility: telltale.Clear, host: "web.test", in: true, check: func(r *zooRun) {
				f := r.holding(true, r.token)[0]
				if n := len(f.Turns); n == 0 || f.Turns[n-1].Proto != "tcp" || !strings.HasPrefix(string(r.raw(f.RawOut))[f.Turns[n-1].Out:], "\x00\x01own ") {
					r.t.Errorf("where the protocol of its own begins is not told: %+v", f.Turns)
				}
			},
		},
		"WebSocket": {
			flags: mapTo("web.test", k.SecureH1), args: animal("websocket", "TOKEN", "web.test:443"), check: func(r *zooRun) {
				// What the program sends is masked; the answer is not.
				f := r.holding(false, r.token)
				if len(f) != 1 || f[0].Proto != "wss" || f[0].Visibility != telltale.Intercepted {
					r.t.Errorf("%+v", f)
				}
			}, shark: `websocket.payload.text contains "TOKEN" || websocket`,
		},
	}
}

func wantTwice(r *zooRun) {
	if len(r.holding(true, "first "+r.token)) != 1 || len(r.holding(true, "second "+r.token)) != 1 {
		r.t.Error("one of two sessions was not opened")
	}
}

// wantOpaque: the program insisted on its certificate; its connection passed
// as it was, and the attempts before are recorded.
func (r *zooRun) wantOpaque(host string) {
	r.t.Helper()
	if len(r.holding(true, r.token)) != 0 {
		r.t.Error("the token is in the clear")
	}
	for _, f := range r.flows {
		if f.Visibility == telltale.Opaque && deref(f.DstHost) == host && f.BytesOut > 0 && f.BytesIn > 0 && f.Proto == "tls" {
			return
		}
	}
	r.t.Error("there is no opaque flow")
}

// wantSealed is wantOpaque for QUIC: the program refused, or did not have to,
// and then its connection passed as it was.
func (r *zooRun) wantSealed(host string, refused bool) {
	r.t.Helper()
	if len(r.holding(true, r.token)) != 0 {
		r.t.Error("the token is in the clear")
	}
	var refusals, passed int
	for _, f := range r.flows {
		if f.Proto != "quic" {
			continue
		}
		if f.Visibility != telltale.Opaque || deref(f.DstHost) != host || deref(f.Process) != zooAnimal || f.Stream != nil {
			r.t.Errorf("%+v", f)
		}
		if f.TLS != nil && f.TLS.Refused {
			refusals++
		} else if f.BytesOut > 0 && f.BytesIn > 0 {
			passed++
		}
	}
	// The next attempt may come before the refusal was heard.
	if (refusals > 0) != refused || passed != 1 {
		r.t.Errorf("%d refused and %d passed", refusals, passed)
	}
}

// wantStreams: each stream is a flow, the connection one more, with its
// datagrams.
func wantStreams(r *zooRun) {
	var of string
	for text, back := range map[string]bool{"both ways ": true, "one way ": false, "datagram ": true} {
		f := r.holding(true, text+r.token)
		if len(f) != 1 || f[0].Proto != "quic" || f[0].Visibility != telltale.Intercepted || f[0].DstIP != "203.0.113.9" {
			r.t.Fatalf("%q: %+v", text, f)
		}
		if got := bytes.Contains(r.raw(f[0].RawIn), []byte(r.token)); got != back {
			r.t.Errorf("%q: the answer is in the same flow: %t", text, got)
		}
		if f[0].Stream == nil {
			of = f[0].ID
		}
	}
	for _, f := range r.flows {
		if f.Stream != nil && (f.Stream.Of != of || of == "") {
			r.t.Errorf("%+v is one of %q", f, of)
		}
	}
	if f := r.holding(false, "one way "+r.token); len(f) != 1 || f[0].Stream == nil || f[0].Stream.Number != 3 {
		r.t.Errorf("the server's own stream: %+v", f)
	}
}

// few are those that short tests are content with.
func few() []string {
	return []string{
		"https over HTTP 2", "HTTP 3", "daemon after its parent's end", "helper over a Unix socket", "token in the labels of a name",
		"pinned certificate, keys given", "IPv6", "UDP that nobody answers", "ICMP with a payload", "STARTTLS", "resumption in TLS 1.2",
		"many connections at once", "half-close", "reset in the middle", "end right after a write",
	}
}

// all runs every program, or those that are named.
func (z *zooBed) all(t *testing.T, only []string) {
	for name, c := range z.cases(testing.Short()) {
		if only != nil && !slices.Contains(only, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			z.expect(t, c)
		})
	}
}

func TestZoo(t *testing.T) {
	t.Parallel()
	var only []string
	if testing.Short() {
		only = few()
	}
	newZoo(t, nil).all(t, only)
}

// TestZooAsUser runs the same as somebody who is not root.
func TestZooAsUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("TestZoo runs as an ordinary user already")
	}
	var only []string
	if testing.Short() {
		only = []string{"pinned certificate, keys given", "end right after a write"}
	}
	newZoo(t, &syscall.Credential{Uid: 65534, Gid: 65534}).all(t, only)
}

// The exit status is the program's.
func TestZooExit(t *testing.T) {
	t.Parallel()
	z := newZoo(t, nil)
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{z.animal, "exit", "-", "0"}, 0}, {[]string{z.animal, "exit", "-", "7"}, 7}, {[]string{z.animal, "exit", "-", "255"}, 255},
		{[]string{z.animal, "signal", "-", "9"}, 137}, {[]string{z.animal, "signal", "-", "15"}, 143}, {[]string{"/no/such/program"}, 1},
	} {
		r := z.run(t, nil, c.args)
		if c.args[0] == "/no/such/program" {
			if r.status != 1 || !strings.Contains(r.stderr, "/no/such/program") {
				t.Errorf("%v: %s", c.args, r.dump())
			}
			continue
		}
		if r.status != c.want {
			t.Errorf("%v: %s, want %d", c.args, r.dump(), c.want)
		}
	}
	cmd, _ := z.command(t, []string{"--map", "nonsense"}, []string{"true"})
	_ = cmd.Run() // its status is looked at
	if got := cmd.ProcessState.ExitCode(); got != exitUsage {
		t.Errorf("a wrong map gives exit status %d", got)
	}
}

// Nothing of the host's loopback is reached, by whatever address.
func TestZooHostIsOutOfReach(t *testing.T) {
	t.Parallel()
	z := newZoo(t, nil)
	l, err := net.Listen("tcp", ":0")
	mustZoo(t, err)
	defer l.Close()
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	inside := sandbox.Inside()
	var list []string
	for _, ip := range []string{"127.0.0.1", "127.1.2.3", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1", inside.Gateway4.String(), inside.Gateway6.String(), "169.254.1.1"} {
		list = append(list, net.JoinHostPort(ip, port))
	}
	r := z.run(t, nil, []string{z.animal, "reach", "TOKEN", strings.Join(list, ",")})
	if r.status != 0 {
		t.Errorf("%s", r.dump())
	}
	var tried []string
	for _, f := range r.flows {
		if f.BytesOut != 0 || f.BytesIn != 0 || f.Error == "" {
			t.Errorf("%+v", f)
		}
		tried = append(tried, f.DstIP)
	}
	for _, want := range []string{inside.Gateway4.String(), inside.Gateway6.String()} {
		if !slices.Contains(tried, want) {
			t.Errorf("the attempt at %s is not recorded: %q", want, tried)
		}
	}
	mustZoo(t, l.(*net.TCPListener).SetDeadline(time.Now()))
	if c, err := l.Accept(); err == nil {
		t.Errorf("%s came through", c.RemoteAddr())
	}
}

// started runs the animal that never ends until it has sent its token.
func (z *zooBed) started(t *testing.T) (*exec.Cmd, *zooRun) {
	t.Helper()
	cmd, r := z.command(t, mapTo("raw.test", z.keeper.Echo), []string{z.animal, "linger", "TOKEN", "raw.test:99"})
	out, err := cmd.StdoutPipe()
	mustZoo(t, err)
	mustZoo(t, cmd.Start())
	line := make([]byte, len("sent\n"))
	if _, err := io.ReadFull(out, line); err != nil || string(line) != "sent\n" {
		t.Fatalf("%q %v %v", line, err, cmd.Wait())
	}
	return cmd, r
}

// SIGTERM ends the sandbox and completes the files.
func TestZooTerminated(t *testing.T) {
	t.Parallel()
	z := newZoo(t, nil)
	cmd, r := z.started(t)
	mustZoo(t, cmd.Process.Signal(syscall.SIGTERM))
	_ = cmd.Wait() // its status is looked at
	r.read()
	if got := cmd.ProcessState.ExitCode(); got != 128+int(syscall.SIGTERM) {
		t.Errorf("exit status %d", got)
	}
	f := r.holding(true, r.token)
	if len(f) != 1 || len(r.holding(false, r.token)) != 1 || f[0].Proto != "tcp" {
		t.Errorf("%s", r.dump())
	}
	if r.tshark(`tcp contains "`+r.token+`"`) == "" || r.tshark("_ws.malformed") != "" {
		t.Error("the packets are not all there")
	}
}

// SIGKILL loses nothing that had passed, and leaves nobody behind.
func TestZooKilled(t *testing.T) {
	t.Parallel()
	z := newZoo(t, nil)
	cmd, r := z.started(t)
	mustZoo(t, cmd.Process.Kill())
	// The animal holds the other end of the pipe: Wait returns when it is gone.
	_ = cmd.Wait()
	found := false
	entries, err := os.ReadDir(r.dir + "/FLOWS.raw")
	mustZoo(t, err)
	for _, e := range entries {
		found = found || bytes.Contains(r.raw("FLOWS.raw/"+e.Name()), []byte(r.token))
	}
	r.read()
	if !found {
		t.Errorf("the octets are lost: %s", r.dump())
	}
}

// A run is kept as a case that holds, with its packets.
func TestZooCase(t *testing.T) {
	t.Parallel()
	z := newZoo(t, nil)
	dir := filepath.Join(z.dir, "case")
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	r := z.run(t, append(mapTo("web.test", z.keeper.Secure), "--case", dir), []string{z.animal, "get", "TOKEN", "https://web.test/"})
	if r.status != 0 {
		t.Fatal(r.dump())
	}
	v, err := verifyCase(dir, "")
	if err != nil || !v.Holds || v.Captures != 1 || v.Signed < v.Entries-1 {
		t.Fatalf("%+v %v", v, err)
	}
	if !slices.ContainsFunc(v.Record.Flows, func(f telltale.Flow) bool { return f.Host == "web.test" && f.Visibility == telltale.Intercepted }) {
		t.Errorf("%+v", v.Record.Flows)
	}
}

// realPrograms are those of others, with how each asks for a URL.
func realPrograms() map[string][]string {
	return map[string][]string{
		"curl":    {"curl", "-sS", "https://web.test/TOKEN"},
		"python3": {"python3", "-c", "import urllib.request as u; print(u.urlopen('https://web.test/TOKEN').read())"},
		"python3 without an environment": {"env", "-i", "/usr/bin/python3", "-c",
			"import urllib.request as u; print(u.urlopen('https://web.test/TOKEN').read())"},
		"node":     {"node", "-e", "require('https').get('https://web.test/TOKEN', r => r.pipe(process.stdout))"},
		"java":     {"java", "Get.java", "https://web.test/TOKEN"},
		"chromium": {"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--dump-dom", "https://web.test/TOKEN"},
	}
}

const javaProgram = `import java.net.URI;
import java.net.http.*;
public class Get {
	public static void main(String[] a) throws Exception {
		var client = HttpClient.newHttpClient();
		System.out.println(client.send(HttpRequest.newBuilder(URI.create(a[0])).build(), HttpResponse.BodyHandlers.ofString()).body());
	}
}
`

// Programs of others trust the authority, each in its own way.
func TestZooRealPrograms(t *testing.T) {
	t.Parallel()
	z := newZoo(t, nil)
	mustZoo(t, os.WriteFile(filepath.Join(z.dir, "Get.java"), []byte(javaProgram), 0o644))
	for name, args := range realPrograms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program, _, _ := strings.Cut(name, " ")
			if _, err := exec.LookPath(program); err != nil {
				if os.Getenv("TELLTALE_REQUIRE_REAL") != "" {
					t.Fatalf("%s is missing", program)
				}
				t.Skipf("%s is not installed", program)
			}
			if testing.Short() && name != "curl" && name != "python3" {
				t.Skip("takes long")
			}
			args = slices.Clone(args)
			for i := range args {
				args[i] = strings.Replace(args[i], "Get.java", z.dir+"/Get.java", 1)
			}
			r := z.run(t, mapTo("web.test", z.keeper.Secure), args)
			f := r.holding(false, r.token)
			if r.status != 0 || len(f) == 0 || f[0].Visibility != telltale.Intercepted || !strings.Contains(r.stdout, r.token) {
				t.Errorf("%s", r.dump())
			}
			filter := `http.request.uri contains "TOKEN" || http2.headers.path contains "TOKEN"`
			if r.tshark(strings.ReplaceAll(filter, "TOKEN", r.token)) == "" || r.tshark("_ws.malformed") != "" {
				t.Error("tshark does not see it")
			}
		})
	}
}
