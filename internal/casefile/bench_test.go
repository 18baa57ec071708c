package casefile_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/signer"
)

func benchCase(b *testing.B) *casefile.Case {
	b.Helper()
	key, err := signer.New(rand.Reader, "tester")
	if err != nil {
		b.Fatal(err)
	}
	c, err := casefile.Create(filepath.Join(b.TempDir(), "case"), casefile.Options{Clock: time.Now, Random: rand.Reader, Signer: key})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	return c
}

// aFlow is what an import writes most of.
func aFlow() telltale.Flow {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_901_234, time.UTC)
	digest := telltale.DigestOf([]byte("GET /"))
	return telltale.Flow{
		ID: "f000042", Sensor: "import", Conn: "c000017", Protocol: "https", Client: "10.0.0.2:50123", Server: "192.0.2.1:443",
		Host: "log.example.test", Port: 443, Process: "client", Visibility: telltale.Intercepted, Start: at, End: at.Add(time.Second),
		Messages: []telltale.Message{
			{Leg: telltale.LegApp, Out: true, At: at, Size: 512, Bytes: digest}, {Leg: telltale.LegServer, Out: true, At: at, Size: 512, Bytes: digest},
			{Leg: telltale.LegServer, At: at, Size: 4096, Bytes: digest}, {Leg: telltale.LegApp, At: at, Size: 4096, Bytes: digest},
		},
		BytesOut: 1024, BytesIn: 8192,
	}
}

func manyObservations() []telltale.Observation {
	out := make([]telltale.Observation, 50_000)
	for i := range out {
		out[i] = telltale.Observation{Probe: fmt.Sprintf("p%06d", i), Flow: fmt.Sprintf("f%06d", i), Host: "log.example.test", Feature: "bytes", Value: float64(i) / 3}
	}
	return out
}

// BenchmarkAppend is a flow written to a case; against the same flow by
// json.Marshal and SHA-256 alone, which could be masked nowhere.
func BenchmarkAppend(b *testing.B) {
	b.Run("flow", func(b *testing.B) {
		c, f := benchCase(b), aFlow()
		for b.Loop() {
			if err := c.Record(f); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("observations", func(b *testing.B) {
		c, o := benchCase(b), manyObservations()
		for b.Loop() {
			if err := c.PutStatement(o, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkCommit tells what committing costs beside plain hashing: the metric
// "ratio" is the time of both, the log's canonical form included, over that of
// json.Marshal and SHA-256.
func BenchmarkCommit(b *testing.B) {
	salt := make([]byte, 16)
	for name, v := range map[string]any{"flow": aFlow(), "observations": manyObservations()} {
		b.Run(name, func(b *testing.B) {
			var plain, committed time.Duration
			for b.Loop() {
				began := time.Now()
				raw, err := json.Marshal(v)
				sum := sha256.Sum256(raw)
				marshalled := time.Now()
				c, cerr := casefile.Commit(raw, salt)
				if err != nil || cerr != nil || bytes.Equal(c[:], sum[:]) {
					b.Fatal(err, cerr)
				}
				plain += marshalled.Sub(began)
				committed += marshalled.Sub(began) + time.Since(marshalled)
			}
			b.ReportMetric(float64(committed)/float64(plain), "ratio")
		})
	}
}

// BenchmarkSync tells what it costs to have things on the disk: a probe, which
// is before it is typed; a receipt, which is not; a signature over both with
// one blob; and a report that is put into the case.
func BenchmarkSync(b *testing.B) {
	c := benchCase(b)
	n := 0
	for name, do := range map[string]func() error{
		"probe":   func() error { return c.PutProbe(telltale.Probe{ID: "p000001", Text: "hello"}) },
		"receipt": func() error { return c.PutReceipt(telltale.Receipt{Probe: "p000001"}) },
		"checkpoint": func() error {
			n++
			_, err := c.Keep(fmt.Appendf(nil, "blob %d", n))
			if err == nil {
				err = c.PutReceipt(telltale.Receipt{Probe: "p000001"})
			}
			if err == nil {
				err = c.Checkpoint()
			}
			return err
		},
		"report": func() error { return c.PutFile("report.txt", text("a report")) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
