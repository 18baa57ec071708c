package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/flowlog"
)

// again imports the packets of a run, and returns what is said of them.
func (r *zooRun) again(z *zooBed) *zooRun {
	r.t.Helper()
	other := &zooRun{t: r.t, token: r.token, dir: filepath.Join(r.dir, "again")}
	mustZoo(r.t, os.Mkdir(other.dir, 0o755))
	cmd := exec.Command(z.telltale, "import", "--json", other.dir+"/FLOWS.jsonl", r.dir+"/all.pcapng")
	cmd.Env = append(os.Environ(), "TELLTALE_KEY="+r.dir+"/key")
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("import: %v\n%s", err, out)
	}
	other.read()
	return other
}

// essence is what the run and the import of its packets have to say alike of
// a connection.
func (r *zooRun) essence() map[string]string {
	r.t.Helper()
	all := map[string]string{}
	for _, f := range r.flows {
		if f.Transport != "tcp" || f.DstPort != nil && *f.DstPort == 53 {
			continue // of queries, one line each, an import knows the exchange only
		}
		if f.TLS != nil && f.TLS.Refused {
			continue // a handshake that came to nothing: the import has opened it
		}
		var turn flowlog.Turn // the last, if something passed before
		if n := len(f.Turns); n > 0 && f.Turns[n-1].Out > 0 {
			turn = f.Turns[n-1]
		}
		said := map[string]any{
			"proto": f.Proto, "ip": f.DstIP, "port": f.DstPort, "host": f.DstHost, "process": f.Process, "command": f.Command,
			"ancestors": f.Ancestors, "pid": f.PID, "visibility": f.Visibility, "failed": f.Error != "" && f.Visibility != telltale.Opaque,
			"out": fmt.Sprintf("%x", r.raw(f.RawOut)), "in": fmt.Sprintf("%x", r.raw(f.RawIn)), "turn": turn,
		}
		if f.TLS != nil && f.Visibility != telltale.Opaque {
			said["tls"] = []string{f.TLS.Version, f.TLS.ALPN, f.TLS.ServerName}
		}
		b, err := json.MarshalIndent(said, "", " ")
		mustZoo(r.t, err)
		all[f.Src] = string(b)
	}
	return all
}

// TestRoundTrip: what the packets of a run are read as is what the run saw.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	z := newZoo(t, nil)
	k, a := z.keeper, z.animal
	web := func(addr string, args ...string) [2][]string {
		return [2][]string{mapTo("web.test", addr), append([]string{a}, args...)}
	}
	for name, c := range map[string][2][]string{
		"http":             web(k.Web, "get", "TOKEN", "http://web.test/"),
		"https":            web(k.SecureH1, "get-h1", "TOKEN", "https://web.test/"),
		"h2":               web(k.Secure, "get", "TOKEN", "https://web.test/"),
		"WebSocket":        web(k.SecureH1, "websocket", "TOKEN", "web.test:443"),
		"another program":  web(k.Web, "through-helper", "TOKEN", "http://web.test/"),
		"opaque":           web(k.Sealed, "pinned", "TOKEN", "web.test:443#"+z.fingerprint()),
		"resumed":          web(k.Sealed, "resume", "TOKEN", "web.test:443"),
		"mail":             {mapTo("mail.test", k.Mail), {a, "smtp", "TOKEN", "mail.test:25"}},
		"own protocol":     {mapTo("raw.test", k.After), {a, "half-close", "TOKEN", "raw.test:99"}},
		"upgrade":          web(k.Web, "upgrade", "TOKEN", "web.test:80"),
		"many connections": {mapTo("raw.test", k.Echo), {a, "parallel", "TOKEN", "raw.test:99#50"}},
	} {
		if testing.Short() && name != "h2" && name != "mail" && name != "another program" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := z.run(t, c[0], c[1])
			if r.status != 0 {
				t.Fatal(r.dump())
			}
			want, got := r.essence(), r.again(z).essence()
			if len(want) == 0 {
				t.Fatalf("nothing to compare: %s", r.dump())
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-run +import)\n%s", d)
			}
		})
	}
}
