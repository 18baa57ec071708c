package web

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// expect is a compiled Expect.
type expect struct {
	status  []int
	match   *regexp.Regexp
	refused []sign
	busy    []sign
	after   time.Duration
}

// sign is a compiled Sign.
type sign struct {
	status int
	match  *regexp.Regexp
	json   jsonPath
}

func (c *compiler) expect(path string, x Expect) *expect {
	out := &expect{
		status: x.Status, match: c.pattern(path+".match", x.Match), after: time.Duration(x.After),
		refused: c.signs(path+".refused", x.Refused), busy: c.signs(path+".busy", x.Busy),
	}
	return out
}

func (c *compiler) signs(path string, all []Sign) []sign {
	var out []sign
	for i, s := range all {
		at := fmt.Sprintf("%s[%d]", path, i)
		one := sign{status: s.Status, match: c.pattern(at+".match", s.Match)}
		if s.JSON != "" {
			var err error
			if one.json, err = parseJSONPath(s.JSON); err != nil {
				c.wrong(at+".json", err.Error(), "")
			}
		}
		if s.Status == 0 && s.Match == "" && s.JSON == "" {
			c.wrong(at, "an empty sign is in every answer", "set status, match or json")
		}
		out = append(out, one)
	}
	return out
}

// shows looks for a sign in an answer. reason is what the service says.
func (s sign) shows(r *response) (reason string, ok bool) {
	if s.status != 0 && s.status != r.status {
		return "", false
	}
	reason = r.words()
	if s.match != nil {
		m := s.match.FindStringSubmatch(r.body)
		if m == nil {
			return "", false
		}
		reason = m[min(1, len(m)-1)]
	}
	if s.json != nil {
		values, err := s.json.find([]byte(r.body))
		if err != nil || len(values) == 0 || !something(values[0]) {
			return "", false
		}
		reason = said(values[0])
	}
	return clip(reason), true
}

// meaning is what an answer means for the request.
type meaning int

const (
	accepted meaning = iota + 1
	refused
	busy
	loggedOut
	missing
	tooLong
	// overloaded is busy as far as the status goes; a filter may say so too.
	overloaded
)

// later reports whether the service may take it another time.
func (m meaning) later() bool { return m == busy || m == overloaded }

// judge says what an answer means, and the reason. after is how long to wait
// when it is busy, 0 if the service does not say.
func (x *expect) judge(r *response, out []sign, now time.Time) (m meaning, reason string, after time.Duration) {
	for _, s := range x.busy {
		if reason, ok := s.shows(r); ok {
			return busy, reason, max(x.after, retryAfter(r.header, now))
		}
	}
	wait := retryAfter(r.header, now)
	switch {
	case r.status == http.StatusTooManyRequests, r.status == http.StatusServiceUnavailable && wait > 0:
		return busy, r.words(), max(x.after, wait)
	case r.status == http.StatusUnauthorized:
		return loggedOut, r.words(), 0
	}
	for _, s := range out {
		if reason, ok := s.shows(r); ok {
			return loggedOut, reason, 0
		}
	}
	for _, s := range x.refused {
		if reason, ok := s.shows(r); ok {
			return refused, reason, 0
		}
	}
	return x.plain(r)
}

// plain judges an answer by its status and the usual page.
func (x *expect) plain(r *response) (meaning, string, time.Duration) {
	usual := r.status >= 200 && r.status < 400
	if len(x.status) > 0 {
		usual = slices.Contains(x.status, r.status)
	}
	switch {
	case !usual && (r.status == http.StatusRequestURITooLong || r.status == http.StatusRequestEntityTooLarge || r.status == http.StatusRequestHeaderFieldsTooLarge):
		return tooLong, "the text is too long for this service: " + r.words(), 0
	case !usual && r.status == http.StatusNotFound:
		return missing, r.words(), 0
	case !usual && (r.status == http.StatusBadGateway || r.status == http.StatusGatewayTimeout || r.status == http.StatusServiceUnavailable):
		return overloaded, r.words(), x.after
	case !usual:
		return refused, r.words(), 0
	case x.match != nil && !x.match.MatchString(r.body):
		return refused, "not the usual page: " + r.words(), 0
	}
	return accepted, "", 0
}

// retryAfter reads the field of that name (RFC 9110, 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.Atoi(v); err == nil && n >= 0 && n < 1<<20 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
