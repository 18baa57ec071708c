package report

import "example.org/telltale"

// brief answers who, what, where and how sure, in a sentence or two each, for
// readers who know nothing of the matter.
func (x *index) brief(tone Tone, t tally) []Fact {
	return []Fact{
		{x.Say("brief.who"), x.who()},
		{x.Say("brief.what"), x.what(tone, t)},
		{x.Say("brief.where"), x.where(tone)},
		{x.Say("brief.sure"), x.howSure(tone, t)},
	}
}

func (x *index) who() string {
	from, _ := x.extent()
	day := ""
	if !from.IsZero() {
		day = from.UTC().Format("2006-01-02")
	}
	app := x.app()
	switch {
	case day == "":
		return x.Say("who.untested", "app", x.appName())
	case app.Vantage != "":
		return x.Say("who.from", "app", x.appName(), "day", day, "vantage", short(app.Vantage, 80))
	}
	return x.Say("who.app", "app", x.appName(), "day", day)
}

func (x *index) what(tone Tone, t tally) string {
	switch tone {
	case ToneQuiet:
		return x.Say("what.quiet", "messages", x.Count("messages", t.valid), "texts", x.Count("texts", len(x.rec.Scenario.Words)))
	case ToneOpen:
		return x.Say("what.open", "messages", x.Count("messages", t.typed), "valid", x.Number(t.valid))
	default:
		return x.whatFound()
	}
}

// whatFound is the brief form of what it does and which words set it off.
func (x *index) whatFound() string {
	for _, c := range []telltale.Condition{telltale.Always, telltale.OnAccount} {
		d := x.directions(c, telltale.KindCopy)
		if d != "" && c == telltale.Always {
			return x.Say("what.always", "yours", x.yours(d))
		}
		if d != "" {
			return x.Say("what.accounts", "yours", x.yours(d), "accounts", x.ListMore(x.targets(), 3))
		}
	}
	d := x.directions(telltale.OnWords, telltale.KindCopy, telltale.KindSuppression)
	if d == "" {
		return x.whatItDoes()
	}
	does := x.reaction()
	n := len(x.supported(telltale.KindTrigger))
	looks := x.Say("what.looks", "yours", x.yours(d))
	if x.onTheWay() {
		looks = x.Say("what.looked", "yours", x.yours(d))
	}
	if n == 0 {
		return x.Say("what.no-words-"+does, "looks", looks)
	}
	return x.Count("what.words-"+does, n, "looks", looks)
}

// reaction is what becomes of messages with the words, as the end of a key:
// "some" where of several words only some lead to copies.
func (x *index) reaction() string {
	copies, kept := len(x.supported(telltale.KindCopy)) > 0, len(x.supported(telltale.KindSuppression)) > 0
	if !copies {
		return "keeps"
	}
	for _, f := range x.supported(telltale.KindTrigger) {
		if f.Claim.Cell == telltale.CellDropped {
			return "some"
		}
	}
	if kept {
		return "both"
	}
	return "copies"
}

func (x *index) where(tone Tone) string {
	hosts := x.destinations()
	switch {
	case tone != ToneAlarm && len(x.otherHosts()) == 0:
		return x.Say("where.own-way")
	case tone != ToneAlarm:
		return x.Count("where.nowhere", len(x.otherHosts()))
	case len(hosts) == 0:
		return x.briefNowhere()
	case x.byOthers():
		return x.Say("where.accounts", "hosts", x.ListMore(shortAll(hosts, 40), 2))
	}
	return x.Say("to."+x.readableBy(hosts), "hosts", x.ListMore(shortAll(hosts, 40), 2))
}

// briefNowhere is where for findings without a place where copies go.
func (x *index) briefNowhere() string {
	if s := x.noDestination(); s != "" {
		return s
	}
	return x.Say("where.none")
}

// otherHosts are the hosts besides the message's own way that the app spoke to.
func (x *index) otherHosts() map[string]bool {
	out := map[string]bool{}
	for i := range x.rec.Flows {
		if f := &x.rec.Flows[i]; !x.own(f) && f.Sensor != exposeSensor && f.Host != "" && f.Protocol != protocolDNS {
			out[f.Host] = true
		}
	}
	return out
}

// protocolDNS is the protocol of name lookups, which are not traffic with the
// host that is looked up.
const protocolDNS = "dns"

func (x *index) howSure(tone Tone, t tally) string {
	switch {
	case tone == ToneQuiet:
		return x.Count("how.quiet", x.blindSpots())
	case tone == ToneOpen && x.needed() > 0:
		return x.Count("how.open-needed", x.needed())
	case tone == ToneOpen:
		return x.Say("how.open")
	case x.anyDirect(telltale.KindCopy) && t.copied > 0:
		return x.Count("how.seen", t.copied, "harmless", x.howHarmless(t))
	}
	return x.Say("how.counted", "alpha", percent(x.rec.Scenario.Alpha), "harmless", x.howHarmless(t))
}

// howHarmless tells of the harmless messages, where they are to differ.
func (x *index) howHarmless(t tally) string {
	if t.harmless == 0 || x.directions(telltale.Always, telltale.KindCopy) != "" || x.directions(telltale.OnAccount, telltale.KindCopy) != "" {
		return ""
	}
	return x.Count("how.harmless", t.harmless, "none", x.none(t.harmlessReacted))
}

func (x *index) blindSpots() int {
	n := 0
	for _, c := range x.rec.Coverage {
		if !c.Sees {
			n++
		}
	}
	return n
}
