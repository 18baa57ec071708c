package terminal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"example.org/telltale/internal/driver/ends"
)

// Presets names the programs whose settings are known.
func Presets() []string {
	var names []string
	for _, p := range presets() {
		names = append(names, p.Preset)
	}
	slices.Sort(names)
	return names
}

// plain are the settings that hold unless a preset or the user says otherwise.
func plain() Options {
	return Options{
		Mode: ModeScreen, Term: "xterm-256color", Columns: 2000, Rows: 50, Line: "{{text}}", Typing: TypeBurst,
		Send: []string{"Enter"}, Clear: []string{"C-u"}, Patience: ends.Duration(10 * time.Second),
	}
}

// preset returns the settings of a known program.
func preset(name string) (Options, error) {
	if name == "" {
		return plain(), nil
	}
	for _, p := range presets() {
		if p.Preset == name {
			return p, nil
		}
	}
	return Options{}, &ends.OptionError{
		Path: "preset", What: fmt.Sprintf("no program %.40q is known", name),
		Fix: "there are " + strings.Join(Presets(), ", ") + "; for others leave it out and write input and messages",
	}
}

func presets() []Options { return []Options{irssi(), weechat(), profanity(), mcabber()} }

func pattern(expression string) ends.Pattern { return ends.NewPattern(expression) }

// enter types a command.
func enter(command string) Step { return Step{Type: command, Keys: []string{"Enter"}} }

// refusals are the words by which services say that they did not take a
// message.
const refusals = `(?i:cannot send|can't send|not sent|blocked|censored|filtered|no such nick|not allowed|not acceptable|forbidden|rejected|policy|spam|prohibited|unavailable)`

func irssi() Options {
	o := plain()
	o.Preset, o.Command = "irssi", []string{"irssi"}
	o.Ready = pattern(`-!- (Welcome to|Mode change \[|Irssi: Join to)`)
	o.Input = Input{Row: -1, Prompt: pattern(`^\[[^\]]*\] `)}
	o.Open = []Step{enter("/query {{to}}"), enter("/join {{place}}"), enter("/window goto {{place}}")}
	o.Look = Step{Wait: pattern(`\[Act: [^\]]*`), Keys: []string{"M-a"}}
	o.Quit = []Step{enter("/quit")}
	o.Escape = []Escape{{pattern(`^/`), "/ "}}
	o.Limit = 400
	o.Messages = pattern(`^\d\d:\d\d(?::\d\d)?\s+<[ @+%&~]?(?P<from>[^>\s]+)> (?P<text>.*)$`)
	o.More = pattern(`^ {10,}(?P<text>\S.*)$`)
	o.Errors = []ends.Pattern{pattern(`^\d\d:\d\d(?::\d\d)? (?:-!-|[!-][\w.]+[ -]) ?(?P<reason>.*` + refusals + `.*)$`)}
	o.Ended = []ends.Pattern{pattern(`-!- Irssi: (?P<reason>(?:Connection lost|Disconnected from|Connection to \S+ lost).*)`), pattern(`(?P<reason>(?i:closing link).*)`)}
	return o
}

func weechat() Options {
	o := plain()
	o.Preset, o.Command = "weechat", []string{"weechat"}
	o.Ready = pattern(` -- [│|] (?:Welcome to|Channel )|[│|] \S+ .*has joined #`)
	o.Input = Input{Row: -1, Prompt: pattern(`^[^\[]*\[[^\]]*\] `)}
	o.Open = []Step{enter("/query {{to}}"), enter("/join {{place}}"), enter("/buffer {{place}}")}
	o.Look = Step{Wait: pattern(`\[H: [^\]]*`), Keys: []string{"M-a"}}
	o.Quit = []Step{enter("/quit")}
	o.Escape = []Escape{{pattern(`^/`), "/"}}
	o.Limit = 400
	o.Messages = pattern(`\d\d:\d\d(?::\d\d)? +[ @+%&~]?(?P<from>[^\s=<>*│|-][^\s│|]*) [│|] (?P<text>.*?)(?: +│ ?[ @+%&~]?\S*)?$`)
	o.More = pattern(` {5,}[│|] (?P<text>\S.*?)(?: +│ ?[ @+%&~]?\S*)?$`)
	o.Errors = []ends.Pattern{pattern(`\d\d:\d\d(?::\d\d)? +(?:\S+ +)?(?:=!=|--) [│|] (?P<reason>.*` + refusals + `.*?)(?: +│.*)?$`)}
	o.Ended = []ends.Pattern{pattern(`[│|] (?P<reason>irc: disconnected from.*?)(?: +│.*)?$`), pattern(`[│|] (?P<reason>(?i:error: closing link|closing link).*?)(?: +│.*)?$`)}
	return o
}

func profanity() Options {
	o := plain()
	o.Preset, o.Command = "profanity", []string{"profanity"}
	o.Ready = pattern(`logged in successfully`)
	o.Input = Input{Row: -1}
	o.Open = []Step{enter("/msg {{to}}"), enter("/join {{place}}")}
	o.Quit = []Step{enter("/quit")}
	o.Cannot = []ends.Cannot{
		{Match: pattern(`^/`), Why: "a text that begins with / is a command, and there is no way around it"},
		{Match: pattern(`^.{950}`), Why: "the input field shows no more than 1000 columns"},
	}
	o.Own = []string{"me"}
	o.Messages = pattern(`^\d\d:\d\d(?::\d\d)? - (?P<from>[^:\s]+): (?P<text>.*)$`)
	o.More = pattern(`^ {8,}(?P<text>\S.*)$`)
	o.Errors = []ends.Pattern{pattern(`^\d\d:\d\d(?::\d\d)? [-!] (?P<reason>Error (?:from|received|sending).*|.*(?i:not-acceptable|policy-violation|forbidden|not-allowed|recipient-unavailable).*)$`)}
	o.Ended = []ends.Pattern{pattern(`(?P<reason>Lost connection.*|.*[Dd]isconnected.*)$`)}
	return o
}

func mcabber() Options {
	o := plain()
	o.Preset, o.Command = "mcabber", []string{"mcabber"}
	o.Ready = pattern(`Your status has been set`)
	o.Input = Input{Row: -1}
	o.Line = "/say_to {{to}} {{text}}"
	o.Look = Step{Wait: pattern(`^ {0,2}#\d* ?\S*\{.*│`), Type: "/roster unread_first", Keys: []string{"Enter", "Enter"}}
	o.Quit = []Step{enter("/quit")}
	o.Limit = 900
	o.Messages = pattern(`\d\d-\d\d \d\d:\d\d <==  ?(?P<text>.*)$`)
	o.More = pattern(`│ {15,}(?P<text>\S.*)$`)
	o.Errors = []ends.Pattern{pattern(`\d\d:\d\d(?::\d\d)?\]? (?P<reason>(?i:.*error).*|.*` + refusals + `.*)$`)}
	o.Ended = []ends.Pattern{pattern(`(?P<reason>Disconnected.*|Connection (?:lost|closed).*)`)}
	return o
}
