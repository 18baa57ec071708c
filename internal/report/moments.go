package report

import (
	"math"
	"slices"
	"strconv"
	"time"

	"example.org/telltale"
)

// mostMoments bounds the copies in the time line of one message.
const mostMoments = 6

// Moment is one event in the life of a message. Class is "sent", "copy",
// "delivered" or "kept".
type Moment struct {
	At, Class, What string
	// Place in percent of the time drawn.
	Place string
}

// moments tells one message in time: typed, copied, arrived or not.
func (x *index) moments(p *telltale.Probe) []Moment {
	r, ok := x.last[p.ID]
	if !ok || r.Sent.IsZero() {
		return nil
	}
	type event struct {
		at          time.Time
		class, what string
	}
	events := []event{{r.Sent, "sent", x.Say("moment.sent")}}
	for _, c := range x.copies[p.ID] {
		if len(events) <= mostMoments && !c.at.IsZero() {
			events = append(events, event{c.at, "copy", x.Say("moment.copy", "host", short(c.flow.Host, 60))})
		}
	}
	switch cell := telltale.CellOf(r.Outcome, false); {
	case cell == telltale.CellDelivered:
		events = append(events, event{r.Settled, "delivered", x.Say("moment.delivered")})
	case r.Outcome == telltale.Altered:
		events = append(events, event{r.Settled, "kept", x.Say("moment.altered")})
	case cell == telltale.CellDropped:
		events = append(events, event{r.Settled, "kept", x.Say("moment.kept")})
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	from, all := events[0].at, events[len(events)-1].at.Sub(events[0].at)
	var out []Moment
	for _, e := range events {
		place := 0.0
		if all > 0 {
			place = float64(e.at.Sub(from)) / float64(all)
		}
		out = append(out, Moment{At: offset(e.at.Sub(r.Sent)), Class: e.class, What: e.what, Place: percentage(2 + 96*place)})
	}
	return out
}

// offset is a time before or after, in milliseconds.
func offset(d time.Duration) string {
	ms := d.Round(time.Millisecond/10).Seconds() * 1000
	return strconv.FormatFloat(math.Round(ms*10)/10, 'f', -1, 64) + " ms"
}
