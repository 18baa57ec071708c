package attribute_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
)

func trigger(cell telltale.Cell, words ...string) telltale.Isolation {
	return telltale.Isolation{Words: words, Cell: cell}
}

// byCell reacts as the cell of the trigger says.
func byCell(w *world, p telltale.Probe) fate {
	f := fate{outcome: telltale.Delivered}
	t, ok := w.hit(p)
	if !ok {
		return f
	}
	if t.Cell != telltale.CellDeliveredCopied {
		f.outcome = telltale.Dropped
	}
	if t.Cell != telltale.CellDropped {
		f.to = collector
	}
	return f
}

func claim(kind telltale.Kind, set func(*telltale.Claim)) string {
	c := telltale.Claim{Kind: kind}
	set(&c)
	return c.Key()
}

func copyKey(d telltale.Direction, c telltale.Condition) string {
	return claim(telltale.KindCopy, func(k *telltale.Claim) { k.Direction, k.Condition = d, c })
}

func dropKey(d telltale.Direction) string {
	return claim(telltale.KindSuppression, func(k *telltale.Claim) { k.Direction, k.Condition, k.Detail = d, telltale.OnWords, "dropped" })
}

func wordKey(d telltale.Direction, cell telltale.Cell, words ...string) string {
	return claim(telltale.KindTrigger, func(k *telltale.Claim) { k.Direction, k.Cell, k.Words = d, cell, words })
}

func hostKeys(kind telltale.Kind, host string, details ...string) []string {
	var out []string
	for _, detail := range details {
		out = append(out, claim(kind, func(k *telltale.Claim) { k.Host, k.Detail = host, detail }))
	}
	return out
}

// uploads are the claims about a collector that takes DES records over HTTP.
func uploads(open bool) []string {
	out := slices.Concat(hostKeys(telltale.KindDestination, collector, "http"),
		hostKeys(telltale.KindContent, collector, "sender", "recipient", "time"),
		hostKeys(telltale.KindWeak, collector, "plain-http", "des", "ecb", "key-in-app"))
	if open {
		out = slices.Concat(out, hostKeys(telltale.KindWeak, collector, "key-beside-data"),
			hostKeys(telltale.KindExposure, collector, "listing", "key", "third-party-records", "strangers-files"))
	}
	return out
}

var desPath = []string{"http", "query:r", "hex", "des-ecb", "gb18030"}

// zoo returns worlds that spy in known ways, each with what must be found.
func zoo() []*world {
	return slices.Concat(droppers(), []*world{copier(), watcher(), eager(), sampler(), relayRules(), hidden(), noisyClean()})
}

func droppers() []*world {
	return []*world{{
		name: "dropped, received only", scan: telltale.Received, react: byCell, proofs: 3,
		triggers: []telltale.Isolation{trigger(telltale.CellDropped, "kkword"), trigger(telltale.CellDropped, "aarule bbrule"), trigger(telltale.CellDropped, "wordap")},
		list:     "/agent/newkeyfile/keyfile", listPath: []string{"http", "body", "xor-chain", "lines"},
		want: slices.Concat([]string{
			dropKey(telltale.Received), wordKey(telltale.Received, telltale.CellDropped, "kkword"),
			wordKey(telltale.Received, telltale.CellDropped, "aarule bbrule"), wordKey(telltale.Received, telltale.CellDropped, "wordap"),
		}, hostKeys(telltale.KindList, lister, "/agent/newkeyfile/keyfile"), hostKeys(telltale.KindWeak, lister, "plain-http", "xor")),
	}, {
		name: "dropped and copied", scan: telltale.Both, react: byCell, proofs: 3, path: desPath, visit: true,
		triggers: []telltale.Isolation{trigger(telltale.CellDroppedCopied, "kkword"), trigger(telltale.CellDroppedCopied, "wordbo")},
		want: slices.Concat([]string{
			copyKey(telltale.Sent, telltale.OnWords), copyKey(telltale.Received, telltale.OnWords), dropKey(telltale.Sent), dropKey(telltale.Received),
			wordKey(telltale.Both, telltale.CellDroppedCopied, "kkword"), wordKey(telltale.Both, telltale.CellDroppedCopied, "wordbo"),
		}, uploads(true)),
	}}
}

func copier() *world {
	return &world{
		name: "delivered and copied", scan: telltale.Both, react: byCell, proofs: 3, path: desPath,
		triggers: []telltale.Isolation{trigger(telltale.CellDeliveredCopied, "kkword"), trigger(telltale.CellDroppedCopied, "wordcn")},
		list:     "/agent/keyfile_u", listPath: []string{"http", "body", "aes-256-ecb", "lines"},
		want: slices.Concat([]string{
			copyKey(telltale.Sent, telltale.OnWords), copyKey(telltale.Received, telltale.OnWords), dropKey(telltale.Sent), dropKey(telltale.Received),
			wordKey(telltale.Both, telltale.CellDeliveredCopied, "kkword"), wordKey(telltale.Both, telltale.CellDroppedCopied, "wordcn"),
		}, uploads(false), hostKeys(telltale.KindList, lister, "/agent/keyfile_u"), hostKeys(telltale.KindWeak, lister, "plain-http", "ecb", "key-in-app")),
	}
}

func watcher() *world {
	return &world{
		name: "watched account", path: desPath, loss: 0.01,
		react: func(_ *world, p telltale.Probe) fate {
			if p.From == "alice" || p.To == "alice" {
				return fate{outcome: telltale.Delivered, to: collector}
			}
			return fate{outcome: telltale.Delivered}
		},
		want: slices.Concat([]string{
			copyKey(telltale.Sent, telltale.OnAccount), copyKey(telltale.Received, telltale.OnAccount),
			claim(telltale.KindTargeting, func(c *telltale.Claim) { c.Account = "alice" }),
		}, uploads(false)),
	}
}

func eager() *world {
	return &world{
		name: "always", scheme: "https", path: []string{"http", "body", "json:text"},
		react: func(_ *world, _ telltale.Probe) fate {
			return fate{outcome: telltale.Delivered, to: collector}
		},
		want: slices.Concat([]string{copyKey(telltale.Sent, telltale.Always), copyKey(telltale.Received, telltale.Always)},
			hostKeys(telltale.KindDestination, collector, "https"), hostKeys(telltale.KindContent, collector, "sender", "recipient", "time"),
			hostKeys(telltale.KindWeak, collector, "key-in-app")), // the generator's records all have a key
	}
}

func sampler() *world {
	return &world{
		name: "sampled one in three", scan: telltale.Both, proofs: 24, trials: 20, path: desPath,
		triggers: []telltale.Isolation{trigger(telltale.CellDeliveredCopied, "kkword"), trigger(telltale.CellDeliveredCopied, "wordcn")},
		react: func(w *world, p telltale.Probe) fate {
			f := byCell(w, p)
			f.delay = time.Duration(w.rng.IntN(3900)) * time.Millisecond
			if w.rng.IntN(3) > 0 {
				f.to = ""
			}
			return f
		},
		want: slices.Concat([]string{
			copyKey(telltale.Sent, telltale.OnWords), copyKey(telltale.Received, telltale.OnWords),
			wordKey(telltale.Both, telltale.CellDeliveredCopied, "kkword"), wordKey(telltale.Both, telltale.CellDeliveredCopied, "wordcn"),
		}, uploads(false)),
	}
}

func relayRules() *world {
	rule := trigger(telltale.CellDropped, "aarule", "bbrule")
	rule.Without = []string{"zzrule"}
	return &world{
		name: "server-side combination with exception", scan: telltale.Both, react: byCell, proofs: 3,
		triggers: []telltale.Isolation{rule},
		want: []string{dropKey(telltale.Sent), dropKey(telltale.Received), claim(telltale.KindTrigger, func(c *telltale.Claim) {
			c.Direction, c.Cell, c.Words, c.Without = telltale.Both, telltale.CellDropped, []string{"aarule", "bbrule"}, []string{"zzrule"}
		})},
	}
}

func hidden() *world {
	return &world{
		name: "copies that cannot be read", scan: telltale.Sent,
		triggers: []telltale.Isolation{
			trigger(telltale.CellDeliveredCopied, "kkword"), trigger(telltale.CellDeliveredCopied, "wordcn"), trigger(telltale.CellDeliveredCopied, "wordap"),
			trigger(telltale.CellDeliveredCopied, "wordbo"), trigger(telltale.CellDeliveredCopied, "aarule bbrule"),
		},
		react: func(w *world, p telltale.Probe) fate {
			f := byCell(w, p)
			f.hidden = true
			return f
		},
		want: append(hostKeys(telltale.KindDestination, collector, "https"), copyKey(telltale.Sent, telltale.OnWords)),
	}
}

func noisyClean() *world { return &world{name: "clean and noisy", loss: 0.01} }

func TestZoo(t *testing.T) {
	t.Parallel()
	seeds := uint64(50)
	if testing.Short() {
		seeds = 10
	}
	for _, w := range zoo() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			slices.Sort(w.want)
			for seed := range seeds {
				findings, keys := analyse(w, w.run(seed))
				if diff := cmp.Diff(w.want, keys); diff != "" {
					t.Fatalf("seed %d: claims (-want +got)\n%s", seed, diff)
				}
				checkForm(t, findings)
			}
		})
	}
}

// checkForm checks what every finding owes its reader.
func checkForm(t *testing.T, findings []telltale.Finding) {
	t.Helper()
	for _, f := range findings {
		if f.ID == "" || f.Statement == "" || f.Method == "" || f.Version == "" || len(f.Coverage) == 0 {
			t.Errorf("incomplete: %+v", f)
		}
		for _, method := range attribute.MethodsOf(f) {
			if !slices.Contains(attribute.Methods(), method) {
				t.Errorf("%s: the method %q is not among those that a plan names", f.ID, method)
			}
		}
		if len(f.Probes) > 20 || len(f.Flows) > 20 || len(f.Digests) > 20 {
			t.Errorf("%s: evidence not bounded", f.ID)
		}
		if f.Verdict == telltale.Inconclusive && f.Needed == 0 {
			t.Errorf("%s %q is inconclusive, but not how many trials would decide it", f.ID, f.Statement)
		}
		if e := f.Effect; e != nil && (e.Low > e.Size || e.High < e.Size) {
			t.Errorf("%s: effect %+v lies outside its interval", f.ID, e)
		}
	}
}

func TestOrderOfRecordingDoesNotMatter(t *testing.T) {
	t.Parallel()
	for _, w := range zoo() {
		rec := w.run(3)
		before, _ := analyse(w, rec)
		w.rng.Shuffle(len(rec.Probes), func(i, j int) { rec.Probes[i], rec.Probes[j] = rec.Probes[j], rec.Probes[i] })
		w.rng.Shuffle(len(rec.Flows), func(i, j int) { rec.Flows[i], rec.Flows[j] = rec.Flows[j], rec.Flows[i] })
		w.rng.Shuffle(len(rec.Layers), func(i, j int) { rec.Layers[i], rec.Layers[j] = rec.Layers[j], rec.Layers[i] })
		w.rng.Shuffle(len(rec.Receipts), func(i, j int) { rec.Receipts[i], rec.Receipts[j] = rec.Receipts[j], rec.Receipts[i] })
		after, _ := analyse(w, rec)
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s: findings change with the order (-before +after)\n%s", w.name, diff)
		}
	}
}

func TestReactionRateOfASampler(t *testing.T) {
	t.Parallel()
	w := sampler()
	low, high := attribute.ReactionRate(w.run(1))
	if low > 1.0/3 || high < 1.0/3 || high-low > 0.25 {
		t.Errorf("rate between %.2f and %.2f, want a short interval round 1/3", low, high)
	}
	if n := attribute.RepeatsFor(1.0/3, 0.01); n != 12 {
		t.Errorf("RepeatsFor(1/3, 0.01) = %d, want 12", n)
	}
	low, high = attribute.ReactionRate(copier().run(1))
	if low < 0.7 || high != 1 {
		t.Errorf("an app that copies every match: rate between %.2f and %.2f", low, high)
	}
}
