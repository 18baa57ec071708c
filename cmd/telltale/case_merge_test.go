package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/bench"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/signer"
)

// newCase begins a case and signs and closes it when fill is done.
func newCase(t *testing.T, name string, fill func(c *casefile.Case)) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	key, err := signer.Load(os.Getenv("TELLTALE_KEY"), rand.Reader)
	mustDo(t, err)
	c, err := casefile.Create(dir, casefile.Options{Clock: time.Now, Random: rand.Reader, Signer: key})
	mustDo(t, err)
	fill(c)
	mustDo(t, c.PutEnd(""))
	mustDo(t, c.Close())
	return dir
}

// aTelephone types on a telephone that nobody watches, and returns the case
// and what was typed when.
func aTelephone(t *testing.T, began time.Time) (string, []telltale.Probe) {
	var probes []telltale.Probe
	dir := newCase(t, "phone", func(c *casefile.Case) {
		s := telltale.Scenario{
			Name: "phone", App: telltale.App{Name: "chat"}, Window: time.Second, Alpha: 0.05,
			Accounts: []telltale.Account{{Name: "a", Side: telltale.SideApp}, {Name: "b", Side: telltale.SidePeer}},
			Channel:  []string{"relay.test"}, Directions: []telltale.Direction{telltale.Sent},
		}
		plan, err := bench.PlanOf(s)
		mustDo(t, err)
		mustDo(t, c.PutScenario(s))
		mustDo(t, c.PutPlan(plan))
		mustDo(t, c.PutApp(telltale.App{Name: "chat", Version: "7"}))
		for i := range 6 {
			id, at := fmt.Sprintf("p%06d", i+1), began.Add(time.Duration(i)*2*time.Second)
			canary := c.Canary(id)
			p := telltale.Probe{
				ID: id, Key: id, Arm: telltale.ArmContact, From: "a", To: "b", Direction: telltale.Sent,
				Text: "good morning " + canary.Latin + " " + canary.CJK, Canary: canary, Planned: at,
			}
			probes = append(probes, p)
			mustDo(t, c.PutProbe(p))
			mustDo(t, c.PutReceipt(telltale.Receipt{Probe: id, Typed: p.Text, Got: p.Text, Outcome: telltale.Delivered, Sent: at, Settled: at}))
		}
		mustDo(t, c.PutSpan(telltale.Span{From: began.Add(-time.Minute), To: began.Add(time.Minute)}))
	})
	return dir, probes
}

// aProxy sees copies of all that was typed.
func aProxy(t *testing.T, began time.Time, probes []telltale.Probe) string {
	return newCase(t, "proxy", func(c *casefile.Case) {
		mustDo(t, c.PutScenario(telltale.Scenario{Name: "run", Driver: telltale.DriverSpec{Kind: "none"}}))
		mustDo(t, c.PutApp(telltale.App{Name: "proxy"}))
		mustDo(t, c.PutCoverage([]telltale.Coverage{{Sensor: "proxy", Sees: true, What: "what goes through the proxy"}}))
		for _, p := range probes {
			at := p.Planned.Add(100 * time.Millisecond)
			digest, err := c.Keep([]byte("POST /log HTTP/1.1\r\nHost: log.test\r\n\r\n" + p.Text))
			mustDo(t, err)
			mustDo(t, c.Record(telltale.Flow{
				Sensor: "proxy", Conn: "c1", Protocol: "http", Host: "log.test", Visibility: telltale.Clear, Start: at, End: at,
				Messages: []telltale.Message{{Leg: telltale.LegApp, Out: true, At: at, Bytes: digest, Size: 60}}, BytesOut: 60,
			}))
		}
		mustDo(t, c.PutSpan(telltale.Span{From: began.Add(-time.Minute), To: began.Add(time.Minute)}))
	})
}

func TestMergeFindsInOneCaseWhatWasTypedInAnother(t *testing.T) {
	t.Setenv("TELLTALE_KEY", filepath.Join(t.TempDir(), "key"))
	began := time.Now().Add(-time.Hour).UTC()
	phone, probes := aTelephone(t, began)
	proxy := aProxy(t, began, probes)
	merged := filepath.Join(t.TempDir(), "merged")
	code, out := tell("case", "merge", phone, proxy, "-o", merged)
	if code != exitFound || !strings.Contains(out, "log.test") {
		t.Fatalf("exit code %d:\n%s", code, out)
	}
	if code, out := tell("case", "verify", merged); code != exitNothing {
		t.Fatalf("the merged case does not hold, exit code %d:\n%s", code, out)
	}
	reader, err := casefile.Read(merged)
	mustDo(t, err)
	if got := reader.Record; len(got.Probes) != 6 || len(got.Flows) != 6 || got.App.Version != "7" {
		t.Errorf("%d probes, %d flows, app %+v", len(got.Probes), len(got.Flows), got.App)
	}
	for _, name := range []string{"sources/1/log/entries.jsonl", "sources/2/checkpoint"} {
		if _, ok := reader.Files[name]; !ok {
			t.Errorf("%s is not sealed", name)
		}
	}
}

func TestMergeRefusesWhatDoesNotHoldOrBelongTogether(t *testing.T) {
	t.Setenv("TELLTALE_KEY", filepath.Join(t.TempDir(), "key"))
	began := time.Now().Add(-time.Hour).UTC()
	phone, probes := aTelephone(t, began)
	proxy := aProxy(t, began, probes)
	out := filepath.Join(t.TempDir(), "out")
	if code, said := tell("case", "merge", phone, phone, "-o", out); code != exitFailed || !strings.Contains(said, "case diff") {
		t.Errorf("two cases with messages: exit code %d: %s", code, said)
	}
	if code, said := tell("case", "merge", phone, proxy); code != exitUsage || !strings.Contains(said, "-o") {
		t.Errorf("no output: exit code %d: %s", code, said)
	}
	log := filepath.Join(proxy, "log", "entries.jsonl")
	b, err := os.ReadFile(log)
	mustDo(t, err)
	mustDo(t, os.WriteFile(log, []byte(strings.Replace(string(b), "log.test", "bog.test", 1)), 0o600))
	if code, said := tell("case", "merge", phone, proxy, "-o", out); code != exitFailed || !strings.Contains(said, "does not hold") {
		t.Errorf("a case that was altered: exit code %d: %s", code, said)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("something was made all the same")
	}
}
