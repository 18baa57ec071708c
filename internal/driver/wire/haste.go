package wire

import (
	"context"
	"regexp"
	"strconv"
	"time"
)

var (
	// hurry are words of a server that wants it slower.
	hurry = regexp.MustCompile(`(?i)throttl|too (fast|quickly)|too many (messages|lines|commands|connections|targets)|flood(ing|ed)?\b|` +
		`slow(ing)? ?down|rate.?limit|please wait|wait \d+|try again (later|in )|reconnecting too`)
	// pausing finds the pause that a server names.
	pausing = regexp.MustCompile(`(?i)(\d{1,4}) ?(seconds?|secs?|s)\b`)
)

const (
	// firstPause, doubled up to lastPause, follows a complaint about haste
	// that names no time.
	firstPause = 2 * time.Second
	lastPause  = time.Minute
)

// Hasty reports whether a service's words only ask to be spoken to slower.
func Hasty(words string) bool { return hurry.MatchString(words) }

// Pause is how long to wait after a complaint about haste, the n-th from 0 in
// a row.
func Pause(words string, n int) time.Duration {
	if m := pausing.FindStringSubmatch(words); m != nil {
		if seconds, err := strconv.Atoi(m[1]); err == nil && seconds > 0 {
			return time.Duration(seconds+1) * time.Second
		}
	}
	return min(firstPause<<min(max(n, 0), 10), lastPause)
}

// Sleep waits, or returns why ctx is done.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
