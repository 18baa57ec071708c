package bench_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.org/telltale"
)

// law is a rule of a platform's filter.
type law struct {
	// parts that must all be in a text; of "a|b" either.
	parts  []string
	listed bool
	whole  bool // whole words only
	exact  bool // letter case counts
	unless string
	behind bool // unless counts behind the first part only
	spared bool // the platform's exceptions are not for it
	place  string

	outcome telltale.Outcome
	swap    string // what parts become
	reply   string
	into    string
	ended   bool
	reader  bool
	copies  string // an account or, with a dot, a host
	goes    telltale.Direction
}

// platform is a messaging service with a filter, and the driver of it.
type platform struct {
	laws []law
	// excuse lets any message through.
	excuse string
	// free is a place without a filter.
	free   string
	places []string
	limit  int
	// footer is added to every message, cut is where long ones end.
	footer string
	cut    int
	// squeeze loses double blanks.
	squeeze bool
	// lose is the chance that a message is lost, void that it cannot be put.
	lose, void float64
	lag        time.Duration
	seed       uint64
	// meddle stands before a message, if set; a receipt ends it there.
	meddle func(n int, m telltale.Typing) *telltale.Receipt
	// absent is how many messages it takes until the witness misses one; 0
	// for never.
	absent int

	rng     *rand.Rand
	line    *world // the sensor that sees copies to hosts
	sent    []telltale.Typing
	pending []sighting
	late    []telltale.Receipt
	closes  int
	calls   int
}

type sighting struct {
	telltale.Sighting
	due time.Time
}

func platformAccounts() []telltale.Account {
	return append(accounts(), telltale.Account{Name: "watcher", Side: telltale.SideWitness})
}

func (p *platform) Describe(context.Context) (telltale.Description, error) {
	return telltale.Description{
		App: telltale.App{Name: "platform", Version: "1"}, Accounts: platformAccounts(), ReadBack: true, Places: p.places, Limit: p.limit,
	}, nil
}

func (p *platform) Close() error { p.closes++; return nil }

func (p *platform) Sightings(context.Context) ([]telltale.Sighting, error) {
	now := time.Now()
	if p.absent > 0 && p.calls%p.absent == 0 {
		p.pending = nil
		return nil, errors.New("the session of watcher has ended")
	}
	var out []telltale.Sighting
	p.pending = slices.DeleteFunc(p.pending, func(s sighting) bool {
		if s.due.After(now) {
			return false
		}
		out = append(out, s.Sighting)
		return true
	})
	return out, nil
}

func (p *platform) Late(context.Context) ([]telltale.Receipt, error) {
	late := p.late
	p.late = nil
	return late, nil
}

func (p *platform) Send(ctx context.Context, m telltale.Typing) (telltale.Receipt, error) {
	if p.rng == nil {
		p.rng = rand.New(rand.NewPCG(p.seed, 5))
	}
	p.calls++
	p.sent = append(p.sent, m)
	r := telltale.Receipt{Probe: m.Probe, Typed: m.Text, Sent: time.Now(), Outcome: telltale.Delivered}
	if p.meddle != nil {
		if other := p.meddle(p.calls, m); other != nil {
			other.Probe, other.Typed, other.Sent, other.Settled = m.Probe, m.Text, r.Sent, r.Sent
			return *other, ctx.Err()
		}
	}
	if p.rng.Float64() < p.void {
		r.Outcome, r.Reason, r.Settled = telltale.Void, "the connection broke", r.Sent
		return r, nil
	}
	p.judge(m, &r)
	took := pace
	switch {
	case p.rng.Float64() < p.lose:
		r = telltale.Receipt{Probe: r.Probe, Typed: r.Typed, Sent: r.Sent, Outcome: telltale.Dropped}
		took = m.Wait
	case r.Outcome == telltale.Dropped:
		r.Got, took = "", m.Wait
	case r.Outcome == telltale.Refused:
		r.Got = ""
	}
	pass(ctx, took)
	r.Settled = time.Now()
	return r, nil
}

// judge is the filter.
func (p *platform) judge(m telltale.Typing, r *telltale.Receipt) {
	text := m.Text
	for _, l := range p.laws {
		if !p.applies(l, m) || !l.fires(m.Text) {
			continue
		}
		if l.copies != "" {
			p.copy(l.copies, m)
		}
		r.Ended = r.Ended || l.ended
		if l.outcome == telltale.Delivered {
			continue // copies hide nothing
		}
		r.Outcome, r.Reason, r.Place, r.Reader = l.outcome, l.reply, l.into, l.reader
		if l.outcome == telltale.Altered {
			for i := range l.parts {
				text = l.pattern(i).ReplaceAllString(text, "${1}"+l.swap+"${2}")
			}
		}
		break
	}
	if p.squeeze {
		text = strings.Join(strings.Fields(text), " ")
	}
	if p.cut > 0 && len(text) > p.cut {
		text = strings.ToValidUTF8(text[:p.cut], "")
	}
	r.Got = text + p.footer
	if r.Outcome == telltale.Delivered && r.Got != m.Text {
		r.Outcome = telltale.Altered
	}
}

func (p *platform) applies(l law, m telltale.Typing) bool {
	excused := p.excuse != "" && strings.Contains(m.Text, p.excuse) && !l.spared
	free := p.free != "" && m.Place == p.free
	usual := m.Place
	if usual == "" && len(p.places) > 0 {
		usual = p.places[0]
	}
	goes := telltale.Sent
	if m.From == "b" {
		goes = telltale.Received
	}
	return !excused && !free && (l.place == "" || l.place == usual) && (l.goes == "" || l.goes == goes)
}

func (p *platform) copy(to string, m telltale.Typing) {
	if strings.Contains(to, ".") {
		p.line.lag = p.lag
		p.line.leave(m)
		return
	}
	body := []byte("From " + m.From + ": " + m.Text)
	p.pending = append(p.pending, sighting{telltale.Sighting{Account: to, Address: to + "@platform.test", From: m.From, At: time.Now().Add(p.lag), Body: body}, time.Now().Add(p.lag)})
}

// pattern matches part i.
func (l law) pattern(i int) *regexp.Regexp {
	var quoted []string
	for _, w := range strings.Split(l.parts[i], "|") {
		quoted = append(quoted, regexp.QuoteMeta(w))
	}
	expr := "()(?:" + strings.Join(quoted, "|") + ")()"
	if l.whole {
		expr = `(^|[^\pL\d_])(?:` + strings.Join(quoted, "|") + `)($|[^\pL\d_])`
	}
	if !l.exact {
		expr = "(?i)" + expr
	}
	return regexp.MustCompile(expr)
}

func (l law) fires(text string) bool {
	at, first := 0, -1
	for i := range l.parts {
		where := l.pattern(i).FindStringIndex(text[at:])
		if where == nil {
			return false
		}
		if first < 0 {
			first = at + where[1]
		}
		if l.listed {
			at = max(0, at+where[1]-1)
		}
	}
	rest := text
	if l.behind {
		rest = text[first:]
	}
	return l.unless == "" || !strings.Contains(rest, l.unless)
}

// vocabulary makes n decoys among which some words stand.
func vocabulary(seed uint64, n int, words ...string) []string {
	rng := rand.New(rand.NewPCG(seed, 99))
	used := map[string]bool{}
	out := slices.Clone(words)
	for len(out) < n+len(words) {
		w := decoy(rng)
		clash := used[w] || slices.ContainsFunc(words, func(o string) bool { return strings.Contains(o, w) || strings.Contains(w, o) })
		if !clash {
			used[w] = true
			out = append(out, w)
		}
	}
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func decoy(rng *rand.Rand) string {
	pick := func(from string, n int) (w string) {
		runes := []rune(from)
		for range n {
			w += string(runes[rng.IntN(len(runes))])
		}
		return w
	}
	switch x := rng.IntN(10); {
	case x < 7:
		w := ""
		for range 2 + rng.IntN(3) {
			w += pick("bdfgklmnprstvz", 1) + pick("aeiou", 1)
		}
		return w
	case x < 8:
		return pick("бвгджзклмн", 2) + pick("аеиоу", 1) + pick("прстфх", 1) + pick("аеиоу", 1)
	}
	return pick("人水火山石田土木林草花鸟鱼虫马牛羊门窗书画笔墨纸灯车船路桥", 2+rng.IntN(3))
}

// ruleLine writes a trigger's claim on one line.
func ruleLine(f telltale.Finding) string {
	c, r := f.Claim, f.Claim.Rule
	if r == nil {
		return c.Key()
	}
	parts := slices.Clone(r.Parts)
	for i := range r.Or {
		parts[i] = strings.Join(append([]string{parts[i]}, r.Or[i]...), "|")
	}
	if r.Order == telltale.OrderAny {
		slices.Sort(parts)
	}
	out := fmt.Sprintf("%s [%s] %s", strings.Join(parts, "+"), r.Order, c.Direction)
	if len(c.Without) > 0 {
		out += " unless " + strings.Join(c.Without, ",")
	}
	out += fmt.Sprintf(" (%s, %s) %s", r.Border, r.Case, r.Outcome)
	for _, s := range []string{r.Becomes, r.Into, r.Reply} {
		if s != "" {
			out += fmt.Sprintf(" %q", s)
		}
	}
	if r.Ended {
		out += " ended"
	}
	if r.Reader {
		out += " reader"
	}
	if len(r.Copies) > 0 {
		out += " → " + strings.Join(r.Copies, ",")
	}
	if len(r.Places)+len(r.Spared) > 0 {
		out += fmt.Sprintf(" in %s not %s", strings.Join(r.Places, ","), strings.Join(r.Spared, ","))
	}
	return out
}
