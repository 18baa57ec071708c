package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Count is a number of things. It prints with thousands set apart and is a
// plain number in JSON.
type Count int

// String prints 71237 as "71,237".
func (c Count) String() string {
	digits := strconv.Itoa(int(c))
	sign := ""
	if c < 0 {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// many writes a count with its noun: "1 word", "1,134 words".
func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n).String() + " " + more
}

// joined writes a list as people do: "a, b and c".
func joined(list []string, last string) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " " + last + " " + list[len(list)-1]
}

// andMore writes the first few of a list and the number of the others.
func andMore(list []string, most int) string {
	if len(list) <= most {
		return joined(list, "and")
	}
	return strings.Join(list[:most], ", ") + " and " + Count(len(list)-most).String() + " more"
}

// percent writes a share of 1 as a percentage without idle digits.
func percent(share float64) string {
	return strconv.FormatFloat(math.Round(share*1000)/10, 'f', -1, 64) + " %"
}

// decimal writes a number to three significant places.
func decimal(x float64) string {
	if x != 0 && math.Abs(x) < 0.001 {
		return strconv.FormatFloat(x, 'g', 1, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

// chance writes a p-value.
func chance(p float64) string {
	switch {
	case p < 1e-6:
		return "< 0.000001"
	case p < 0.001:
		return "= " + strconv.FormatFloat(p, 'f', 6, 64)
	}
	return "= " + strconv.FormatFloat(p, 'f', 3, 64)
}

// span writes how long something took.
func span(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return strconv.FormatFloat(math.Round(d.Seconds()*10)/10, 'f', -1, 64) + " s"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()+0.5))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()+0.5))
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// moment writes a time in UTC, to the second; empty for the zero time.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
