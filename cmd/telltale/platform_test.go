package main

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"example.org/telltale"
)

// platformRules are a filter of mod_firewall. What stands first decides.
const platformRules = `
%LIST words: memory:

::preroute

KIND: message
INSPECT: body#/=jumble sale
PASS.

KIND: message
INSPECT: body#/=gooseberry
BOUNCE=policy-violation (Not on this server.)

KIND: message
INSPECT: body#/=copper
INSPECT: body#/=lantern
DROP.

KIND: message
INSPECT: body#/=teasel
COPY=warden@example.test

KIND: message
INSPECT: body#/=whimbrel
STRIP=body
INJECT=<body>(taken out)</body>
`

// platformWords are the candidates: the filter's words, and others that it
// does not know.
const platformWords = `anchor barley gooseberry canvas dahlia easel copper fennel gravel hazel iris lantern kettle
ladder mortar nettle osprey pebble teasel quiver radish saddle thimble upland whimbrel velvet walnut yarrow zinnia
acorn bellows cinder drizzle ember flannel gutter hollow inkwell jacket`

// platformFate is what the filter does with a text.
func platformFate(text string) telltale.Outcome {
	has := func(w string) bool { return strings.Contains(text, w) }
	switch {
	case has("jumble sale"):
		return telltale.Delivered
	case has("gooseberry"):
		return telltale.Refused
	case has("copper") && has("lantern"):
		return telltale.Dropped
	case has("whimbrel"):
		return telltale.Altered
	}
	return telltale.Delivered
}

// truth is what the rules above come to, seen from outside. Suppression and
// copying are claimed of the direction that was surveyed: in the other one the
// rules found are only tried.
func (p *platform) truth() []string {
	if p.clean {
		return nil
	}
	goes := telltale.Sent
	if strings.Contains(p.directions, "received") {
		goes = telltale.Both
	}
	trigger := func(cell telltale.Cell, r telltale.Rule) telltale.Claim {
		r.Border, r.Case = telltale.BorderNone, telltale.CaseKept
		return telltale.Claim{Kind: telltale.KindTrigger, Direction: goes, Words: r.Parts, Cell: cell, Rule: &r}
	}
	const warden = "warden@example.test"
	claims := []telltale.Claim{
		trigger(telltale.CellDropped, telltale.Rule{Parts: []string{"gooseberry"}, Outcome: telltale.Refused}),
		trigger(telltale.CellDropped, telltale.Rule{Parts: []string{"copper", "lantern"}, Order: telltale.OrderAny, Outcome: telltale.Dropped}),
		trigger(telltale.CellDeliveredCopied, telltale.Rule{Parts: []string{"teasel"}, Outcome: telltale.Delivered, Copies: []string{warden}}),
		trigger(telltale.CellDropped, telltale.Rule{Parts: []string{"whimbrel"}, Outcome: telltale.Altered, Becomes: "(taken out)"}),
		{Kind: telltale.KindException, Direction: telltale.Sent, Words: []string{"jumble sale"}},
		{Kind: telltale.KindCopy, Direction: telltale.Sent, Condition: telltale.OnWords},
		{Kind: telltale.KindDestination, Host: warden, Detail: "account"},
	}
	for _, kept := range []telltale.Outcome{telltale.Refused, telltale.Dropped, telltale.Altered} {
		claims = append(claims, telltale.Claim{Kind: telltale.KindSuppression, Direction: telltale.Sent, Condition: telltale.OnWords, Detail: string(kept)})
	}
	var out []string
	for _, c := range claims {
		out = append(out, c.Key())
	}
	slices.Sort(out)
	return out
}

func TestAuditOfARealServer(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, platformRules, "sent, received")
	p.check(p.begin())
}

// TestKillingTelltaleOnARealServer kills the audit itself in the middle of its
// survey.
func TestKillingTelltaleOnARealServer(t *testing.T) {
	t.Parallel()
	skipShort(t)
	p := newPlatform(t, platformRules, "sent")
	kills := []int{20, 50, 80}
	killed := p.begin()
	for _, probes := range kills {
		p.await(killed, `"type":"probe"`, probes)
		if err := killed.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		<-killed.done
		p.verify()
		killed = p.resume()
	}
	p.typedOnce(p.check(killed), len(kills))
}

// TestAnOutageIsNoResult kills the server in the middle of a survey, and
// starts it again when the audit has noticed.
func TestAnOutageIsNoResult(t *testing.T) {
	t.Parallel()
	skipShort(t)
	p := newPlatform(t, platformRules, "sent")
	const void = `"outcome":"void"`
	r := p.begin()
	for _, probes := range []int{30, 75} {
		p.await(r, `"type":"probe"`, probes)
		if err := p.server.Crash(); err != nil {
			t.Fatal(err)
		}
		p.await(r, void, p.count(void)+3)
		if err := p.server.Again(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	p.check(r)
}

// TestNothingIsFoundOnAServerWithoutRules puts the same words where none of
// them means anything.
func TestNothingIsFoundOnAServerWithoutRules(t *testing.T) {
	t.Parallel()
	skipShort(t)
	p := newPlatform(t, "", "sent")
	p.check(p.begin())
}

func skipShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: one audit of a real server is enough")
	}
}
