// Package reporttest makes records that tests and benches of the report need:
// as large as the largest audits, and made up from end to end.
package reporttest

import (
	"encoding/base64"
	"fmt"
	"time"

	"example.org/telltale"
)

// Big is a record of so many probes and flows, of an app that copies what holds
// one of some words and drops what holds another, with the bytes that it names.
// The same numbers give the same record.
func Big(probes, flows int) (*telltale.Record, func(telltale.Digest) ([]byte, error)) {
	b := &big{blobs: map[telltale.Digest][]byte{}, now: time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)}
	b.setting()
	start := b.now
	for i := range probes {
		b.probe(i)
	}
	for i := len(b.rec.Flows); i < flows; i++ {
		b.flow(telltale.Flow{
			Host: fmt.Sprintf("cdn%d.app.test", i%400), Server: fmt.Sprintf("192.0.2.%d:443", i%250), Protocol: "https", Visibility: telltale.Opaque,
			Start: start.Add(time.Duration(i) * 211 * time.Millisecond), BytesOut: int64(200 + i%977), BytesIn: int64(900 + i%4999),
		})
	}
	b.rec.Listening = []telltale.Span{{From: start.Add(-time.Hour), To: b.now.Add(time.Hour)}}
	b.findings()
	return &b.rec, func(d telltale.Digest) ([]byte, error) {
		if raw, ok := b.blobs[d]; ok {
			return raw, nil
		}
		return nil, fmt.Errorf("no blob %s", d)
	}
}

// bigWords is the number of words that are tried; every tenth is a trigger.
const bigWords = 2000

const collector = "collect.app.test"

type big struct {
	rec   telltale.Record
	blobs map[telltale.Digest][]byte
	now   time.Time
}

func word(i int) string { return fmt.Sprintf("wort%04d", i%bigWords) }

func (b *big) setting() {
	s := &b.rec.Scenario
	s.Name, s.Seed, s.Alpha, s.Trials, s.MaxTrials = "big", 11, 0.01, 2, 12
	s.Window, s.Listen = 2*time.Second, 30*time.Second
	s.Accounts = []telltale.Account{{Name: "alice", Side: telltale.SideApp}, {Name: "bob", Side: telltale.SidePeer}}
	s.Directions = []telltale.Direction{telltale.Sent, telltale.Received}
	s.Channel = []string{"chat.app.test"}
	for i := range bigWords {
		s.Words = append(s.Words, word(i))
	}
	b.rec.App = telltale.App{Name: "Big Messenger", Version: "9.1", Platform: "linux/amd64", Vantage: "a test"}
	b.rec.Coverage = []telltale.Coverage{{Sensor: "proxy", Sees: true, What: "what goes through the proxy"}, {Sensor: "proxy", What: "what goes round it"}}
}

func (b *big) keep(raw []byte) telltale.Digest {
	d := telltale.DigestOf(raw)
	b.blobs[d] = raw
	return d
}

// arms in turn, so that each lane of the time line is full.
func armOf(i int) telltale.Arm {
	return []telltale.Arm{telltale.ArmTreatment, telltale.ArmControl, telltale.ArmTreatment, telltale.ArmIsolate}[i%4]
}

// probe types one message: words that end in 0 are copied, and those that end
// in 00 dropped as well.
func (b *big) probe(i int) {
	id := fmt.Sprintf("p%06d", i+1)
	canary := telltale.NewCanary([]byte("big"), id)
	p := telltale.Probe{
		ID: id, Key: "screen/" + id, Arm: armOf(i), From: "alice", To: "bob",
		Direction: []telltale.Direction{telltale.Sent, telltale.Received}[i/4%2], Canary: canary, Planned: b.now,
	}
	n := i / 4
	p.Word = word(n)
	if p.Arm == telltale.ArmControl {
		p.Word = "tisch"
	}
	p.Text = p.Word + " " + canary.Latin + " " + canary.CJK
	r := telltale.Receipt{Probe: id, Typed: p.Text, Got: p.Text, Outcome: telltale.Delivered, Sent: b.now, Settled: b.now.Add(90 * time.Millisecond)}
	hit := p.Arm != telltale.ArmControl && n%10 == 0
	if hit && n%100 == 0 {
		r.Outcome, r.Got = telltale.Dropped, ""
	}
	b.rec.Probes, b.rec.Receipts = append(b.rec.Probes, p), append(b.rec.Receipts, r)
	b.flow(telltale.Flow{Host: "chat.app.test", Server: "198.51.100.7:5222", Protocol: "tls", Visibility: telltale.Opaque, Start: b.now, BytesOut: 300})
	if hit {
		b.copyOf(&p)
	}
	b.now = b.now.Add(400 * time.Millisecond)
}

func (b *big) copyOf(p *telltale.Probe) {
	coded := []byte(base64.StdEncoding.EncodeToString([]byte(p.Text)))
	request := append([]byte("POST /in HTTP/1.1\r\nHost: "+collector+"\r\n\r\n"), coded...)
	at := b.now.Add(40 * time.Millisecond)
	f := b.flow(telltale.Flow{
		Host: collector, Server: "203.0.113.9:80", Protocol: "http", Visibility: telltale.Clear, Start: at, BytesOut: int64(len(request)),
		Messages: []telltale.Message{{Leg: telltale.LegApp, Out: true, At: at, Size: int64(len(request)), Bytes: b.keep(request)}},
	})
	b.rec.Layers = append(b.rec.Layers, telltale.Layer{
		Flow: f, Path: []string{"http", "body", "base64"}, Score: 0.98, Bytes: b.keep([]byte(p.Text)),
		Steps: []telltale.Digest{b.keep(request), b.keep(request), b.keep(coded)}, Probes: []string{p.ID},
	})
}

func (b *big) flow(f telltale.Flow) string {
	f.ID, f.Sensor = fmt.Sprintf("f%06d", len(b.rec.Flows)+1), "proxy"
	f.End = f.Start.Add(20 * time.Millisecond)
	b.rec.Flows = append(b.rec.Flows, f)
	return f.ID
}
