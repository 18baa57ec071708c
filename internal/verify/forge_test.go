package verify_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/scenario"
)

// began is when forged cases begin.
var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// forge makes cases of version 2 by hand, sound ones and others, for which the
// writer has no way: whatever is added is signed without a question.
type forge struct {
	t      testing.TB
	dir    string
	id     string
	canary []byte
	signer note.Signer
	public string
	rec    telltale.Record
	hashes []tlog.Hash
	log    bytes.Buffer
	n      int64
	newest []byte
}

func newForge(t testing.TB) *forge { return forgeBy(t, 1) }

// forgeBy begins a case that is signed with the key of a seed.
func forgeBy(t testing.TB, seed byte) *forge {
	t.Helper()
	private, public, err := note.GenerateKey(rand.NewChaCha8([32]byte{seed}), "tester")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	f := &forge{t: t, dir: t.TempDir(), id: "0123456789abcdef", canary: bytes.Repeat([]byte{7}, 32), signer: signer, public: public}
	f.write("format", []byte("telltale case 2\n"))
	f.write("key.pub", []byte(public+"\n"))
	f.write("canary.key", f.canary)
	f.write("lock", nil)
	f.add(format.TypeBegin, format.Begin{Case: f.id, Program: "telltale test", CanaryKey: telltale.DigestOf(f.canary), PublicKey: public})
	return f
}

// write puts a file into the case.
func (f *forge) write(name string, b []byte) {
	f.t.Helper()
	path := filepath.Join(f.dir, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, b, 0o600)); err != nil {
		f.t.Fatal(err)
	}
}

func (f *forge) read(name string) []byte {
	f.t.Helper()
	b, err := os.ReadFile(filepath.Join(f.dir, filepath.FromSlash(name)))
	if err != nil {
		f.t.Fatal(err)
	}
	return b
}

// add writes an entry.
func (f *forge) add(kind string, body any) {
	f.t.Helper()
	raw := jsonOf(f.t, body)
	salt := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("salt"), uint64(f.n)))
	at := began.Add(time.Duration(f.n) * time.Second).Format(time.RFC3339Nano)
	whole := fmt.Sprintf(`{"at":%q,"body":%s,"n":%d,"type":%q}`, at, raw, f.n, kind)
	commitment, err := casefile.Commit([]byte(whole), salt[:format.SaltSize])
	if err != nil {
		f.t.Fatal(err)
	}
	text := base64.StdEncoding.EncodeToString(salt[:format.SaltSize])
	f.line(fmt.Appendf(nil, `{"at":%q,"body":%s,"n":%d,"salt":%q,"type":%q}`, at, raw, f.n, text, kind), commitment)
}

// line writes a line that stands for a commitment.
func (f *forge) line(line []byte, commitment [32]byte) {
	f.t.Helper()
	f.log.Write(append(line, '\n'))
	hashes, err := tlog.StoredHashes(f.n, commitment[:], tlog.HashReaderFunc(f.hash))
	if err != nil {
		f.t.Fatal(err)
	}
	f.hashes = append(f.hashes, hashes...)
	f.n++
	f.write("log/entries.jsonl", f.log.Bytes())
}

func (f *forge) hash(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = f.hashes[index]
	}
	return out, nil
}

// root is the tree's root as it stands, in base64.
func (f *forge) root() string { return f.rootAt(f.n) }

func (f *forge) rootAt(n int64) string {
	f.t.Helper()
	root, err := tlog.TreeHash(n, tlog.HashReaderFunc(f.hash))
	if err != nil {
		f.t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(root[:])
}

func (f *forge) text() string { return fmt.Sprintf("telltale/case/%s\n%d\n%s\n", f.id, f.n, f.root()) }

func (f *forge) signed(text string) []byte {
	f.t.Helper()
	b, err := note.Sign(&note.Note{Text: text}, f.signer)
	if err != nil {
		f.t.Fatal(err)
	}
	return b
}

// sign writes a checkpoint.
func (f *forge) sign() {
	f.newest = f.signed(f.text())
	f.write(fmt.Sprintf("checkpoints/%08d", f.n), f.newest)
	f.write("checkpoint", f.newest)
}

// blob keeps bytes.
func (f *forge) blob(b []byte) telltale.Digest {
	f.t.Helper()
	d := telltale.DigestOf(b)
	f.write(blobName(d), armoured(f.t, b))
	return d
}

func blobName(d telltale.Digest) string {
	return "blobs/" + string(d[7:9]) + "/" + string(d[9:]) + ".zst"
}

func armoured(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return armour(z.EncodeAll(b, nil))
}

func armour(frame []byte) []byte {
	s := sha256.Sum256(frame)
	return append(append(frame, 0x50, 0x2a, 0x4d, 0x18, 32, 0, 0, 0), s[:]...)
}

// file puts a file into the case and seals it.
func (f *forge) file(name string, b []byte) {
	f.write(name, b)
	f.seal(name, b)
}

func (f *forge) seal(name string, b []byte) {
	f.add(format.TypeFile, format.File{File: name, Size: int64(len(b)), Digest: telltale.DigestOf(b)})
}

func (f *forge) remove(name string) {
	f.t.Helper()
	if err := os.Remove(filepath.Join(f.dir, filepath.FromSlash(name))); err != nil {
		f.t.Fatal(err)
	}
}

func tornOf(name, content string) format.Torn {
	return format.Torn{File: name, Bytes: len(content), Digest: telltale.DigestOf([]byte(content))}
}

func doneStage(name string) telltale.Stage { return telltale.Stage{Name: name, At: began, Done: true} }

// cosign signs the newest checkpoint's text as a witness.
func cosign(name string, key ed25519.PrivateKey, text string, at time.Time) (file []byte, public string) {
	seconds := binary.BigEndian.AppendUint64(nil, uint64(at.Unix()))
	algAndKey := append([]byte{0x04}, key.Public().(ed25519.PublicKey)...)
	hash := sha256.Sum256(append([]byte(name+"\n"), algAndKey...))
	signature := ed25519.Sign(key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at.Unix(), text))
	b := append(append(hash[:4:4], seconds...), signature...)
	return fmt.Appendf(nil, "%s\n— %s %s\n", text, name, base64.StdEncoding.EncodeToString(b)),
		fmt.Sprintf("%s+%x+%s", name, hash[:4], base64.StdEncoding.EncodeToString(algAndKey))
}

func jsonOf(t testing.TB, v any) []byte {
	t.Helper()
	raw, ok := v.([]byte)
	if !ok {
		var err error
		if raw, err = json.Marshal(v); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := casefile.Canonical(raw)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// The parts of an ordinary case, so that tests can leave some out or put in
// others.

func (f *forge) scenario() telltale.Scenario {
	return telltale.Scenario{
		Name: "forged", App: telltale.App{Name: "app"}, Driver: telltale.DriverSpec{Kind: "exec"}, Sensors: []telltale.SensorSpec{},
		Accounts:   []telltale.Account{{Name: "alice", Side: telltale.SideApp}, {Name: "bob", Side: telltale.SidePeer}},
		Directions: []telltale.Direction{telltale.Sent}, Words: []string{"word"}, Trials: 1, MaxTrials: 1, Window: time.Second,
		Channel: []string{"peer.test"}, Alpha: 0.01, Limits: telltale.Limits{Messages: 4},
	}
}

func (f *forge) plan(s telltale.Scenario) telltale.Plan {
	known := scenario.Known(s)
	return telltale.Plan{
		Program: "telltale " + telltale.Version, Scenario: telltale.DigestOf(jsonOf(f.t, s)), Alpha: s.Alpha,
		Schedule: scenario.Digest(known), Questions: len(known), Analysis: attribute.Methods(), Stop: []string{"4 messages"},
	}
}

// question writes the scenario and the signed plan.
func (f *forge) question() {
	f.rec.Scenario = f.scenario()
	f.add(format.TypeScenario, f.rec.Scenario)
	f.add(format.TypePlan, f.plan(f.rec.Scenario))
	f.sign()
}

func (f *forge) probe(id string) telltale.Probe {
	p := telltale.Probe{
		ID: id, Key: "contact/" + id, Arm: telltale.ArmContact, From: "alice", To: "bob", Direction: telltale.Sent,
		Canary: telltale.NewCanary(f.canary, id), Planned: began,
	}
	p.Text = "good morning " + p.Canary.Latin + " " + p.Canary.CJK
	return p
}

// message types one message that is copied in base64.
func (f *forge) message(id string) {
	p := f.probe(id)
	body := f.blob([]byte(base64.StdEncoding.EncodeToString([]byte(p.Text))))
	layer := f.blob([]byte(p.Text))
	flow := telltale.Flow{
		ID: "f" + id, Sensor: "proxy", Protocol: "tcp", Host: "spy.test", Port: 80, Visibility: telltale.Clear, Start: began, End: began.Add(time.Millisecond),
		Messages: []telltale.Message{{Leg: telltale.LegApp, Out: true, At: began, Size: 100, Bytes: body}}, BytesOut: 100,
	}
	f.put(format.TypeProbe, p)
	f.put(format.TypeReceipt, telltale.Receipt{Probe: id, Typed: p.Text, Outcome: telltale.Delivered, Got: p.Text, Sent: began, Settled: began.Add(time.Millisecond)})
	f.put(format.TypeFlow, flow)
	f.put(format.TypeLayer, telltale.Layer{Flow: flow.ID, Path: []string{"base64"}, Score: 1, Bytes: layer, Steps: []telltale.Digest{body}, Probes: []string{id}})
}

// put writes an entry and keeps it for what is derived.
func (f *forge) put(kind string, body any) {
	f.add(kind, body)
	switch v := body.(type) {
	case telltale.Probe:
		f.rec.Probes = append(f.rec.Probes, v)
	case telltale.Receipt:
		f.rec.Receipts = append(f.rec.Receipts, v)
	case telltale.Flow:
		f.rec.Flows = append(f.rec.Flows, v)
	case telltale.Layer:
		f.rec.Layers = append(f.rec.Layers, v)
	case telltale.Span:
		f.rec.Listening = append(f.rec.Listening, v)
	}
}

// stage writes the signed end of a stage.
func (f *forge) stage(name string) {
	f.add(format.TypeStage, telltale.Stage{Name: name, At: began, Done: true})
	f.sign()
}

// statement derives what follows and writes it.
func (f *forge) statement() {
	f.observe()
	f.rec.Findings = attribute.State(&f.rec, f.rec.Observations)
	f.add(format.TypeFindings, f.rec.Findings)
	f.stage("state")
}

// observe writes the first half of a statement.
func (f *forge) observe() {
	blob := func(d telltale.Digest) ([]byte, error) {
		z, err := zstd.NewReader(bytes.NewReader(f.read(blobName(d))))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		var b bytes.Buffer
		_, err = b.ReadFrom(z)
		return b.Bytes(), err
	}
	f.rec.Observations = attribute.Observe(&f.rec, blob)
	f.add(format.TypeObservations, f.rec.Observations)
}

// finish ends the case.
func (f *forge) finish() {
	f.add(format.TypeEnd, format.End{})
	f.sign()
	f.file("report.html", []byte("<p>report</p>"))
	f.sign()
}

// ordinary is a case of two messages, sound in every part.
func ordinary(t testing.TB) *forge { return ordinaryBy(t, 1) }

func ordinaryBy(t testing.TB, seed byte) *forge {
	f := forgeBy(t, seed)
	f.question()
	f.file("ca/ca.pem", []byte("authority"))
	f.message("p000001")
	f.message("p000002")
	f.put(format.TypeListening, telltale.Span{From: began.Add(-time.Minute), To: began.Add(time.Minute)})
	f.stage("contact")
	f.file("capture/proxy-1.pcapng", []byte("packets"))
	f.statement()
	f.finish()
	return f
}
