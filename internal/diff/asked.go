package diff

import (
	"fmt"
	"slices"
	"strings"

	"example.org/telltale"
)

// asked reports whether a case put the question that a claim of the other case
// answers, and got an answer. Only then does the claim's absence mean that it
// is not so.
func asked(r, other *telltale.Record, c telltale.Claim) bool {
	switch c.Kind {
	case telltale.KindTrigger, telltale.KindException:
		return eachDirection(c.Direction, func(d telltale.Direction) bool { return typed(r, d, c.Words, "") })
	case telltale.KindTargeting:
		return typed(r, "", nil, c.Account)
	case telltale.KindExposure:
		return slices.ContainsFunc(r.Visits, func(v telltale.Visit) bool { return v.Host == c.Host })
	case telltale.KindList:
		return watched(r)
	case telltale.KindCopy, telltale.KindSuppression:
		return provoked(r, other, c)
	default:
		// Where copies go and what is in them; or how a list is protected.
		return watched(r) && (listHost(other, c.Host) || allProvoked(r, other))
	}
}

// watched reports whether a case watched while something was typed.
func watched(r *telltale.Record) bool { return len(r.Listening) > 0 && typed(r, "", nil, "") }

func listHost(r *telltale.Record, host string) bool {
	return slices.ContainsFunc(r.Findings, func(f telltale.Finding) bool {
		return f.Claim.Kind == telltale.KindList && f.Claim.Host == host && supports(&f)
	})
}

// allProvoked asks for all that made the other case's app copy or hold back.
func allProvoked(r, other *telltale.Record) bool {
	for i := range other.Findings {
		f := &other.Findings[i]
		if (f.Claim.Kind == telltale.KindCopy || f.Claim.Kind == telltale.KindSuppression) && supports(f) && !provoked(r, other, f.Claim) {
			return false
		}
	}
	return true
}

// provoked reports whether a case typed all that made the other case's app
// copy or hold back in the way of a claim.
func provoked(r, other *telltale.Record, c telltale.Claim) bool {
	return eachDirection(c.Direction, func(d telltale.Direction) bool {
		switch c.Condition {
		case telltale.OnWords:
			return all(causes(other, d), func(words []string) bool { return typed(r, d, words, "") })
		case telltale.OnAccount:
			return all(accounts(other), func(account string) bool { return typed(r, d, nil, account) })
		}
		return typed(r, d, nil, "")
	})
}

func all[T any](list []T, holds func(T) bool) bool {
	return !slices.ContainsFunc(list, func(x T) bool { return !holds(x) })
}

// causes are the words that set a case's app off; every word it tried if
// none were found out.
func causes(r *telltale.Record, d telltale.Direction) [][]string {
	var found, tried [][]string
	for i := range r.Findings {
		c := &r.Findings[i].Claim
		if c.Kind == telltale.KindTrigger && supports(&r.Findings[i]) && (c.Direction == d || c.Direction == telltale.Both) {
			found = append(found, c.Words)
		}
	}
	if len(found) > 0 {
		return found
	}
	for _, w := range r.Scenario.Words {
		tried = append(tried, []string{w})
	}
	return tried
}

func accounts(r *telltale.Record) []string {
	var out []string
	for i := range r.Findings {
		if c := &r.Findings[i].Claim; c.Kind == telltale.KindTargeting && supports(&r.Findings[i]) {
			out = append(out, c.Account)
		}
	}
	return out
}

// eachDirection asks of a direction, and of both for both.
func eachDirection(d telltale.Direction, ask func(telltale.Direction) bool) bool {
	if d == telltale.Both {
		return ask(telltale.Sent) && ask(telltale.Received)
	}
	return ask(d)
}

// typed reports whether a message with all the words went in a direction,
// from or to an account, and its fate is known. Empty asks for any.
func typed(r *telltale.Record, d telltale.Direction, words []string, account string) bool {
	last := r.LastReceipts()
	return slices.ContainsFunc(r.Probes, func(p telltale.Probe) bool {
		receipt, ok := last[p.ID]
		return ok && receipt.Outcome != telltale.Void &&
			(d == "" || p.Direction == d) &&
			(account == "" || p.From == account || p.To == account) &&
			holdsAll(p.Text, words)
	})
}

func holdsAll(text string, words []string) bool {
	text = strings.ToLower(text)
	for _, w := range words {
		if !strings.Contains(text, strings.ToLower(w)) {
			return false
		}
	}
	return true
}

// unlike says what makes two cases hard to compare.
func unlike(a, b *telltale.Record) []string {
	out := []string{}
	say := func(differs bool, format string, args ...any) {
		if differs {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	say(a.App.Name != b.App.Name, "another app: %q, then %q", a.App.Name, b.App.Name)
	say(a.App.Platform != b.App.Platform, "another platform: %q, then %q", a.App.Platform, b.App.Platform)
	say(len(less(a.Scenario.Words, b.Scenario.Words)) > 0, "%d words were tested before and not after", len(less(a.Scenario.Words, b.Scenario.Words)))
	say(len(less(b.Scenario.Words, a.Scenario.Words)) > 0, "%d words were tested after and not before", len(less(b.Scenario.Words, a.Scenario.Words)))
	for _, d := range less(a.Scenario.Directions, b.Scenario.Directions) {
		say(true, "messages %s were tested before and not after", d)
	}
	for _, d := range less(b.Scenario.Directions, a.Scenario.Directions) {
		say(true, "messages %s were tested after and not before", d)
	}
	for _, s := range less(sensors(a), sensors(b)) {
		say(true, "the sensor %q watched before and not after", s)
	}
	for _, s := range less(sensors(b), sensors(a)) {
		say(true, "the sensor %q watched after and not before", s)
	}
	say(a.Scenario.Window != b.Scenario.Window, "copies were waited for %v, then %v", a.Scenario.Window, b.Scenario.Window)
	return out
}

// less lists what stands in a and not in b, each once.
func less[T comparable](a, b []T) []T {
	var out []T
	for _, x := range a {
		if !slices.Contains(b, x) && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

func sensors(r *telltale.Record) []string {
	var out []string
	for _, c := range r.Coverage {
		if c.Sees && !slices.Contains(out, c.Sensor) {
			out = append(out, c.Sensor)
		}
	}
	return out
}
