package attribute_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
)

// fate is what a world does with one message.
type fate struct {
	outcome telltale.Outcome
	// to is the host that gets a copy; empty for none.
	to string
	// hidden copies cannot be read: no layer, an opaque flow.
	hidden bool
	delay  time.Duration
}

// world is an app with all its surroundings, which yields records.
type world struct {
	name     string
	triggers []telltale.Isolation // Words, Without, Cell: what the world reacts to
	scan     telltale.Direction
	react    func(w *world, p telltale.Probe) fate
	path     []string
	scheme   string
	list     string // path of a fetched list
	listPath []string
	// quiet worlds have no background traffic.
	quiet  bool
	loss   float64
	trials int
	// visit is made if set: the collector is open.
	visit bool
	// proofs is how often each line of a certificate is asked; 0: no search.
	proofs int
	want   []string

	rng   *rand.Rand
	rec   *telltale.Record
	blobs map[telltale.Digest][]byte
	now   time.Time
}

const (
	relay     = "relay.chat.test"
	collector = "a3.spy.test"
	lister    = "tools.spy.test"
	stats     = "stats.app.test"
)

var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func candidates() []string {
	words := []string{"aarule bbrule", "xx kkword yy"}
	for i := range 16 {
		words = append(words, fmt.Sprintf("word%c%c", 'a'+i, 'p'-i))
	}
	return words
}

func (w *world) blob(d telltale.Digest) ([]byte, error) {
	if b, ok := w.blobs[d]; ok {
		return b, nil
	}
	return nil, errors.New("no such bytes")
}

func (w *world) keep(b string) telltale.Digest {
	d := telltale.DigestOf([]byte(b))
	w.blobs[d] = []byte(b)
	return d
}

// run plays the whole investigation.
func (w *world) run(seed uint64) *telltale.Record {
	w.rng = rand.New(rand.NewPCG(seed, 77))
	w.blobs, w.now = map[telltale.Digest][]byte{}, start
	if w.trials == 0 {
		w.trials = 3
	}
	w.rec = &telltale.Record{
		Scenario: telltale.Scenario{
			Name: w.name, Words: candidates(), Seed: seed, Window: 4 * time.Second, Alpha: 0.05,
			Channel: []string{relay}, Directions: []telltale.Direction{telltale.Sent, telltale.Received},
			Accounts: []telltale.Account{{Name: "alice", Side: telltale.SideApp}, {Name: "carol", Side: telltale.SideApp}, {Name: "bob", Side: telltale.SidePeer}},
		},
		Coverage: []telltale.Coverage{{Sensor: "proxy", Sees: false, What: "traffic that bypasses the proxy"}},
	}
	w.fetchList()
	w.contact()
	for block := range w.trials {
		w.screen(block)
	}
	w.isolate()
	w.background()
	w.visitCollector()
	w.rec.Listening = []telltale.Span{{From: start, To: w.now.Add(10 * time.Second)}}
	return w.rec
}

func (w *world) contact() {
	for i := range 6 {
		for _, account := range []string{"alice", "carol"} {
			for _, d := range w.rec.Scenario.Directions {
				w.ask(telltale.Probe{Arm: telltale.ArmContact, Block: "contact", Direction: d, Key: account}, fmt.Sprintf("good morning %d", i))
			}
		}
	}
}

func (w *world) screen(block int) {
	var probes []telltale.Probe
	for i, word := range w.rec.Scenario.Words {
		for _, d := range w.rec.Scenario.Directions {
			b := fmt.Sprintf("b%d", block)
			probes = append(probes,
				telltale.Probe{Arm: telltale.ArmTreatment, Block: b, Direction: d, Word: word, Key: "alice"},
				telltale.Probe{Arm: telltale.ArmControl, Block: b, Direction: d, Word: fmt.Sprintf("plain%d", 7*block+i), Key: "alice"})
		}
	}
	w.rng.Shuffle(len(probes), func(i, j int) { probes[i], probes[j] = probes[j], probes[i] })
	for _, p := range probes {
		w.ask(p, p.Word)
	}
}

// isolate writes the certificate of each trigger, found in one direction.
func (w *world) isolate() {
	if w.proofs == 0 {
		return
	}
	for _, trigger := range w.triggers {
		iso := trigger
		iso.Direction, iso.Text, iso.Exact = w.scan, strings.Join(trigger.Words, " x "), true
		if w.scan == telltale.Both {
			iso.Direction = []telltale.Direction{telltale.Sent, telltale.Received}[w.rng.IntN(2)]
		}
		iso.Certificate = append(iso.Certificate, w.prove(iso, iso.Text, true))
		for i, word := range trigger.Words {
			for _, cut := range []string{word[1:], word[:len(word)-1]} {
				words := slices.Clone(trigger.Words)
				words[i] = cut
				iso.Certificate = append(iso.Certificate, w.prove(iso, strings.Join(words, " x "), false))
			}
		}
		for _, exception := range trigger.Without {
			iso.Certificate = append(iso.Certificate, w.prove(iso, iso.Text+" "+exception, false))
		}
		w.rec.Isolations = append(w.rec.Isolations, iso)
	}
}

func (w *world) prove(iso telltale.Isolation, text string, reacts bool) telltale.Proof {
	proof := telltale.Proof{Claim: text, Text: text, Reacts: reacts, Held: true}
	for range w.proofs {
		id := w.ask(telltale.Probe{Arm: telltale.ArmIsolate, Block: "isolate", Direction: iso.Direction, Word: iso.Text, Key: "alice"}, text)
		proof.Probes = append(proof.Probes, id)
	}
	return proof
}

// ask types one message. The app's account is passed in Key.
func (w *world) ask(p telltale.Probe, body string) string {
	p.ID = fmt.Sprintf("p%06d", len(w.rec.Probes)+1)
	p.From, p.To = p.Key, "bob"
	if p.Direction == telltale.Received {
		p.From, p.To = p.To, p.From
	}
	p.Key = p.ID
	p.Canary = telltale.NewCanary([]byte("k"), p.ID)
	p.Text = body + " " + p.Canary.Latin + " " + p.Canary.CJK
	f := fate{outcome: telltale.Delivered}
	if w.react != nil {
		f = w.react(w, p)
	}
	if w.rng.Float64() < w.loss {
		f.outcome = telltale.Dropped
	}
	r := telltale.Receipt{Probe: p.ID, Typed: p.Text, Outcome: f.outcome, Sent: w.now}
	w.flow(telltale.Flow{Host: relay, Protocol: "tcp", Start: w.now, BytesOut: 300})
	if f.to != "" {
		w.copy(p, f)
	}
	wait := 80*time.Millisecond + time.Duration(w.rng.IntN(60))*time.Millisecond
	if f.outcome != telltale.Delivered {
		wait = 700 * time.Millisecond
	}
	if !w.quiet && w.rng.Float64() < 0.8 { // telemetry of mere sending
		w.flow(telltale.Flow{Host: stats, Protocol: "https", Visibility: telltale.Opaque, Start: w.now.Add(40 * time.Millisecond), BytesOut: int64(200 + w.rng.IntN(400))})
	}
	w.now = w.now.Add(wait)
	r.Settled = w.now
	w.rec.Probes, w.rec.Receipts = append(w.rec.Probes, p), append(w.rec.Receipts, r)
	return p.ID
}

func (w *world) flow(f telltale.Flow, messages ...telltale.Message) string {
	f.ID, f.Sensor = fmt.Sprintf("f%06d", len(w.rec.Flows)+1), "proxy"
	if f.Visibility == "" {
		f.Visibility = telltale.Clear
	}
	f.End, f.Messages = f.Start.Add(30*time.Millisecond), messages
	w.rec.Flows = append(w.rec.Flows, f)
	return f.ID
}

// copy uploads one record, as the historical clients did.
func (w *world) copy(p telltale.Probe, f fate) {
	at := w.now.Add(f.delay + 15*time.Millisecond)
	scheme := w.scheme
	if scheme == "" {
		scheme = "http"
	}
	if f.hidden {
		w.flow(telltale.Flow{Host: f.to, Protocol: "https", Visibility: telltale.Opaque, Start: at, BytesOut: 700})
		return
	}
	record := strings.Join([]string{p.From, p.To, p.Text, w.now.Format("1/2/2006 3:04:05 PM"), "0"}, "\t")
	whole := "GET /installer/agent/up?r=00112233 HTTP/1.1\r\nHost: " + f.to + "\r\n\r\n"
	id := w.flow(telltale.Flow{Host: f.to, Protocol: scheme, Start: at, BytesOut: 400},
		telltale.Message{Leg: telltale.LegApp, Out: true, At: at, Size: 400, Bytes: w.keep(whole)})
	w.rec.Layers = append(w.rec.Layers, telltale.Layer{
		Flow: id, Path: w.path, Score: 0.9, Key: "583773525571714c", KeySource: "app-file:client.dat",
		Bytes: w.keep(record), Steps: []telltale.Digest{w.keep(whole)}, Probes: []string{p.ID},
	})
}

func (w *world) fetchList() {
	w.answer("www.app.test", "/notes", []string{"http", "body"}, []string{"we", "fixed", "wordap"}[:2])
	if w.list == "" {
		return
	}
	lines := []string{"other", "thing"}
	for _, t := range w.triggers {
		lines = append(lines, t.Words...)
	}
	w.answer(lister, w.list, w.listPath, lines)
}

func (w *world) answer(host, path string, coats, lines []string) {
	request := w.keep("GET http://" + host + path + "?md5=nofile HTTP/1.1\r\nHost: x\r\n\r\n")
	id := w.flow(telltale.Flow{Host: host, Protocol: "http", Start: w.now},
		telltale.Message{Leg: telltale.LegApp, Out: true, At: w.now, Bytes: request},
		telltale.Message{Leg: telltale.LegApp, At: w.now, Bytes: w.keep("HTTP/1.1 200 OK")})
	l := telltale.Layer{Flow: id, Message: 1, Path: coats, List: lines, Bytes: w.keep(strings.Join(lines, "\n"))}
	if slices.Contains(coats, "aes-256-ecb") {
		l.Key, l.KeySource = strings.Repeat("30", 32), "app-file:client.dat"
	}
	w.rec.Layers = append(w.rec.Layers, l)
}

// background is what any app does: a periodic update check, and bursts.
func (w *world) background() {
	if w.quiet {
		return
	}
	for at := start; at.Before(w.now); at = at.Add(700 * time.Millisecond) {
		w.flow(telltale.Flow{Host: "update.app.test", Protocol: "http", Start: at, BytesOut: 180})
	}
	for at := start; at.Before(w.now); at = at.Add(time.Duration(w.rng.ExpFloat64() * float64(3*time.Second))) {
		for range 1 + w.rng.IntN(6) {
			w.flow(telltale.Flow{Host: "cdn.app.test", Protocol: "https", Visibility: telltale.Opaque, Start: at, BytesOut: int64(100 * w.rng.ExpFloat64())})
		}
	}
}

func (w *world) visitCollector() {
	if !w.visit {
		return
	}
	w.rec.Visits = []telltale.Visit{{
		Host: collector, Base: "/installer/agent/", Listing: true, Flows: []string{"f900000"},
		Entries:   []telltale.Entry{{Name: "key.txt", Kind: "key"}, {Name: "warez", Kind: "stray"}},
		Recovered: []telltale.Recovered{{Family: "messages", Records: 40, Own: 7, KeySource: "http:" + collector + "/installer/agent/key.txt"}},
	}}
}

// analyse observes and states; keys are the supported claims.
func analyse(w *world, rec *telltale.Record) (findings []telltale.Finding, keys []string) {
	findings = attribute.State(rec, attribute.Observe(rec, w.blob))
	for _, f := range findings {
		if f.Verdict == telltale.Supported {
			keys = append(keys, f.Claim.Key())
		}
	}
	slices.Sort(keys)
	return findings, keys
}

// hit reports whether a text sets off one of the world's triggers, in a
// direction that it scans.
func (w *world) hit(p telltale.Probe) (telltale.Isolation, bool) {
	if w.scan != telltale.Both && w.scan != p.Direction {
		return telltale.Isolation{}, false
	}
	for _, t := range w.triggers {
		holds := func(word string) bool { return strings.Contains(p.Text, word) }
		if !slices.ContainsFunc(t.Words, func(s string) bool { return !holds(s) }) && !slices.ContainsFunc(t.Without, holds) {
			return t, true
		}
	}
	return telltale.Isolation{}, false
}
