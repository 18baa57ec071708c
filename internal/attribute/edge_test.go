package attribute_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
)

func TestInChannel(t *testing.T) {
	t.Parallel()
	s := &telltale.Scenario{Channel: []string{"*.chat.test", "relay.example", "[bad"}}
	for host, want := range map[string]bool{
		"a.chat.test": true, "A.Chat.Test.": true, "chat.test": false, "relay.example": true, "evil-relay.example": false, "": false, "[bad": false,
	} {
		if got := attribute.InChannel(s, host); got != want {
			t.Errorf("InChannel(%q) = %v, want %v", host, got, want)
		}
	}
}

// small is a record of one probe that was found in one flow.
func small() *telltale.Record {
	return &telltale.Record{
		Scenario:  telltale.Scenario{Window: time.Second, Channel: []string{relay}},
		Listening: []telltale.Span{{From: start, To: start.Add(time.Minute)}},
		Probes:    []telltale.Probe{{ID: "p1", Arm: telltale.ArmTreatment, From: "alice", To: "bob", Direction: telltale.Sent}},
		Receipts:  []telltale.Receipt{{Probe: "p1", Outcome: telltale.Delivered, Sent: start}},
		Flows: []telltale.Flow{{ID: "f1", Sensor: "proxy", Host: collector, Protocol: "http", Messages: []telltale.Message{
			{Leg: telltale.LegApp, Out: true, At: start.Add(30 * time.Millisecond)}, {Leg: telltale.LegApp, At: start},
		}}},
		Layers: []telltale.Layer{{Flow: "f1", Message: 0, Path: []string{"http"}, Probes: []string{"p1"}}},
	}
}

func TestWhatIsACopy(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*telltale.Record)
		want   int
	}{
		"left for another host":   {func(*telltale.Record) {}, 1},
		"through the channel":     {func(r *telltale.Record) { r.Flows[0].Host = relay }, 0},
		"came in":                 {func(r *telltale.Record) { r.Layers[0].Message = 1 }, 0},
		"our own visit":           {func(r *telltale.Record) { r.Flows[0].Sensor = "expose" }, 0},
		"no such message":         {func(r *telltale.Record) { r.Layers[0].Message = 7 }, 0},
		"no such flow":            {func(r *telltale.Record) { r.Layers[0].Flow = "f9" }, 0},
		"found twice in one flow": {func(r *telltale.Record) { r.Layers = append(r.Layers, r.Layers[0]) }, 1},
		"host known by address": {func(r *telltale.Record) {
			r.Flows[0].Host, r.Flows[0].Server = "", "192.0.2.7:80"
		}, 1},
	}
	for name, c := range cases {
		rec := small()
		c.change(rec)
		copies := attribute.Copies(rec)["p1"]
		if len(copies) != c.want {
			t.Errorf("%s: %d copies, want %d", name, len(copies), c.want)
		}
		if len(copies) == 1 && copies[0].Delay != 30*time.Millisecond {
			t.Errorf("%s: delay %v, want 30ms", name, copies[0].Delay)
		}
	}
}

func TestCellNeedsTheWholeWindowForANegative(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*telltale.Record)
		want   telltale.Cell
	}{
		"copied":                 {func(*telltale.Record) {}, telltale.CellDeliveredCopied},
		"copied while unwatched": {func(r *telltale.Record) { r.Listening = nil }, telltale.CellDeliveredCopied},
		"not copied":             {func(r *telltale.Record) { r.Layers = nil }, telltale.CellDelivered},
		"watch ended early": {func(r *telltale.Record) {
			r.Layers, r.Listening[0].To = nil, start.Add(time.Second/2)
		}, telltale.CellVoid},
		"watch broken in the window": {func(r *telltale.Record) {
			r.Layers = nil
			r.Listening = []telltale.Span{{From: start, To: start.Add(time.Second / 2)}, {From: start.Add(time.Second / 2), To: start.Add(time.Minute)}}
		}, telltale.CellVoid},
		"no receipt":   {func(r *telltale.Record) { r.Receipts = nil }, telltale.CellVoid},
		"void receipt": {func(r *telltale.Record) { r.Receipts[0].Outcome = telltale.Void }, telltale.CellVoid},
		"dropped":      {func(r *telltale.Record) { r.Receipts[0].Outcome = telltale.Dropped }, telltale.CellDroppedCopied},
		"arrived late": {func(r *telltale.Record) {
			r.Receipts = append([]telltale.Receipt{{Probe: "p1", Outcome: telltale.Dropped, Sent: start}}, r.Receipts...)
		}, telltale.CellDeliveredCopied},
		"unknown probe?": {func(r *telltale.Record) { r.Probes[0].ID = "p2" }, telltale.CellVoid},
	}
	for name, c := range cases {
		rec := small()
		c.change(rec)
		if got := attribute.Cell(rec, "p1"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if got, ok := attribute.Cells(rec)["p1"]; ok && got != c.want {
			t.Errorf("%s: Cells says %q, want %q", name, got, c.want)
		}
	}
}

// A crash makes the last trials void; they count neither way.
func TestCrashVoidsDoNotCount(t *testing.T) {
	t.Parallel()
	w := copier()
	rec := w.run(4)
	want := w.want
	slices.Sort(want)
	voided := 0
	for i := range rec.Receipts {
		p := rec.Probes[i]
		if p.Arm == telltale.ArmTreatment && strings.HasSuffix(p.Block, "2") {
			rec.Receipts[i].Outcome = telltale.Void
			voided++
		}
	}
	findings, keys := analyse(w, rec)
	if !slices.Equal(keys, want) {
		t.Errorf("claims %q, want %q", keys, want)
	}
	for _, f := range findings {
		if f.Claim.Kind == telltale.KindCopy && f.Trials.Treated+f.Trials.Void != voided/2*3 {
			t.Errorf("%s: %+v, want the %d void trials apart", f.ID, f.Trials, voided/2)
		}
	}
}

// Carol's messages were not watched, so that nobody can say alice alone is a
// target, nor that everybody is.
func TestUnwatchedAccountLeavesTheConditionOpen(t *testing.T) {
	t.Parallel()
	w := watcher()
	rec := w.run(2)
	rec.Listening = nil
	_, keys := analyse(w, rec)
	for _, key := range keys {
		if strings.HasPrefix(key, "copy|") || strings.HasPrefix(key, "targeting|") {
			t.Errorf("claims %q, but no silence was ever watched", key)
		}
	}
}

func TestBlockedWayIsInconclusive(t *testing.T) {
	t.Parallel()
	w := &world{name: "offline", quiet: true, react: func(*world, telltale.Probe) fate { return fate{outcome: telltale.Dropped} }}
	findings, keys := analyse(w, w.run(1))
	if len(keys) > 0 || len(findings) != 2 {
		t.Fatalf("supported %q and %d findings, want none and one for each direction", keys, len(findings))
	}
	for _, f := range findings {
		if f.Verdict != telltale.Inconclusive || f.Claim.Condition != telltale.Always || !strings.Contains(f.Statement, "test again") {
			t.Errorf("%+v", f)
		}
	}
}

func TestOneCopyIsSeenButItsConditionIsOpen(t *testing.T) {
	t.Parallel()
	done := false
	w := &world{name: "once", path: desPath, trials: 2, react: func(_ *world, p telltale.Probe) fate {
		if done || p.Arm != telltale.ArmTreatment || p.Direction != telltale.Sent {
			return fate{outcome: telltale.Delivered}
		}
		done = true
		return fate{outcome: telltale.Delivered, to: collector}
	}}
	findings, keys := analyse(w, w.run(6))
	if slices.Contains(keys, copyKey(telltale.Sent, telltale.OnWords)) || !slices.Contains(keys, hostKeys(telltale.KindDestination, collector, "http")[0]) {
		t.Errorf("claims %q, want the destination and no condition", keys)
	}
	if f := findings[0]; f.Claim.Kind != telltale.KindCopy || f.Verdict != telltale.Inconclusive || f.Needed < 2 {
		t.Errorf("first finding %+v, want an inconclusive copy and the trials needed", f)
	}
}

func TestCertificatesAreNotTrusted(t *testing.T) {
	t.Parallel()
	forgeries := map[string]struct {
		forge func(*telltale.Record, *telltale.Isolation)
		want  string
	}{
		"no words":      {func(_ *telltale.Record, i *telltale.Isolation) { i.Words = nil }, "no words"},
		"other text":    {func(_ *telltale.Record, i *telltale.Isolation) { i.Certificate[0].Text = "kkw" }, "typed another text"},
		"unknown probe": {func(_ *telltale.Record, i *telltale.Isolation) { i.Certificate[0].Probes[0] = "p999999" }, "not in the record"},
		"nothing asked": {func(_ *telltale.Record, i *telltale.Isolation) { i.Certificate[1].Probes = nil }, "nothing was asked"},
		"wrong answer":  {func(_ *telltale.Record, i *telltale.Isolation) { i.Certificate[1].Reacts = true }, "reacted"},
		"longer claim":  {func(_ *telltale.Record, i *telltale.Isolation) { i.Words = []string{"kkword!"} }, "without"},
		"cut left out":  {func(_ *telltale.Record, i *telltale.Isolation) { i.Certificate = i.Certificate[:1] }, "matter"},
		"no reaction":   {func(_ *telltale.Record, i *telltale.Isolation) { i.Certificate = i.Certificate[1:] }, "no line shows"},
		"exception":     {func(_ *telltale.Record, i *telltale.Isolation) { i.Without = []string{"unasked"} }, "matter"},
		"void answer": {func(r *telltale.Record, i *telltale.Isolation) {
			setOutcome(r, i.Certificate[0].Probes[0], telltale.Void)
		}, "void"},
		"one not copied": {func(r *telltale.Record, i *telltale.Isolation) {
			setOutcome(r, i.Certificate[1].Probes[0], telltale.Dropped)
		}, "want none"},
		"other direction": {func(_ *telltale.Record, i *telltale.Isolation) {
			i.Direction = map[telltale.Direction]telltale.Direction{telltale.Sent: telltale.Received, telltale.Received: telltale.Sent}[i.Direction]
		}, "other direction"},
	}
	for name, c := range forgeries {
		w := droppers()[1]
		rec := w.run(1)
		iso := rec.Isolations[0]
		if err := attribute.CheckCertificate(rec, iso); err != nil {
			t.Fatalf("the true certificate: %v", err)
		}
		c.forge(rec, &iso)
		err := attribute.CheckCertificate(rec, iso)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
		rec.Isolations[0] = iso
		if _, keys := analyse(w, rec); slices.Contains(keys, wordKey(telltale.Both, telltale.CellDroppedCopied, iso.Words...)) {
			t.Errorf("%s: the trigger is stated as proven", name)
		}
	}
}

func setOutcome(r *telltale.Record, probe string, o telltale.Outcome) {
	for i := range r.Receipts {
		if r.Receipts[i].Probe == probe {
			r.Receipts[i].Outcome = o
		}
	}
}

// A sampling app may be silent by chance; three silent trials prove nothing.
func TestSampledCertificateNeedsEnoughSilence(t *testing.T) {
	t.Parallel()
	w := sampler()
	rec := w.run(1)
	iso := rec.Isolations[0]
	for i := range iso.Certificate {
		if !iso.Certificate[i].Reacts {
			iso.Certificate[i].Probes = iso.Certificate[i].Probes[:3]
		}
	}
	if err := attribute.CheckCertificate(rec, iso); err == nil || !strings.Contains(err.Error(), "ask") {
		t.Errorf("error %v, want one that says how often to ask", err)
	}
}

func TestPlainTextIsNoWordList(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		coats, lines []string
		want         bool
	}{
		"plain, unrelated":             {[]string{"http", "body"}, []string{"fixes", "wordbo"}, false},
		"plain, a proven trigger":      {[]string{"http", "body"}, []string{"fixes", "kkword"}, true},
		"key of the app":               {[]string{"http", "body", "aes-256-ecb"}, []string{"one", "two"}, true},
		"key of the app, one line":     {[]string{"http", "body", "aes-256-ecb"}, []string{"x"}, false},
		"xor, nothing known":           {[]string{"http", "body", "xor"}, []string{"one", "two"}, false},
		"xor, a word that was typed":   {[]string{"http", "body", "xor"}, []string{"one", "wordbo"}, true},
		"accounts under the app's key": {[]string{"http", "body", "aes-256-ecb"}, []string{"alice"}, true},
	}
	for name, c := range cases {
		w := copier()
		rec := w.run(1)
		w.answer("lists.app.test", "/list", c.coats, c.lines)
		_, keys := analyse(w, rec)
		if got := slices.Contains(keys, hostKeys(telltale.KindList, "lists.app.test", "/list")[0]); got != c.want {
			t.Errorf("%s: stated as list: %v, want %v", name, got, c.want)
		}
	}
}
