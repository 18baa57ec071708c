package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"example.org/telltale"
)

// Bounds of a scenario.
const (
	maxRunes    = 10_000 // in one word
	maxTrials   = 1_000  // blocks
	maxRequests = 20     // to one host of the scope
	maxWords    = 20_000 // candidates
	maxEntries  = 1_000  // of any other list
	maxSpan     = 24 * time.Hour
	maxCombine  = 3 // words in one rule
	maxStamps   = 8 // authorities that stamp a case
)

// Validate checks a scenario, however it was made. The error is a [Problems]
// that holds everything wrong at once, with the path of each field.
func Validate(s telltale.Scenario) error {
	var ps Problems
	if ps.checkCounts(s); len(ps) > 0 {
		return ps
	}
	ps.checkApp(s)
	ps.checkDriver(s.Driver)
	ps.checkAccounts(s.Accounts)
	ps.checkDirections(s.Directions)
	ps.checkWords(s)
	ps.checkNumbers(s)
	ps.checkHosts(s)
	ps.checkStamps(s.Timestamp)
	return ps.orNil()
}

// checkCounts bounds the work of the other checks.
func (ps *Problems) checkCounts(s telltale.Scenario) {
	for _, list := range []struct {
		path     string
		has, max int
	}{
		{"app.files", len(s.App.Files), maxEntries}, {"driver.command", len(s.Driver.Command), maxEntries},
		{"driver.env", len(s.Driver.Env), maxEntries}, {"driver.writable", len(s.Driver.Writable), maxEntries}, {"sensors", len(s.Sensors), maxEntries},
		{"accounts", len(s.Accounts), maxEntries}, {"directions", len(s.Directions), maxEntries},
		{"words", len(s.Words), maxWords}, {"controls", len(s.Controls), maxEntries},
		{"exclude", len(s.Exclude), maxEntries}, {"places", len(s.Places), maxEntries}, {"channel", len(s.Channel), maxEntries},
		{"scope", len(s.Scope), maxEntries}, {"authorities", len(s.Authorities), maxEntries}, {"timestamp", len(s.Timestamp), maxStamps},
		{"names", len(s.Names), maxWords},
	} {
		if list.has > list.max {
			ps.report(list.path, "split the scenario", "%s has %d entries, more than %d", list.path, list.has, list.max)
		}
	}
}

func (ps *Problems) checkApp(s telltale.Scenario) {
	if why := badFileName(s.Name); why != "" {
		ps.report("name", "use letters, digits, - _ and . only, 64 at most", "the name %q %s", clip(s.Name), why)
	}
	ps.checkText("app.name", s.App.Name, true)
	ps.checkText("app.version", s.App.Version, false)
	ps.checkText("app.platform", s.App.Platform, false)
	ps.checkText("app.vantage", s.App.Vantage, false)
	for i, f := range s.App.Files {
		path := fmt.Sprintf("app.files[%d].path", i)
		ps.checkText(path, f.Path, true)
		if slices.ContainsFunc(s.App.Files[:i], func(g telltale.AppFile) bool { return g.Path == f.Path }) {
			ps.report(path, "take one of them out", "the file %q is named twice", clip(f.Path))
		}
	}
	if len(s.Sensors) == 0 && s.Driver.Kind == "exec" {
		ps.report("sensors", "name one, such as - kind: proxy", "there is no sensor")
	}
	for i, sensor := range s.Sensors {
		path := fmt.Sprintf("sensors[%d].kind", i)
		ps.checkText(path, sensor.Kind, true)
		if sensor.Kind == "file" && sensor.Path == "" {
			ps.report(fmt.Sprintf("sensors[%d]", i), "write path: and the file's name", "the sensor \"file\" has no file to watch")
		}
		ps.checkText(fmt.Sprintf("sensors[%d].path", i), sensor.Path, false)
		ps.checkText(fmt.Sprintf("sensors[%d].name", i), sensor.Name, false)
		ps.checkQUIC(fmt.Sprintf("sensors[%d].quic", i), sensor)
		if slices.Contains(s.Sensors[:i], sensor) {
			ps.report(path, "take one of them out", "the sensor %q is named twice", clip(sensor.Kind))
		}
	}
}

// checkQUIC knows which sensor may do what with QUIC.
func (ps *Problems) checkQUIC(path string, sensor telltale.SensorSpec) {
	switch {
	case sensor.QUIC == "":
	case sensor.Kind != "sandbox":
		ps.report(path, "use the sensor sandbox, or leave it out", "QUIC does not come to the sensor %q", clip(sensor.Kind))
	case !slices.Contains([]string{"refuse", "intercept", "pass"}, sensor.QUIC):
		ps.report(path, "write refuse, intercept or pass", "there is no way %q with QUIC", clip(sensor.QUIC))
	}
}

func (ps *Problems) checkDriver(d telltale.DriverSpec) {
	ps.checkText("driver.kind", d.Kind, true)
	if d.Kind == "exec" && len(d.Command) == 0 {
		ps.report("driver.command", "write the program and its arguments, as in [./adapter, --fast]", "the exec driver has no command")
	}
	for i, arg := range d.Command {
		path := fmt.Sprintf("driver.command[%d]", i)
		if i == 0 && arg == "" {
			ps.report(path, "name a program", "the command is empty")
		}
		if strings.ContainsRune(arg, 0) || !utf8.ValidString(arg) {
			ps.report(path, "write it as plain text", "the argument %q cannot be passed to a program", clip(arg))
		}
	}
	for i, pair := range d.Env {
		if key, _, ok := strings.Cut(pair, "="); !ok || key == "" || strings.ContainsRune(pair, 0) || !utf8.ValidString(pair) {
			ps.report(fmt.Sprintf("driver.env[%d]", i), "write NAME=value", "%q does not set a variable", clip(pair))
		}
	}
	for i, path := range d.Writable {
		ps.checkText(fmt.Sprintf("driver.writable[%d]", i), path, true)
	}
	ps.checkSpan("driver.timeout", d.Timeout, true)
	if d.Dir != "" {
		ps.checkText("driver.dir", d.Dir, true)
	}
}

func (ps *Problems) checkAccounts(accounts []telltale.Account) {
	sides := map[telltale.Side]bool{}
	for i, a := range accounts {
		path := fmt.Sprintf("accounts[%d]", i)
		ps.checkText(path+".name", a.Name, true)
		if a.Side != telltale.SideApp && a.Side != telltale.SidePeer && a.Side != telltale.SideWitness {
			ps.report(path+".side", "write app, peer or witness", "there is no side %q", clip(string(a.Side)))
		}
		if slices.ContainsFunc(accounts[:i], func(b telltale.Account) bool { return b.Name == a.Name }) {
			ps.report(path+".name", "take one of them out", "the account %q is named twice", clip(a.Name))
		}
		sides[a.Side] = true
	}
	for _, side := range []telltale.Side{telltale.SideApp, telltale.SidePeer} {
		if !sides[side] {
			ps.report("accounts", fmt.Sprintf("add one, such as {name: someone, side: %s}", side), "there is no account on the side %q", side)
		}
	}
}

func (ps *Problems) checkDirections(ds []telltale.Direction) {
	if len(ds) == 0 {
		ps.report("directions", "write [sent, received]", "there is no direction")
	}
	for i, d := range ds {
		path := fmt.Sprintf("directions[%d]", i)
		if d != telltale.Sent && d != telltale.Received {
			ps.report(path, "write [sent], [received] or [sent, received]", "there is no direction %q", clip(string(d)))
		}
		if slices.Contains(ds[:i], d) {
			ps.report(path, "take one of them out", "the direction %q is named twice", clip(string(d)))
		}
	}
}

func (ps *Problems) checkNumbers(s telltale.Scenario) {
	if s.Trials < 1 || s.Trials > maxTrials {
		ps.report("trials", "write a number from 1 to 1000", "trials is %d", s.Trials)
	}
	if s.MaxTrials < s.Trials || s.MaxTrials > maxTrials {
		ps.report("max_trials", fmt.Sprintf("write a number from %d (trials) to 1000", s.Trials), "max_trials is %d", s.MaxTrials)
	}
	if !(s.Alpha > 0 && s.Alpha < 0.5) {
		ps.report("alpha", "write a number above 0 and below 0.5, such as 0.01", "alpha is %v", s.Alpha)
	}
	if s.Screen != "" && s.Screen != telltale.ScreenEach && s.Screen != telltale.ScreenSurvey {
		ps.report("screen", "write each or survey, or leave it out", "there is no way to screen called %q", clip(string(s.Screen)))
	}
	if s.Combine < 0 || s.Combine > maxCombine {
		ps.report("combine", "write a number from 1 to 3", "combine is %d", s.Combine)
	}
	for i, place := range s.Places {
		ps.checkText(fmt.Sprintf("places[%d]", i), place, true)
		if slices.Contains(s.Places[:i], place) {
			ps.report(fmt.Sprintf("places[%d]", i), "take one of them out", "the place %q is named twice", clip(place))
		}
	}
	ps.checkSpan("limits.pause", s.Limits.Pause, false)
	if _, err := ParseHours(s.Limits.Hours); err != nil {
		ps.report("limits.hours", `write them as in "08:00-22:00"`, "limits.hours is %q", clip(s.Limits.Hours))
	}
	ps.checkSpan("window", s.Window, true)
	ps.checkSpan("listen", s.Listen, false)
	ps.checkSpan("limits.duration", s.Limits.Duration, false)
	ps.checkLimit("limits.messages", s.Limits.Messages)
	ps.checkLimit("limits.triggering", s.Limits.Triggering)
	ps.checkLimit("limits.voids", s.Limits.Voids)
	if s.Limits.Requests < 0 || s.Limits.Requests > maxRequests {
		ps.report("limits.requests", "write a number from 0 to 20", "limits.requests is %d", s.Limits.Requests)
	}
}

func (ps *Problems) checkLimit(path string, n int) {
	if n < 0 {
		ps.report(path, "write 0 for no limit", "%s is %d", path, n)
	}
}

func (ps *Problems) checkSpan(path string, d time.Duration, positive bool) {
	switch {
	case d < 0, positive && d == 0:
		ps.report(path, `write a duration such as "6s"`, "%s is %v", path, d)
	case d > maxSpan:
		ps.report(path, "write at most 24h", "%s is %v", path, d)
	}
}

// checkText refuses what would break a line of a report or a file name.
func (ps *Problems) checkText(path, text string, required bool) {
	switch {
	case text == "" && required:
		ps.report(path, "fill it in", "%s is empty", path)
	case !utf8.ValidString(text):
		ps.report(path, "save the file as UTF-8", "%s is not UTF-8", path)
	case strings.ContainsFunc(text, unicode.IsControl):
		ps.report(path, "write it on one line", "%s holds a line break or another control character", path)
	case text != strings.TrimSpace(text):
		ps.report(path, "take it off", "%s begins or ends with a blank", path)
	}
}

func badFileName(name string) string {
	switch {
	case name == "":
		return "is empty"
	case len(name) > 64:
		return "is too long"
	case strings.Trim(name, ".") == "":
		return "cannot be a file name"
	}
	for _, r := range name {
		if !fileNameRune(r) {
			return fmt.Sprintf("holds %q", r)
		}
	}
	return ""
}

func fileNameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.'
}

// clip shortens what a problem quotes.
func clip(s string) string {
	const most = 40
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
