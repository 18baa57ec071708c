package report_test

import (
	"crypto/des"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/report"
)

// world builds a record as a run would leave it, out of real bytes.
type world struct {
	rec   telltale.Record
	blobs map[telltale.Digest][]byte
	now   time.Time
	cells map[string]telltale.Cell
}

const (
	desKey   = "X7sRUjL\x00"
	hostCopy = "a3.skype.tom.test"
	hostList = "skypetools.tom.test"
	secret   = "meet-me-at-nine-says-a-stranger"
)

func newWorld(app string) *world {
	w := &world{blobs: map[telltale.Digest][]byte{}, now: time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC), cells: map[string]telltale.Cell{}}
	w.rec.Scenario = telltale.Scenario{
		Name: app, Accounts: []telltale.Account{{Name: "alice", Side: telltale.SideApp}, {Name: "carol", Side: telltale.SideApp}, {Name: "bob", Side: telltale.SidePeer}},
		Directions: []telltale.Direction{telltale.Sent, telltale.Received},
		Trials:     3, MaxTrials: 12, Seed: 7, Window: 2 * time.Second, Listen: 3 * time.Second, Alpha: 0.01,
		Channel: []string{"relay.tom.test", "*.peers.test"}, Scope: []string{"a?.skype.tom.test"},
	}
	w.rec.App = telltale.App{
		Name: app, Version: "5.1.4", Platform: "linux/amd64", Vantage: "the lab network",
		Files: []telltale.AppFile{{Path: "client.dat", Size: 2048, Digest: telltale.DigestOf([]byte("client")), Harvest: true}},
	}
	w.rec.Coverage = []telltale.Coverage{
		{Sensor: "proxy", Sees: true, What: "HTTP and HTTPS that the app sends through the proxy, with all bytes"},
		{Sensor: "proxy", Sees: false, What: "traffic that goes round the proxy"},
		{Sensor: "proxy", Sees: false, What: "copies that leave later than the listening window"},
	}
	return w
}

func (w *world) keep(b []byte) telltale.Digest {
	d := telltale.DigestOf(b)
	w.blobs[d] = b
	return d
}

func (w *world) blob(d telltale.Digest) ([]byte, error) {
	if b, ok := w.blobs[d]; ok {
		return b, nil
	}
	return nil, fmt.Errorf("no blob %s", d)
}

func (w *world) input() report.Input {
	return report.Input{Record: &w.rec, Blob: w.blob, Seal: report.Seal{
		PublicKey: "telltale+1a2b3c4d+AVk0zq", CaseDir: "cases/" + w.rec.Scenario.Name, Entries: 1234,
		Checkpoint: "telltale case\n1234\nq6k0Jj3l1Bq=\n\n— telltale 1a2b3c4dQ==\n", Verified: "the case was whole, and the findings came out the same.",
	}}
}

func (w *world) stage(name string, done bool) {
	w.rec.Stages = append(w.rec.Stages, telltale.Stage{Name: name, At: w.now, Done: done})
}

func (w *world) tick(d time.Duration) { w.now = w.now.Add(d) }

// question is one probe to add.
type question struct {
	arm  telltale.Arm
	dir  telltale.Direction
	word string
	cell telltale.Cell
}

func (w *world) ask(q question) string {
	id := fmt.Sprintf("p%06d", len(w.rec.Probes)+1)
	c := telltale.NewCanary([]byte("key"), id)
	p := telltale.Probe{ID: id, Key: "k/" + id, Arm: q.arm, From: "alice", To: "bob", Direction: q.dir, Word: q.word, Text: q.word + " " + c.Latin + " " + c.CJK, Canary: c, Planned: w.now}
	r := telltale.Receipt{Probe: id, Typed: p.Text, Got: p.Text, Outcome: telltale.Delivered, Sent: w.now, Settled: w.now.Add(80 * time.Millisecond)}
	switch q.cell {
	case telltale.CellDropped, telltale.CellDroppedCopied:
		r.Outcome, r.Got = telltale.Dropped, ""
	case telltale.CellVoid:
		r.Outcome, r.Got, r.Reason = telltale.Void, "", "the input field could not be read back"
	}
	w.rec.Probes, w.rec.Receipts = append(w.rec.Probes, p), append(w.rec.Receipts, r)
	w.flow(telltale.Flow{Sensor: "proxy", Protocol: "tcp", Host: "relay.tom.test", Visibility: telltale.Opaque, BytesOut: 300})
	if q.cell == telltale.CellDroppedCopied || q.cell == telltale.CellDeliveredCopied {
		w.copyOf(&p)
	}
	w.cells[id] = q.cell
	w.tick(130 * time.Millisecond)
	return id
}

func (w *world) flow(f telltale.Flow) telltale.Flow {
	f.ID = fmt.Sprintf("f%06d", len(w.rec.Flows)+1)
	f.Start, f.End = w.now.Add(30*time.Millisecond), w.now.Add(50*time.Millisecond)
	w.rec.Flows = append(w.rec.Flows, f)
	return f
}

// copyOf sends the record of a probe to the collector, as the client would.
func (w *world) copyOf(p *telltale.Probe) {
	plain := []byte("alice\tbob\t" + p.Text + "\t3/4/2026 10:00:07 AM\t0")
	sealed := sealDES(plain)
	coded := []byte(hex.EncodeToString(sealed))
	request := []byte("GET /installer/agent/up?r=" + string(coded) + " HTTP/1.1\r\nHost: " + hostCopy + "\r\nUser-Agent: Mozilla/3.0 (compatible; Indy Library)\r\n\r\n")
	f := w.flow(telltale.Flow{
		Sensor: "proxy", Protocol: "http", Host: hostCopy, Port: 80, Visibility: telltale.Clear,
		Messages: []telltale.Message{{Leg: telltale.LegApp, Out: true, At: w.now.Add(40 * time.Millisecond), Size: int64(len(request)), Bytes: w.keep(request)}},
	})
	w.rec.Layers = append(w.rec.Layers, telltale.Layer{
		Flow: f.ID, Path: []string{"http", "query:r", "hex", "des-ecb"}, Score: 0.99, Key: hex.EncodeToString([]byte(desKey)), KeySource: "app-file:client.dat",
		Bytes: w.keep(plain), Steps: []telltale.Digest{w.keep(request), w.keep(request), w.keep(coded), w.keep(sealed)}, Probes: []string{p.ID},
	})
}

func sealDES(b []byte) []byte {
	c, err := des.NewCipher([]byte(desKey))
	if err != nil {
		panic(err)
	}
	out := append([]byte{}, b...)
	for len(out)%8 != 0 {
		out = append(out, 0)
	}
	for i := 0; i < len(out); i += 8 {
		c.Encrypt(out[i:i+8], out[i:i+8])
	}
	return out
}

func (w *world) list(path string, words []string) string {
	request := []byte("GET " + path + "?v=1 HTTP/1.1\r\nHost: " + hostList + "\r\n\r\n")
	body := []byte(strings.Join(words, "\n"))
	f := w.flow(telltale.Flow{
		Sensor: "proxy", Protocol: "http", Host: hostList, Port: 80, Visibility: telltale.Clear,
		Messages: []telltale.Message{{Leg: telltale.LegApp, Out: true, Bytes: w.keep(request)}, {Leg: telltale.LegApp, Bytes: w.keep([]byte("HTTP/1.1 200 OK\r\n\r\n......"))}},
	})
	w.rec.Layers = append(w.rec.Layers, telltale.Layer{Flow: f.ID, Message: 1, Path: []string{"http", "body", "aes-256-ecb", "lines"}, Score: 0.95, Key: hex.EncodeToString([]byte("0\x00s\x00r\x00 \x00T\x00M\x00#\x00R\x00")), KeySource: "app-file:client.dat", Bytes: w.keep(body), List: words})
	return f.ID
}

func (w *world) find(f telltale.Finding) {
	f.ID = fmt.Sprintf("F%02d", len(w.rec.Findings)+1)
	f.Version = telltale.Version
	if f.Verdict == "" {
		f.Verdict = telltale.Supported
	}
	if f.Method == "" {
		f.Method = "canary in decoded bytes, version 1"
	}
	f.Coverage = append(f.Coverage, "traffic that goes round the proxy")
	w.rec.Findings = append(w.rec.Findings, f)
}

// listened closes the run: everything up to now was watched.
func (w *world) listened(from time.Time) {
	w.tick(5 * time.Second)
	w.rec.Listening = append(w.rec.Listening, telltale.Span{From: from, To: w.now})
}

var (
	blocked = []string{"麒麟璇", "璇玑阁", "vornakel", "霓裳 羽衣曲"}
	copiedW = []string{"琉璃盏", "tarmiquo", "珊瑚礁石录"}
	harmles = []string{"苹果树", "自行车", "window", "早餐店", "雨伞架"}
)

// tom2011 is a client that blocks some words and copies others.
func tom2011() *world {
	w := newWorld("tom-2011")
	start := w.now
	w.rec.Scenario.Words = append(append(append([]string{}, blocked...), copiedW...), harmles...)
	w.stage("background", false)
	listFlow := w.list("/agent/keyfile", append(append([]string{"麒麟璇", "鸾凤台"}, blocked...), "苹果树", "夜明珠馆", "qualimonde"))
	w.list("/agent/keyfile_u", append(append([]string{}, copiedW...), "玛瑙河", "zephirall"))
	w.tick(3 * time.Second)
	w.stage("background", true)
	w.stage("contact", false)
	for i := range 8 {
		w.ask(question{telltale.ArmContact, direction(i), "早上好，今天天气不错", telltale.CellDelivered})
	}
	w.stage("contact", true)
	w.stage("screen", false)
	for block := range 3 {
		for i, word := range w.rec.Scenario.Words {
			for d := range 2 {
				cell := telltale.CellDelivered
				if i < len(blocked) {
					cell = telltale.CellDroppedCopied
				} else if i < len(blocked)+len(copiedW) {
					cell = telltale.CellDeliveredCopied
				}
				if block == 1 && i == 9 {
					cell = telltale.CellVoid
				}
				w.ask(question{telltale.ArmTreatment, direction(d), word, cell})
				w.ask(question{telltale.ArmControl, direction(d), "桌子腿", telltale.CellDelivered})
			}
		}
	}
	w.stage("screen", true)
	w.stage("isolate", false)
	for i, word := range append(append([]string{}, blocked...), copiedW...) {
		cell := telltale.CellDroppedCopied
		if i >= len(blocked) {
			cell = telltale.CellDeliveredCopied
		}
		w.isolate(word, cell)
	}
	w.stage("isolate", true)
	w.stage("expose", false)
	w.visit()
	w.stage("expose", true)
	w.state(listFlow)
	w.listened(start)
	return w
}

func direction(i int) telltale.Direction {
	if i%2 == 0 {
		return telltale.Sent
	}
	return telltale.Received
}

func (w *world) isolate(word string, cell telltale.Cell) {
	runes := []rune(word)
	line := func(claim, text string, reacts bool) telltale.Proof {
		c := telltale.CellDelivered
		if reacts {
			c = cell
		}
		return telltale.Proof{Claim: claim, Text: text, Reacts: reacts, Held: true, Probes: []string{
			w.ask(question{telltale.ArmIsolate, telltale.Sent, text, c}), w.ask(question{telltale.ArmIsolate, telltale.Sent, text, c}),
		}}
	}
	w.rec.Isolations = append(w.rec.Isolations, telltale.Isolation{
		Text: "今天" + word + "在哪里", Direction: telltale.Sent, Words: []string{word}, Cell: cell, Exact: true,
		Certificate: []telltale.Proof{
			line("“"+word+"” alone: reaction", word, true),
			line("without its first character: no reaction", string(runes[1:]), false),
			line("without its last character: no reaction", string(runes[:len(runes)-1]), false),
		},
	})
	w.find(telltale.Finding{
		Claim:     telltale.Claim{Kind: telltale.KindTrigger, Direction: telltale.Both, Words: []string{word}, Cell: cell},
		Statement: "The word “" + word + "” sets the client off.", Direct: true, Trials: telltale.Trials{Treated: 8, TreatedReacted: 8, Control: 8},
		Effect: &telltale.Effect{What: "share of messages that met a reaction, treatment − control", Size: 1, Low: 0.63, High: 1, P: 0.00008, Adjusted: 0.0011},
		Method: "minimal trigger with certificate, version 1",
	})
}

func (w *world) visit() {
	f := w.flow(telltale.Flow{Sensor: "expose", Protocol: "http", Host: hostCopy, Visibility: telltale.Clear, Messages: []telltale.Message{{Out: true}, {Bytes: w.keep([]byte(secret))}}})
	w.rec.Layers = append(w.rec.Layers, telltale.Layer{Flow: f.ID, Message: 1, Path: []string{"http", "body", "hex", "des-ecb"}, Bytes: w.keep([]byte(secret)), Steps: []telltale.Digest{w.keep([]byte(secret))}, Probes: []string{w.rec.Probes[8].ID}, Score: 1})
	w.rec.Visits = append(w.rec.Visits, telltale.Visit{
		Host: hostCopy, Base: "/installer/agent/", At: w.now, Requests: 14, Listing: true, Flows: []string{f.ID},
		Entries: []telltale.Entry{{Name: "key.txt", Kind: "key"}, {Name: "contentfilter20260301.log", Kind: "log"}, {Name: "contentfilter20260302.log", Kind: "log"}, {Name: "skypecallinfo20260302.log", Kind: "log"}, {Name: "warez/", Kind: "directory"}, {Name: "Uncle Bobs Holiday " + secret + ".avi", Kind: "stray"}, {Name: "x.torrent", Kind: "stray"}},
		Recovered: []telltale.Recovered{
			{
				Family: "messages", Files: 3, Listed: 3, Path: []string{"hex", "des-ecb"}, Key: hex.EncodeToString([]byte(desKey)), KeySource: "http:" + hostCopy + "/installer/agent/key.txt", Records: 1284, Unread: 2, Users: 212, Addresses: 187,
				FirstDay: "2026-03-01", LastDay: "2026-03-04", Scripts: map[string]int{"han": 1011, "latin": 190, "mixed": 83}, Outsiders: 57, Explained: 1197, Unexplained: 87, Own: 46,
				TopWords: []telltale.WordCount{{Word: "麒麟璇", Count: 341}, {Word: "琉璃盏", Count: 210}, {Word: "vornakel", Count: 97}}, Sample: []string{"l█████\tz███\t████████\t3/2/2026 4:1█:██ PM\t0"},
			},
			{Family: "calls", Files: 2, Listed: 4, Path: []string{"hex", "des-ecb"}, Records: 4120, Users: 890, Addresses: 701, Numbers: 322, FirstDay: "2026-02-20", LastDay: "2026-03-04"},
			{Family: "logins", Files: 2, Listed: 4, Records: 9377, Users: 1530, Addresses: 1288, FirstDay: "2026-02-20", LastDay: "2026-03-04"},
		},
		Notes: []string{"two more folders were listed and not opened: the budget of requests was used up"},
	})
}

func (w *world) state(listFlow string) {
	shares := &telltale.Effect{What: "share of messages copied, treatment − control", Size: 0.58, Low: 0.41, High: 0.72, P: 1e-9, Adjusted: 2e-8}
	for _, d := range []telltale.Direction{telltale.Sent, telltale.Received} {
		w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindCopy, Direction: d, Condition: telltale.OnWords}, Statement: "Messages " + string(d) + " with certain words are copied to somebody else.", Direct: true, Trials: telltale.Trials{Treated: 36, TreatedReacted: 21, Control: 36, Void: 1}, Effect: shares, Probes: []string{"p000009", "p000013"}, Flows: []string{"f000011"}, Digests: []telltale.Digest{w.rec.Layers[2].Bytes}})
		w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindSuppression, Direction: d, Condition: telltale.OnWords, Detail: "dropped"}, Statement: "Messages " + string(d) + " with certain words never arrive.", Trials: telltale.Trials{Treated: 36, TreatedReacted: 12, Control: 36}, Effect: &telltale.Effect{What: "share of messages dropped, treatment − control", Size: 0.33, Low: 0.16, High: 0.5, P: 4e-5, Adjusted: 3e-4}, Method: "exact permutation test within blocks, version 1"})
	}
	w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindDestination, Host: hostCopy, Detail: "http"}, Statement: "Copies go to " + hostCopy + " over HTTP.", Direct: true})
	for _, field := range []string{telltale.FieldSender, telltale.FieldRecipient, telltale.FieldTime} {
		w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindContent, Host: hostCopy, Detail: field}, Statement: "A copy also holds the " + field + ".", Direct: true})
	}
	for _, weak := range []string{telltale.WeakHTTP, telltale.WeakDES, telltale.WeakECB, telltale.WeakKeyInApp, telltale.WeakKeyBeside} {
		w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindWeak, Host: hostCopy, Detail: weak}, Statement: "Copies to " + hostCopy + " are badly protected: " + weak + ".", Direct: true})
	}
	for _, open := range []string{telltale.OpenListing, telltale.OpenKey, telltale.OpenRecords, telltale.OpenStrangers} {
		w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindExposure, Host: hostCopy, Detail: open}, Statement: "The place is open: " + open + ".", Direct: true})
	}
	w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindList, Host: hostList, Detail: "/agent/keyfile"}, Statement: "The client fetches a word list.", Direct: true, Flows: []string{listFlow}})
	w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindList, Host: hostList, Detail: "/agent/keyfile_u"}, Statement: "The client fetches a second word list.", Direct: true})
	w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindTargeting, Account: "carol"}, Verdict: telltale.Inconclusive, Needed: 12, Statement: "Whether carol is watched whatever she writes could not be settled."})
}

// clean is a client that does nothing but deliver.
func clean() *world {
	w := newWorld("clean")
	start := w.now
	w.rec.Scenario.Words = append(append([]string{}, blocked...), harmles...)
	w.stage("screen", false)
	for block := range 3 {
		for i, word := range w.rec.Scenario.Words {
			w.ask(question{telltale.ArmTreatment, direction(block + i), word, telltale.CellDelivered})
			w.ask(question{telltale.ArmControl, direction(block + i), "桌子腿", telltale.CellDelivered})
			w.flow(telltale.Flow{Sensor: "proxy", Protocol: "https", Host: "update.tom.test", Visibility: telltale.Opaque})
		}
	}
	w.stage("screen", true)
	w.listened(start)
	return w
}
