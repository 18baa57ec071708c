package truth

import (
	"net/url"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/weak"
)

// Reasons why a true claim may stay unfound.
const (
	whyNotTried = "no candidate text holds these words"
	whyNoCopy   = "only login records go there: nothing that the scenario types"
)

// claims lists what is true of a plan, in the order of an investigation.
func claims(plan profile.Plan) []Expected {
	b := &builder{plan: plan, seen: map[string]bool{}}
	b.behaviour()
	b.triggers()
	b.combinations()
	if plan.Profile.Watches {
		b.add(telltale.Claim{Kind: telltale.KindTargeting, Account: profile.Alice})
	}
	b.destination()
	b.collectors()
	b.lists()
	return b.out
}

type builder struct {
	plan profile.Plan
	out  []Expected
	seen map[string]bool
}

func (b *builder) add(c telltale.Claim) { b.put(Expected{Claim: c, Decidable: true}) }

// put adds a claim once; the first word on it counts.
func (b *builder) put(e Expected) {
	if key := e.Key(); !b.seen[key] {
		b.seen[key] = true
		b.out = append(b.out, e)
	}
}

// directions that the profile scans, one by one.
func (b *builder) directions() []telltale.Direction {
	switch b.plan.Profile.Scan {
	case "":
		return nil
	case telltale.Both:
		return []telltale.Direction{telltale.Sent, telltale.Received}
	}
	return []telltale.Direction{b.plan.Profile.Scan}
}

// behaviour: copies and suppression, per direction.
func (b *builder) behaviour() {
	p := b.plan.Profile
	for _, d := range b.directions() {
		switch {
		case p.Everything:
			b.add(telltale.Claim{Kind: telltale.KindCopy, Direction: d, Condition: telltale.Always})
		case p.Watches:
			b.add(telltale.Claim{Kind: telltale.KindCopy, Direction: d, Condition: telltale.OnAccount})
		case p.Uploads || p.Copies:
			b.add(telltale.Claim{Kind: telltale.KindCopy, Direction: d, Condition: telltale.OnWords})
		}
		if p.Blocks || p.Relay {
			b.add(telltale.Claim{Kind: telltale.KindSuppression, Direction: d, Condition: telltale.OnWords, Detail: string(telltale.Dropped)})
		}
	}
}

// triggers: every entry of every word list; decidable if a candidate holds it.
func (b *builder) triggers() {
	for _, list := range b.plan.Lists {
		if list.Use == profile.UseWatch {
			continue
		}
		cell := telltale.CellDelivered
		switch list.Use {
		case profile.UseDrop:
			cell = telltale.CellDropped
		case profile.UseDropCopy:
			cell = telltale.CellDroppedCopied
		case profile.UseCopy:
			cell = telltale.CellDeliveredCopied
		}
		for _, word := range list.Lines {
			b.trigger(telltale.Claim{Kind: telltale.KindTrigger, Words: []string{word}, Direction: b.plan.Profile.Scan, Cell: cell})
		}
	}
}

// combinations: the rules of the relay's operator.
func (b *builder) combinations() {
	for _, rule := range b.plan.Rules {
		b.trigger(telltale.Claim{
			Kind: telltale.KindTrigger, Words: rule.All, Without: rule.Unless, Direction: b.plan.Profile.Scan, Cell: telltale.CellDropped,
		})
	}
}

func (b *builder) trigger(c telltale.Claim) {
	e := Expected{Claim: c, Decidable: b.tried(c.Words, c.Without)}
	if !e.Decidable {
		e.Why = whyNotTried
	}
	b.put(e)
}

// tried reports whether some candidate holds all words and no exception, and,
// for each exception, some candidate holds it beside all words.
func (b *builder) tried(words, without []string) bool {
	reacts := false
	beside := map[string]bool{}
	for _, text := range b.plan.Words {
		if !(profile.Rule{All: words}).Hits(text) {
			continue
		}
		reacts = reacts || (profile.Rule{All: words, Unless: without}).Hits(text)
		for _, exception := range without {
			beside[exception] = beside[exception] || profile.Holds(text, exception)
		}
	}
	for _, exception := range without {
		reacts = reacts && beside[exception]
	}
	return reacts
}

// destination: where Alice's copies go, and what is in them.
func (b *builder) destination() {
	host := b.plan.CollectorHost(profile.Alice)
	if host == "" {
		return
	}
	scheme := "http"
	if b.plan.Profile.Everything {
		scheme = "https"
	}
	b.add(telltale.Claim{Kind: telltale.KindDestination, Host: host, Detail: scheme})
	for _, field := range []string{telltale.FieldSender, telltale.FieldRecipient, telltale.FieldTime} {
		b.add(telltale.Claim{Kind: telltale.KindContent, Host: host, Detail: field})
	}
}

// collectors: how badly uploads are protected, and what lies open. Carol
// types nothing that is copied; if another collector takes her login record,
// nobody has to find out about that one.
func (b *builder) collectors() {
	if !b.plan.Profile.Collects() {
		return
	}
	for _, account := range []string{profile.Alice, profile.Carol} {
		e := Expected{Decidable: account == profile.Alice}
		if !e.Decidable {
			e.Why = whyNoCopy
		}
		host := b.plan.CollectorHost(account)
		for _, detail := range []string{telltale.WeakHTTP, telltale.WeakDES, telltale.WeakECB, telltale.WeakKeyInApp, telltale.WeakKeyBeside} {
			e.Claim = telltale.Claim{Kind: telltale.KindWeak, Host: host, Detail: detail}
			b.put(e)
		}
		for _, detail := range []string{telltale.OpenListing, telltale.OpenKey, telltale.OpenRecords, telltale.OpenStrangers} {
			e.Claim = telltale.Claim{Kind: telltale.KindExposure, Host: host, Detail: detail}
			b.put(e)
		}
	}
}

// lists: each list that is fetched, and how badly it is protected.
func (b *builder) lists() {
	for _, list := range b.plan.Lists {
		host := hostOf(list.URL)
		b.add(telltale.Claim{Kind: telltale.KindList, Host: host, Detail: list.Path})
		details := []string{telltale.WeakHTTP, telltale.WeakECB, telltale.WeakKeyInApp}
		if list.Box.Scheme == weak.XORChain {
			details = []string{telltale.WeakHTTP, telltale.WeakXOR}
		}
		for _, detail := range details {
			b.add(telltale.Claim{Kind: telltale.KindWeak, Host: host, Detail: detail})
		}
	}
}

// hostOf is the host of one of the plan's own addresses.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return strings.TrimPrefix(address, "http://")
	}
	return u.Hostname()
}
