package report

import (
	"math"
	"strconv"

	"example.org/telltale"
)

// mostEffects bounds the plot of effects.
const mostEffects = 60

// Effects are all effects on one axis.
type Effects struct {
	// Rows in the order of the findings; the finding is named by its id.
	Rows []EffectRow
	More Count
	// Ticks of the axis, nought among them; Zero is its place in percent.
	Ticks []Tick
	Zero  string
}

// EffectRow is one interval. Places are percent of the axis, ready to print.
type EffectRow struct {
	Finding, Statement string
	Verdict            telltale.Verdict
	Stands             string
	Interval           *Interval
	Low, Wide, Dot     string
	// Unsure is true for an interval that holds nought.
	Unsure bool
}

// Tick is a labelled place of an axis.
type Tick struct {
	At, Label string
	Zero      bool
}

// effects gathers the supported and inconclusive effects on one axis.
func (x *index) effects(findings []Finding) Effects {
	var out Effects
	low, high := 0.0, 0.0
	for i := range findings {
		f := &findings[i]
		if f.Effect == nil || f.Verdict == telltale.NotSupported {
			continue
		}
		if len(out.Rows) == mostEffects {
			out.More++
			continue
		}
		e := f.Effect
		low, high = min(low, e.Low, e.High, e.Size), max(high, e.Low, e.High, e.Size)
		out.Rows = append(out.Rows, EffectRow{
			Finding: f.ID, Statement: f.Statement, Verdict: f.Verdict, Stands: f.Stands, Interval: e,
			Unsure: math.Min(e.Low, e.High) <= 0 && math.Max(e.Low, e.High) >= 0,
		})
	}
	a := axisOf(low, high)
	for i := range out.Rows {
		r := &out.Rows[i]
		from, to := math.Min(r.Interval.Low, r.Interval.High), math.Max(r.Interval.Low, r.Interval.High)
		r.Low, r.Dot = a.at(from), a.at(r.Interval.Size)
		r.Wide = percentage(math.Max(a.share(to)-a.share(from), 0.3))
	}
	out.Ticks, out.Zero = a.ticks(), a.at(0)
	return out
}

// axis is a range of numbers with nought in it.
type axis struct{ low, high, step float64 }

// axisOf widens a range to whole steps; shares get an axis to 1 or -1 to 1.
func axisOf(low, high float64) axis {
	if high <= 1 && low >= -1 {
		if high > 0 || low == 0 {
			high = 1
		}
		if low < -0.25 {
			low = -1
		} else if low < 0 {
			low = -0.25
		}
		return axis{low, high, 0.25}
	}
	step := math.Pow(10, math.Floor(math.Log10(high-low)))
	return axis{math.Floor(low/step) * step, math.Ceil(high/step) * step, step}
}

// share is a number's place on the axis, in percent of its length.
func (a axis) share(v float64) float64 {
	if a.high <= a.low {
		return 0
	}
	return 100 * (v - a.low) / (a.high - a.low)
}

func (a axis) at(v float64) string { return percentage(a.share(v)) }

func (a axis) ticks() []Tick {
	var out []Tick
	for i := math.Round(a.low / a.step); i <= math.Round(a.high/a.step) && len(out) < 24; i++ {
		v := i * a.step
		out = append(out, Tick{At: a.at(v), Label: decimal(v), Zero: i == 0})
	}
	return out
}

// percentage writes a place or a length of an SVG, to a tenth of a percent.
func percentage(share float64) string {
	return strconv.FormatFloat(math.Round(share*10)/10, 'f', -1, 64) + "%"
}

// interval is nil for a finding without an effect, or with a senseless one.
func (x *index) interval(e *telltale.Effect) *Interval {
	if e == nil || !finite(e.Size) || !finite(e.Low) || !finite(e.High) || !finite(e.P) || !finite(e.Adjusted) {
		return nil
	}
	out := &Interval{What: cut(e.What, 200), Size: e.Size, Low: e.Low, High: e.High}
	out.Short = x.Say("effect.short", "size", twoPlaces(e.Size), "low", twoPlaces(e.Low), "high", twoPlaces(e.High))
	out.Text = x.Say("effect.text", "what", out.What, "size", out.Short)
	if e.P > 0 {
		out.Text = x.Say("effect.tested", "effect", out.Text, "p", chance(e.P), "corrected", chance(e.Adjusted))
	}
	return out
}

// twoPlaces writes a number to two places behind the point, or to three digits
// where that says more.
func twoPlaces(v float64) string {
	if math.Abs(v) >= 0.01 && math.Abs(v) < 100 {
		return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
	}
	return decimal(v)
}

// finite numbers of a size that can be drawn; others are no effect.
func finite(x float64) bool { return math.Abs(x) < 1e15 }
