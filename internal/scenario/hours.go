package scenario

import (
	"fmt"
	"time"
)

// Hours are the hours of a day in which messages may be typed, in minutes
// since midnight, local time. From equal to To means all day.
type Hours struct{ From, To int }

// ParseHours reads hours as in "08:00-22:00". Empty means all day.
func ParseHours(text string) (Hours, error) {
	if text == "" {
		return Hours{}, nil
	}
	var fromH, fromM, toH, toM int
	if n, err := fmt.Sscanf(text, "%02d:%02d-%02d:%02d", &fromH, &fromM, &toH, &toM); err != nil || n != 4 || len(text) != len("08:00-22:00") {
		return Hours{}, fmt.Errorf("%q are no hours of a day: write them as in 08:00-22:00", clip(text))
	}
	if max(fromH, toH) > 23 || max(fromM, toM) > 59 || min(fromH, fromM, toH, toM) < 0 {
		return Hours{}, fmt.Errorf("%q are no hours of a day: write them as in 08:00-22:00", clip(text))
	}
	return Hours{fromH*60 + fromM, toH*60 + toM}, nil
}

// Until is how long to wait from t until messages may be typed: 0 within the
// hours. Hours that end before they begin go over midnight.
func (h Hours) Until(t time.Time) time.Duration {
	const day = 24 * time.Hour
	since := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute +
		time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
	from, to := time.Duration(h.From)*time.Minute, time.Duration(h.To)*time.Minute
	switch {
	case from == to,
		from < to && since >= from && since < to,
		from > to && (since >= from || since < to):
		return 0
	}
	return (from - since + day) % day
}
