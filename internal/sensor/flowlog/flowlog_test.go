package flowlog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/flowlog"
	"example.org/telltale/internal/sensor/tape"
)

func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T) (l *flowlog.Log, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "FLOWS.jsonl")
	l, err := flowlog.Create(path, start)
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l, path
}

func conn(id string) tape.Conn {
	return tape.Conn{
		ID: id, Start: start(), End: start().Add(time.Second), Proto: "h2", Transport: "tcp",
		Src: netip.MustParseAddrPort("198.18.0.2:40000"), Dst: netip.MustParseAddrPort("198.18.1.1:443"),
		Host: "a<b>.test", Visibility: telltale.Intercepted,
	}
}

// lines reads the file as its reader would.
func lines(t *testing.T, path string) (all []flowlog.Flow) {
	t.Helper()
	file, err := os.ReadFile(path)
	must(t, err)
	for _, line := range bytes.Split(bytes.TrimSuffix(file, []byte("\n")), []byte("\n")) {
		var f flowlog.Flow
		if len(line) > 0 {
			must(t, json.Unmarshal(line, &f))
			all = append(all, f)
		}
	}
	return all
}

func octets(t *testing.T, path, raw string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(filepath.Dir(path), filepath.FromSlash(raw)))
	must(t, err)
	return string(b)
}

func TestLine(t *testing.T) {
	t.Parallel()
	l, path := create(t)
	c := conn("c000001")
	c.Process = tape.Process{PID: 12, Name: "curl", Command: []string{"curl", "-s"}, Ancestors: []string{"sh"}}
	c.TLS = &tape.TLS{Version: "1.3", ALPN: "h2", ServerName: "a.test", Certificates: [][]byte{[]byte("no certificate")}, Unverified: "expired"}
	c.Server, c.Error = "127.0.0.1:9", "reset"
	one, err := l.Open(conn("c000001"))
	must(t, err)
	must(t, one.Octets(true, start(), []byte("PRI ")))
	must(t, one.Octets(false, start(), []byte("ok")))
	one.(tape.Turner).Turn("h2")
	must(t, one.Octets(true, start(), []byte("* HTTP")))
	must(t, one.Close(c))
	must(t, one.Close(c))
	must(t, l.Close())
	must(t, l.Close())
	file, err := os.ReadFile(path)
	must(t, err)
	want := `{"id":"c000001","start":"2026-01-02T03:04:05.000000006Z","end":"2026-01-02T03:04:06.000000006Z","proto":"h2","transport":"tcp",` +
		`"src":"198.18.0.2:40000","dst_ip":"198.18.1.1","dst_host":"a<b>.test","dst_port":443,"process":"curl","visibility":"intercepted",` +
		`"bytes_out":10,"bytes_in":2,"raw_out":"FLOWS.raw/c000001.out","raw_in":"FLOWS.raw/c000001.in","server":"127.0.0.1:9","pid":12,` +
		`"command":["curl","-s"],"ancestors":["sh"],"tls":{"version":"1.3","alpn":"h2","server_name":"a.test",` +
		`"certificates":["de826f9e5acba22f80b95e447f9a1a29db2441d3f8dee9d83dfbb0e52370dfc0"],"unverified":"expired"},` +
		`"turns":[{"proto":"h2","out":4,"in":2}],"error":"reset"}` + "\n"
	if d := cmp.Diff(want, string(file)); d != "" {
		t.Error(d)
	}
	if out, in := octets(t, path, "FLOWS.raw/c000001.out"), octets(t, path, "FLOWS.raw/c000001.in"); out != "PRI * HTTP" || in != "ok" {
		t.Errorf("out %q, in %q", out, in)
	}
}

// What is not known is null, and an attempt without octets has empty files.
func TestNothingKnown(t *testing.T) {
	t.Parallel()
	l, path := create(t)
	c := conn("c000007")
	c.Transport, c.Proto, c.Host, c.Visibility = "icmp", "icmp", "", telltale.Clear
	c.Src, c.Dst = netip.MustParseAddrPort("[fd74:656c::2]:0"), netip.MustParseAddrPort("[2001:db8::1]:0")
	one, err := l.Open(c)
	must(t, err)
	must(t, one.Close(c))
	var got map[string]any
	file, err := os.ReadFile(path)
	must(t, err)
	must(t, json.Unmarshal(file, &got))
	want := map[string]any{
		"id": "c000007", "start": "2026-01-02T03:04:05.000000006Z", "end": "2026-01-02T03:04:06.000000006Z",
		"proto": "icmp", "transport": "icmp", "src": "fd74:656c::2", "dst_ip": "2001:db8::1", "dst_host": nil, "dst_port": nil,
		"process": nil, "visibility": "clear", "bytes_out": 0.0, "bytes_in": 0.0,
		"raw_out": "FLOWS.raw/c000007.out", "raw_in": "FLOWS.raw/c000007.in",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if octets(t, path, "FLOWS.raw/c000007.out") != "" {
		t.Error("octets of nobody")
	}
}

// Many connections at once need few open files, and every octet is in order.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	l, path := create(t)
	const n = 700
	want := make([][2][]byte, n)
	var all sync.WaitGroup
	for i := range n {
		one, err := l.Open(conn(fmt.Sprintf("c%06d", i)))
		must(t, err)
		var both sync.WaitGroup
		for way := range 2 {
			all.Add(1)
			both.Add(1)
			go func() {
				defer all.Done()
				defer both.Done()
				random := rand.New(rand.NewPCG(uint64(i), uint64(way)))
				for range random.IntN(6) {
					b := fmt.Appendf(nil, "%d.%d.%d|", i, way, random.Uint64())
					want[i][way] = append(want[i][way], b...)
					if err := one.Octets(way == 0, start(), b); err != nil {
						t.Error(err)
					}
				}
			}()
		}
		all.Add(1)
		go func() {
			defer all.Done()
			both.Wait()
			if err := one.Close(conn(fmt.Sprintf("c%06d", i))); err != nil {
				t.Error(err)
			}
		}()
	}
	all.Wait()
	got := lines(t, path)
	slices.SortFunc(got, func(a, b flowlog.Flow) int { return bytes.Compare([]byte(a.ID), []byte(b.ID)) })
	if len(got) != n {
		t.Fatalf("%d lines, want %d", len(got), n)
	}
	for i, f := range got {
		out, in := octets(t, path, f.RawOut), octets(t, path, f.RawIn)
		if out != string(want[i][0]) || in != string(want[i][1]) || f.BytesOut != int64(len(out)) || f.BytesIn != int64(len(in)) {
			t.Fatalf("%s: %q %q, want %q", f.ID, out, in, want[i])
		}
	}
}

// Octets are on disk before the connection ends, lines of what ended too.
func TestKilledAtAnyTime(t *testing.T) {
	t.Parallel()
	l, path := create(t)
	one, err := l.Open(conn("c000001"))
	must(t, err)
	two, err := l.Open(conn("c000002"))
	must(t, err)
	must(t, one.Octets(true, start(), []byte("passed")))
	must(t, two.Close(conn("c000002")))
	if got := octets(t, path, "FLOWS.raw/c000001.out"); got != "passed" {
		t.Errorf("on disk: %q", got)
	}
	if got := lines(t, path); len(got) != 1 || got[0].ID != "c000002" {
		t.Errorf("%+v", got)
	}
}

// The end of the run completes what is open.
func TestCloseCompletes(t *testing.T) {
	t.Parallel()
	l, path := create(t)
	one, err := l.Open(conn("c000001"))
	must(t, err)
	must(t, one.Octets(false, start(), []byte("half")))
	must(t, l.Close())
	if one.Octets(false, start(), []byte("late")) == nil {
		t.Error("octets were taken after the end")
	}
	must(t, one.Close(conn("c000001")))
	got := lines(t, path)
	if len(got) != 1 || got[0].BytesIn != 4 || got[0].Error == "" || octets(t, path, got[0].RawIn) != "half" {
		t.Errorf("%+v", got)
	}
	if _, err := l.Open(conn("c000002")); err == nil {
		t.Error("a connection was opened after the end")
	}
}

// A second run replaces the first; files that are not ours stay.
func TestSecondRun(t *testing.T) {
	t.Parallel()
	l, path := create(t)
	one, err := l.Open(conn("c000009"))
	must(t, err)
	must(t, one.Close(conn("c000009")))
	must(t, l.Close())
	raw := filepath.Join(filepath.Dir(path), "FLOWS.raw")
	must(t, os.WriteFile(filepath.Join(raw, "notes.txt"), nil, 0o600))
	l, err = flowlog.Create(path, start)
	must(t, err)
	defer l.Close()
	entries, err := os.ReadDir(raw)
	must(t, err)
	if len(entries) != 1 || entries[0].Name() != "notes.txt" || len(lines(t, path)) != 0 {
		t.Errorf("%v", entries)
	}
	if _, err := l.Open(conn("../x")); err == nil {
		t.Error("an id that leaves the directory was taken")
	}
}

// After the first failure nothing passes any more.
func TestFailureStays(t *testing.T) {
	t.Parallel()
	l, path := create(t)
	one, err := l.Open(conn("c000001"))
	must(t, err)
	must(t, os.RemoveAll(filepath.Join(filepath.Dir(path), "FLOWS.raw")))
	if err := one.Octets(true, start(), []byte("x")); !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if _, err := l.Open(conn("c000002")); !errors.Is(err, os.ErrNotExist) || l.Err() == nil {
		t.Error("the failure is forgotten")
	}
}
