package redact_test

import (
	"bytes"
	"compress/gzip"
	"crypto/des"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/signer"
)

// What must not be read in a copy, by rule, where the fixture has it.
const (
	password   = "hunter2-swordfish"
	cookie     = "c00kie-of-the-tester"
	mailbox    = "jorun.shan@posteo.test"
	telephone  = "+49 176 12345678"
	stranger   = "fanglin88"
	strayFile  = "Meadow.in.Winter.torrent"
	clientIP   = "203.0.113.77"
	home       = "/home/annabel"
	otherText  = "I shall be home late, feed the cat"
	privateKey = "-----BEGIN PRIVATE KEY-----"
)

// desKey is the key that copies are sealed with; it is found by the case.
var desKey = []byte("8sRUjL\x00\x01")

// fixture is a case that was written, and how.
type fixture struct {
	t   testing.TB
	c   *casefile.Case
	dir string
	now time.Time
}

// signing makes a key.
func signing(t testing.TB, name string) casefile.Signer {
	t.Helper()
	s, err := signer.New(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// writeCase writes a finished case with somebody's secrets in every place.
func writeCase(t testing.TB, key casefile.Signer) string {
	t.Helper()
	f := &fixture{t: t, dir: filepath.Join(t.TempDir(), "case"), now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	c, err := casefile.Create(f.dir, casefile.Options{Clock: f.clock, Random: rand.Reader, Signer: key})
	f.must(err)
	f.c = c
	f.must(c.PutScenario(f.scenario()))
	f.must(c.PutApp(telltale.App{Name: "Messenger", Files: []telltale.AppFile{{Path: home + "/app/client.dat", Size: 3, Digest: f.keep("app"), Harvest: true}}}))
	f.must(c.PutPlan(telltale.Plan{Program: "telltale", Seed: 1, Questions: 2, Stop: []string{"never"}, Analysis: []string{"m"}}))
	f.authority()
	f.packets()
	f.must(c.PutStage(telltale.Stage{Name: "contact", At: f.clock()}))
	flows := []string{f.copied("p000001", "hello there"), f.copied("p000002", "good morning")}
	f.secrets()
	f.visit()
	f.must(c.PutStage(telltale.Stage{Name: "contact", At: f.clock(), Done: true}))
	f.must(c.PutStatement([]telltale.Observation{{Probe: "p000001", Feature: "outcome", Text: "delivered"}}, f.findings(flows)))
	f.must(c.PutFile("report.txt", func(w io.Writer) error {
		_, err := fmt.Fprintln(w, "everything of", stranger, "and", mailbox)
		return err
	}))
	f.must(c.PutEnd(""))
	f.must(c.Checkpoint())
	f.must(c.Close())
	return f.dir
}

func (f *fixture) clock() time.Time {
	f.now = f.now.Add(time.Second)
	return f.now
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) keep(s string) telltale.Digest {
	f.t.Helper()
	d, err := f.c.Keep([]byte(s))
	f.must(err)
	return d
}

func (f *fixture) scenario() telltale.Scenario {
	return telltale.Scenario{
		Name: "fixture", Window: time.Second, Channel: []string{"relay.test"}, Words: []string{"hello there", "good morning", "support@vendor.test"},
		Driver: telltale.DriverSpec{Kind: "exec", Command: []string{home + "/bin/drive", "--quiet"}, Dir: home + "/bin", Options: []byte(`{"` + mailbox + `":"x"}`)},
		Accounts: []telltale.Account{
			{Name: "alice", Side: telltale.SideApp}, {Name: "bo", Side: telltale.SidePeer},
		},
		Names: map[string]string{"collector.test": "203.0.113.5:80", "relay.test": "203.0.113.6:80"},
	}
}

// authority writes the files of the sensors' authority and seals them.
func (f *fixture) authority() {
	dir := filepath.Join(f.dir, "ca")
	f.must(os.MkdirAll(dir, 0o700))
	f.must(os.WriteFile(filepath.Join(dir, "ca.pem"), []byte("-----BEGIN CERTIFICATE-----\n"), 0o600))
	f.must(os.WriteFile(filepath.Join(dir, "authority"), []byte(privateKey+"\nAAAA\n"), 0o600))
	f.must(f.c.SealFiles())
}

func (f *fixture) packets() {
	w, err := f.c.NewCapture("proxy")
	f.must(err)
	_, err = io.WriteString(w, "packets of "+clientIP)
	f.must(errors.Join(err, w.Close()))
}

// copied types one message, which the app copies to a collector under DES.
func (f *fixture) copied(id, words string) string {
	canary := f.c.Canary(id)
	text := words + " " + canary.Latin + " " + canary.CJK
	f.must(f.c.PutProbe(telltale.Probe{ID: id, Key: "contact/" + id, From: "alice", To: "bo", Text: text, Canary: canary, Planned: f.clock()}))
	plain := "user=alice|to=bo|text=" + text
	sealed := encrypt(plain)
	body := base64.URLEncoding.EncodeToString(sealed)
	message := "POST /log HTTP/1.1\r\nHost: collector.test\r\nContent-Length: " + fmt.Sprint(len(body)) + "\r\n\r\n" + body
	flow := telltale.Flow{
		Sensor: "proxy", Protocol: "http", Host: "collector.test", Client: clientIP + ":40000", Server: "203.0.113.5:80", Start: f.clock(), End: f.clock(),
		Messages: []telltale.Message{{Leg: telltale.LegApp, Out: true, At: f.clock(), Size: int64(len(message)), Bytes: f.keep(message)}},
	}
	flowID, err := f.c.RecordFlow(flow)
	f.must(err)
	f.must(f.c.PutLayer(telltale.Layer{
		Flow: flowID, Path: []string{"base64url", "des-ecb"}, Score: 0.97, Key: hex.EncodeToString(desKey), KeySource: "app-file:client.dat",
		Bytes: f.keep(plain), Steps: []telltale.Digest{f.keep(body), f.keep(string(sealed))}, Probes: []string{id},
	}))
	f.must(f.c.PutReceipt(telltale.Receipt{Probe: id, Typed: text, Outcome: telltale.Delivered, Got: text, Sent: f.clock(), Settled: f.clock()}))
	return flowID
}

func encrypt(plain string) []byte {
	block, err := des.NewCipher(desKey)
	if err != nil {
		panic(err)
	}
	n := 8 - len(plain)%8
	b := append([]byte(plain), bytes.Repeat([]byte{byte(n)}, n)...)
	for at := 0; at < len(b); at += 8 {
		block.Encrypt(b[at:], b[at:])
	}
	return b
}

// secrets records flows with what is nobody's business, each coded another way.
func (f *fixture) secrets() {
	f.exchange("login.test", true, "POST /in HTTP/1.1\r\nHost: login.test\r\nAuthorization: Bearer "+password+"\r\nCookie: s="+cookie+"\r\n\r\n")
	f.exchange("static.test", true, "GET /?q="+hex.EncodeToString([]byte("x"+password+"x"))+" HTTP/1.1\r\nHost: static.test\r\n\r\n")
	f.exchange("static.test", false, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"+zipped("write to "+mailbox+" or call "+telephone+" today"))
	f.exchange("static.test", false, "HTTP/1.1 200 OK\r\n\r\n"+zipped(base64.StdEncoding.EncodeToString([]byte("again "+mailbox))))
	f.exchange("static.test", false, "HTTP/1.1 200 OK\r\n\r\nnothing to see here")
	f.exchange("sealed.test", true, `POST /x HTTP/1.1`+"\r\nHost: sealed.test\r\n\r\n"+`{"r":"`+base64.StdEncoding.EncodeToString(encrypt("a record about "+stranger+" in the same cipher as the copies"))+`"}`)
	f.exchange("relay.test", false, "MSG from a friend: "+otherText)
	canary := f.c.Canary("p000003")
	f.must(f.c.PutProbe(telltale.Probe{ID: "p000003", From: "alice", To: "bo", Text: "third " + canary.Latin + " " + canary.CJK, Canary: canary}))
	f.must(f.c.PutReceipt(telltale.Receipt{Probe: "p000003", Typed: "third " + canary.Latin + " " + canary.CJK, Outcome: telltale.Altered, Got: otherText, Reason: "told " + mailbox}))
}

func (f *fixture) exchange(host string, out bool, message string) string {
	id, err := f.c.RecordFlow(telltale.Flow{
		Sensor: "proxy", Protocol: "http", Host: host, Client: clientIP + ":40001", Start: f.clock(), End: f.clock(),
		Messages: []telltale.Message{{Leg: telltale.LegApp, Out: out, At: f.clock(), Size: int64(len(message)), Bytes: f.keep(message)}},
	})
	f.must(err)
	return id
}

func zipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, s); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

// visit records what the active checks fetched: other people's records.
func (f *fixture) visit() {
	var lines []string
	for i := range 12 {
		text := []string{"the weather is fine for walking", "we are late for the train again", "thank you for the parcel you sent"}[i%3]
		record := fmt.Sprintf("2026-11-2%d 10:00:%02d|%s|linnet.pine%d|%s", i%9, i, stranger, i, text)
		lines = append(lines, base64.URLEncoding.EncodeToString(encrypt(record)))
	}
	message := "HTTP/1.1 200 OK\r\n\r\n" + strings.Join(lines, "\n")
	id, err := f.c.RecordFlow(telltale.Flow{
		Sensor: "expose", Protocol: "http", Host: "collector.test", Start: f.clock(), End: f.clock(),
		Messages: []telltale.Message{{Leg: telltale.LegServer, At: f.clock(), Size: int64(len(message)), Bytes: f.keep(message)}},
	})
	f.must(err)
	f.must(f.c.PutVisit(telltale.Visit{
		Host: "collector.test", Base: "/log/", At: f.clock(), Requests: 1, Flows: []string{id}, Listing: true,
		Entries:   []telltale.Entry{{Name: "log1.txt", Kind: "log"}, {Name: strayFile, Kind: "stray"}},
		Recovered: []telltale.Recovered{{Family: "messages", Path: []string{"base64url", "des-ecb"}, Key: hex.EncodeToString(desKey), Records: 12, Scripts: map[string]int{"latin": 12}}},
		Notes:     []string{strayFile + " was not asked for"},
	}))
}

func (f *fixture) findings(flows []string) []telltale.Finding {
	layers := f.c.Snapshot().Layers
	return []telltale.Finding{{
		ID: "F01", Claim: telltale.Claim{Kind: telltale.KindCopy, Host: "collector.test"}, Statement: "Messages of \"alice\" go to collector.test.",
		Verdict: telltale.Supported, Flows: flows, Digests: []telltale.Digest{layers[0].Bytes, layers[1].Bytes}, Method: "m", Version: "1",
	}}
}

// readable gathers all that can be read in a directory without any key:
// names, bytes, and blobs unpacked.
func readable(t testing.TB, dir string) []byte {
	t.Helper()
	var all bytes.Buffer
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		fmt.Fprintln(&all, filepath.ToSlash(rel))
		b, err := os.ReadFile(path)
		all.Write(b)
		if filepath.Ext(path) == ".zst" {
			all.Write(unzstd(t, b))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.Bytes()
}

func unzstd(t testing.TB, b []byte) []byte {
	t.Helper()
	d, err := zstd.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	plain, err := io.ReadAll(d)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}
