package mutate

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/digitorus/timestamp"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/casefile/index"
	"example.org/telltale/internal/scenario"
	"example.org/telltale/internal/signer"
	"example.org/telltale/internal/stamp/tsa"
	"example.org/telltale/internal/witness"
)

// Sample writes a small case that holds something of everything: a plan, a
// break with a torn line, probes, flows, layers, a harvested file of the app, a
// packet file, an authority, reports, a time stamp, a witness, an index. The
// same seed gives the same case but for its time stamp.
func Sample(dir string, seed uint64) (casefile.Signer, error) {
	random := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), 1})
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := func() time.Time { at = at.Add(1700 * time.Microsecond); return at }
	key, err := signer.New(random, "investigator")
	if err != nil {
		return nil, err
	}
	s := &sample{dir: dir, opts: casefile.Options{Clock: clock, Random: random, Signer: key}, random: random}
	for _, step := range []func() error{s.begin, s.crash, s.resume, s.finish, s.vouch, s.close} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("a sample of a case: %w", err)
		}
	}
	return key, nil
}

type sample struct {
	dir    string
	opts   casefile.Options
	random io.Reader
	c      *casefile.Case
	probes int
}

// begin makes the case up to its first stage.
func (s *sample) begin() (err error) {
	if s.c, err = casefile.Create(s.dir, s.opts); err != nil {
		return err
	}
	list, err := s.c.Keep([]byte(strings.Repeat("key=0123456789abcdef\n", 20)))
	if err != nil {
		return err
	}
	scenario := telltale.Scenario{Name: "sample", Window: time.Second, Alpha: 0.01, Words: []string{"公园", "picnic"},
		Driver: telltale.DriverSpec{Kind: "exec"}, App: telltale.App{Name: "app"}, Seed: 1<<63 + 11}
	plan, err := planned(scenario)
	return errors.Join(
		err,
		s.put("ca/ca.pem", "certificate"), s.put("ca/ca.key", "key"), s.c.SealFiles(),
		s.c.PutScenario(scenario),
		s.c.PutPlan(plan),
		s.c.PutCoverage([]telltale.Coverage{{Sensor: "proxy", Sees: true, What: "HTTP <&> \u2028"}}),
		s.c.PutApp(telltale.App{Name: "app", Files: []telltale.AppFile{{Path: "client.dat", Size: 420, Digest: list, Harvest: true}}}),
		s.stage("contact"),
	)
}

func planned(s telltale.Scenario) (telltale.Plan, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return telltale.Plan{}, err
	}
	canonical, err := casefile.Canonical(raw)
	known := scenario.Known(s)
	return telltale.Plan{Program: "telltale", Scenario: telltale.DigestOf(canonical), Seed: s.Seed, Schedule: scenario.Digest(known), Questions: len(known),
		Analysis: []string{"fisher 1"}, Alpha: s.Alpha, Stop: []string{"4 messages"}}, err
}

// put writes a file as the ends of a run do, past the case.
func (s *sample) put(name, content string) error {
	path := filepath.Join(s.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o600)
}

// stage types two messages, of which one is copied.
func (s *sample) stage(name string) error {
	err := s.c.PutStage(telltale.Stage{Name: name, At: s.opts.Clock()})
	for range 2 {
		err = errors.Join(err, s.trial())
	}
	capture, captureErr := s.c.NewCapture("proxy")
	if err = errors.Join(err, captureErr); err != nil {
		return err
	}
	_, err = io.CopyN(capture, s.random, 300)
	return errors.Join(err, capture.Close(), s.c.PutSpan(telltale.Span{From: s.opts.Clock(), To: s.opts.Clock()}),
		s.c.PutStage(telltale.Stage{Name: name, At: s.opts.Clock(), Done: true}))
}

func (s *sample) trial() error {
	s.probes++
	id := fmt.Sprintf("p%06d", s.probes)
	canary := s.c.Canary(id)
	text := "hello " + canary.Latin + " " + canary.CJK
	probe := telltale.Probe{ID: id, Key: "contact/" + id, Text: text, Canary: canary, Direction: telltale.Sent}
	if err := s.c.PutProbe(probe); err != nil {
		return err
	}
	coated := base64.StdEncoding.EncodeToString([]byte(text))
	request := fmt.Sprintf("POST /log HTTP/1.1\r\nHost: copy.test\r\nContent-Length: %d\r\n\r\n%s", len(coated), coated)
	var kept [3]telltale.Digest
	for i, b := range []string{request, coated, text} {
		var err error
		if kept[i], err = s.c.Keep([]byte(b)); err != nil {
			return err
		}
	}
	flow, err := s.c.RecordFlow(telltale.Flow{Host: "copy.test", Protocol: "http", Visibility: telltale.Clear,
		Start: s.opts.Clock(), Messages: []telltale.Message{{Out: true, Bytes: kept[0], Size: int64(len(request))}}})
	layer := telltale.Layer{Flow: flow, Path: []string{"base64"}, Offset: len(request) - len(coated), Score: 1e-7 * float64(s.probes), Bytes: kept[2], Steps: []telltale.Digest{kept[1]}, Probes: []string{id}}
	return errors.Join(err, s.c.PutLayer(layer), s.c.PutReceipt(telltale.Receipt{Probe: id, Outcome: telltale.Delivered, Got: text, Sent: s.opts.Clock()}))
}

// crash leaves the beginning of a line.
func (s *sample) crash() error {
	if err := s.c.Close(); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(s.dir, filepath.FromSlash(format.LogFile)), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = log.WriteString(`{"at":"2026-01-02T03:04:0`)
	return errors.Join(err, log.Close())
}

func (s *sample) resume() (err error) {
	if s.c, err = casefile.Open(s.dir, s.opts); err != nil {
		return err
	}
	return errors.Join(s.c.PutResume("telltale again"), s.stage("screen"))
}

// finish states what was found, ends the run and reports.
func (s *sample) finish() error {
	rec := s.c.Snapshot()
	observations := attribute.Observe(rec, s.c.Blob)
	return errors.Join(
		s.c.PutStatement(observations, attribute.State(rec, observations)),
		s.c.PutStage(telltale.Stage{Name: "state", At: s.opts.Clock(), Done: true}),
		s.c.PutEnd(""), s.report("report.html", "<p>Messages are copied."), s.report("report.json", "{}"), s.c.Checkpoint(),
		// Reported again: the checkpoint before is over nothing that newer ones are not.
		s.report("report.html", "<p>Messages are copied, twice."), s.c.Checkpoint())
}

func (s *sample) report(name, content string) error {
	return s.c.PutFile(name, func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	})
}

// vouch has others vouch for the newest checkpoint, and seals that.
func (s *sample) vouch() error {
	seen, err := witness.Newest(s.dir)
	if err != nil {
		return err
	}
	key, err := signer.New(s.random, "journalist")
	if err != nil {
		return err
	}
	public, err := witness.KeyOf(key.Verifier())
	if err != nil {
		return err
	}
	signed, err := witness.Cosign(seen.Text, key, s.opts.Clock())
	if err != nil {
		return err
	}
	number := fmt.Sprintf("%08d", seen.Size)
	response, err := s.stamp(filepath.Join(s.dir, format.CheckpointDir, number))
	return errors.Join(err,
		s.report(witness.KeyFileName("journalist"), public.String()+"\n"), s.report(witness.FileName(seen.Size, "journalist"), string(signed)),
		s.report(format.StampDir+"/"+number+"-1.tsr", string(response)), s.c.Checkpoint())
}

func (s *sample) stamp(file string) ([]byte, error) {
	signed, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	authority, err := tsa.New(tsa.Options{Clock: s.opts.Clock, Random: s.random})
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(signed)
	ask := timestamp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: digest[:], Certificates: true}
	request, err := ask.Marshal()
	if err != nil {
		return nil, err
	}
	return authority.Answer(bytes.Clone(request))
}

func (s *sample) close() error {
	if err := s.c.Close(); err != nil {
		return err
	}
	r, err := casefile.Read(s.dir)
	if err != nil {
		return err
	}
	_, err = index.Build(context.Background(), r)
	return err
}
