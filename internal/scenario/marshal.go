package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"example.org/telltale"
)

// Marshal writes a scenario as YAML in one canonical form: fields in the order
// of docs/scenario.md, every text in double quotes, words and names inline. A
// scenario that [Validate] accepts comes back from [Parse] as it was, but for
// the digests of the app's files, which are not part of the question.
func Marshal(s telltale.Scenario) ([]byte, error) {
	if err := Validate(s); err != nil {
		return nil, err
	}
	var w writer
	w.text("", "name", s.Name)
	w.app(s.App)
	w.driver(s.Driver)
	if len(s.Sensors) == 0 {
		w.line("sensors: []")
	} else {
		w.line("sensors:")
	}
	for _, sensor := range s.Sensors {
		w.line("  - kind: %s", quote(sensor.Kind))
		w.text("    ", "path", sensor.Path)
		w.text("    ", "name", sensor.Name)
		w.text("    ", "quic", sensor.QUIC)
	}
	w.line("accounts:")
	for _, a := range s.Accounts {
		w.line("  - {name: %s, side: %s}", quote(a.Name), a.Side)
	}
	w.line("directions:")
	for _, d := range s.Directions {
		w.line("  - %s", d)
	}
	w.list("", "words", s.Words)
	w.list("", "controls", s.Controls)
	w.list("", "exclude", s.Exclude)
	w.text("", "screen", string(s.Screen))
	if s.Combine > 0 {
		w.line("combine: %d", s.Combine)
	}
	w.list("", "places", s.Places)
	w.line("trials: %d", s.Trials)
	w.line("max_trials: %d", s.MaxTrials)
	w.line("seed: %d", s.Seed)
	w.line("window: %s", quote(s.Window.String()))
	w.line("listen: %s", quote(s.Listen.String()))
	w.line("channel: %s", flow(s.Channel))
	w.list("", "scope", s.Scope)
	w.names(s.Names)
	w.list("", "authorities", s.Authorities)
	w.list("", "timestamp", s.Timestamp)
	w.line("characterise: %t", s.Characterise)
	w.line("alpha: %s", strconv.FormatFloat(s.Alpha, 'f', -1, 64))
	w.limits(s.Limits)
	return []byte(w.String()), nil
}

type writer struct{ strings.Builder }

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// text writes a field unless it is empty.
func (w *writer) text(indent, key, value string) {
	if value != "" {
		w.line("%s%s: %s", indent, key, quote(value))
	}
}

// list writes a list, one entry a line, unless it is empty.
func (w *writer) list(indent, key string, values []string) {
	if len(values) == 0 {
		return
	}
	w.line("%s%s:", indent, key)
	for _, v := range values {
		w.line("%s  - %s", indent, quote(v))
	}
}

func (w *writer) app(a telltale.App) {
	w.line("app:")
	w.text("  ", "name", a.Name)
	w.text("  ", "version", a.Version)
	w.text("  ", "platform", a.Platform)
	w.text("  ", "vantage", a.Vantage)
	if len(a.Files) == 0 {
		return
	}
	w.line("  files:")
	for _, f := range a.Files {
		w.line("    - {path: %s, harvest: %t}", quote(f.Path), f.Harvest)
	}
}

func (w *writer) driver(d telltale.DriverSpec) {
	w.line("driver:")
	w.text("  ", "kind", d.Kind)
	w.list("  ", "command", d.Command)
	w.text("  ", "dir", d.Dir)
	w.list("  ", "env", d.Env)
	w.line("  timeout: %s", quote(d.Timeout.String()))
	w.line("  boxes: %t", d.Boxes)
	w.list("  ", "writable", d.Writable)
	w.text("  ", "accounts", d.AccountsFile)
	w.raw("  ", "options", d.Options)
	if d.Peer != nil {
		w.line("  peer:")
		w.text("    ", "kind", d.Peer.Kind)
		w.raw("    ", "options", d.Peer.Options)
	}
}

// raw writes a driver's settings: JSON is YAML, too.
func (w *writer) raw(indent, key string, value []byte) {
	if len(value) > 0 {
		w.line("%s%s: %s", indent, key, value)
	}
}

func (w *writer) names(names map[string]string) {
	if len(names) == 0 {
		return
	}
	w.line("names:")
	for _, host := range slices.Sorted(maps.Keys(names)) {
		w.line("  %s: %s", quote(host), quote(names[host]))
	}
}

func (w *writer) limits(l telltale.Limits) {
	w.line("limits:")
	w.line("  messages: %d", l.Messages)
	w.line("  triggering: %d", l.Triggering)
	w.line("  duration: %s", quote(l.Duration.String()))
	w.line("  requests: %d", l.Requests)
	w.line("  voids: %d", l.Voids)
	if l.Pause > 0 {
		w.line("  pause: %s", quote(l.Pause.String()))
	}
	w.text("  ", "hours", l.Hours)
}

func flow(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// quote writes a YAML double-quoted text. What does not print is escaped.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == ' ' || unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
