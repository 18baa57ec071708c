package wire

import (
	"context"
	"regexp"
	"strconv"
	"sync"
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

// Gait is how fast a service may be spoken to: at a pace that was asked for,
// and slower when it complains. It may be used from several goroutines.
type Gait struct {
	mu sync.Mutex
	// resume is when the service may be spoken to again; pauses counts its
	// complaints without a message taken in between.
	resume time.Time
	pauses int
}

// Keep waits until the service may be spoken to, and then counts pace from
// there.
func (g *Gait) Keep(ctx context.Context, now time.Time, pace time.Duration) error {
	g.mu.Lock()
	wait := g.resume.Sub(now)
	if pace > 0 {
		g.resume = now.Add(max(wait, 0) + pace)
	}
	g.mu.Unlock()
	return Sleep(ctx, wait)
}

// Slower notes a complaint about haste, and says how long to wait.
func (g *Gait) Slower(words string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := Pause(words, g.pauses)
	g.pauses++
	return d
}

// Taken notes that a message was taken without a complaint.
func (g *Gait) Taken() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pauses = 0
}

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
