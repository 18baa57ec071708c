package terminal

import (
	"encoding/json"
	"fmt"
	"time"

	"example.org/telltale/internal/driver/ends"
)

// The modes.
const (
	// ModeScreen: a program with a terminal, whose screen is read.
	ModeScreen = "screen"
	// ModeLines: a program with pipes; what it prints are lines.
	ModeLines = "lines"
)

// The ways to type.
const (
	// TypeBurst writes a text at once, as a fast typist's keys.
	TypeBurst = "burst"
	// TypeKeys writes character by character, and waits for each to be seen.
	TypeKeys = "keys"
	// TypePaste says that it is a paste, where the program wants to be told.
	TypePaste = "paste"
)

// Options are the settings of a program in a terminal. In Command, Env, Line,
// Fifo, Log and steps, {{name}}, {{address}}, {{user}}, {{password}} and {{more.X}}
// stand for the account, {{to}} for the address of the recipient, {{place}} for
// the place of the message.
type Options struct {
	// Preset names a program whose settings are known: see Presets. All other
	// settings change it.
	Preset string `json:"preset"`
	// Command is the program with its arguments. It may be left out with
	// Fifo, for a program that runs already.
	Command []string `json:"command"`
	Env     []string `json:"env"`
	Dir     string   `json:"dir"`
	// Box starts the program in the sandbox of the audit, or outside of it.
	// Left out: inside, if there is one.
	Box      *bool    `json:"box"`
	Writable []string `json:"writable"`
	// Mode is ModeScreen or ModeLines.
	Mode string `json:"mode"`
	Term string `json:"term"`
	// Columns and Rows of the terminal. Wide ones have lines that need not be
	// wrapped.
	Columns int `json:"columns"`
	Rows    int `json:"rows"`

	// Ready is seen on the screen when the program can be used; Login says
	// what is to be done before, Quit what ends the program in good order.
	Ready ends.Pattern `json:"ready"`
	Login []Step       `json:"login"`
	Quit  []Step       `json:"quit"`
	// Open is done before the first message to somebody, and whenever the
	// recipient or the place changes. Steps with {{place}} are for messages to
	// a place, those with {{to}} for the others.
	Open []Step `json:"open"`
	// Probe asks the service for a sign of life that nobody else sees.
	Probe []Step `json:"probe"`

	// Input is where the text stands while it is typed.
	Input Input `json:"input"`
	// Line is what is typed for a message; "{{text}}" unless given.
	Line   string `json:"line"`
	Typing string `json:"typing"`
	// Send are the keys that send the line, Clear those that empty the field.
	Send  []string `json:"send"`
	Clear []string `json:"clear"`
	// Fifo is a named pipe, or a file, that lines are written to instead of
	// typing them.
	Fifo string `json:"fifo"`

	// Escape changes how a text is typed, so that it is not taken for a
	// command; what is sent is the text itself.
	Escape []Escape `json:"escape"`
	// Cannot names texts that the program cannot take.
	Cannot []ends.Cannot `json:"cannot"`
	// Limit is the longest text in bytes.
	Limit  int      `json:"limit"`
	Places []string `json:"places"`

	// Messages is matched with each new line; its groups from and text are
	// the sender and the message.
	Messages ends.Pattern `json:"messages"`
	// More is matched with the lines that go on with a message that was too
	// long for one; its group text is the part.
	More ends.Pattern `json:"more"`
	// Region is the part of the screen that holds messages.
	Region Region `json:"region"`
	// Log is a file that the program writes its messages to, if they are to
	// be read there and not from the screen. It may be a pattern for several.
	// Ready and steps look there as well.
	Log string `json:"log"`
	// Look is done while a message is awaited, if its Wait matches a row of
	// the screen: it turns to the window in which something new is.
	Look Step `json:"look"`
	// Own are names under which the program shows the account's own messages.
	Own []string `json:"own"`
	// Errors match lines that say that a message was not accepted, Ended
	// those that say that the session is over.
	Errors []ends.Pattern `json:"errors"`
	Ended  []ends.Pattern `json:"ended"`
	// Patience bounds each wait for the screen.
	Patience ends.Duration `json:"patience"`
}

// Step waits for something on the screen, types, and presses keys.
type Step struct {
	Wait ends.Pattern `json:"wait"`
	Type string       `json:"type"`
	Keys []string     `json:"keys"`
}

// Input says where the input field is. At least one of its settings is needed:
// who types before a program is ready for it types into something else.
type Input struct {
	// Row is the field's row, from 1; -1 is the last.
	Row int `json:"row"`
	// Prompt matches what stands before the text.
	Prompt ends.Pattern `json:"prompt"`
}

func (in Input) given() bool { return in.Row != 0 || in.Prompt.Given() }

// Region is a part of the screen: first and last row and column, from 1;
// negative numbers count from the end, and 0 is the whole.
type Region struct {
	Top    int `json:"top"`
	Bottom int `json:"bottom"`
	Left   int `json:"left"`
	Right  int `json:"right"`
}

// Escape puts Before in front of texts that match.
type Escape struct {
	Match  ends.Pattern `json:"match"`
	Before string       `json:"before"`
}

// ParseOptions reads options. The errors are [ends.OptionError]s.
func ParseOptions(raw json.RawMessage) (Options, error) {
	var first struct {
		Preset string `json:"preset"`
	}
	_ = json.Unmarshal(raw, &first) // Decode says what is wrong with it
	o, err := preset(first.Preset)
	if err != nil {
		return Options{}, err
	}
	if err := ends.Decode(raw, &o); err != nil {
		return Options{}, err
	}
	return o, o.validate()
}

func (o *Options) validate() error {
	switch {
	case len(o.Command) == 0 && o.Fifo == "":
		return &ends.OptionError{Path: "command", What: "no program is named", Fix: "write its words, as in [irssi, --home, /tmp/home]"}
	case len(o.Command) > 0 && o.Command[0] == "":
		return &ends.OptionError{Path: "command[0]", What: "the program has no name"}
	case o.Mode != ModeScreen && o.Mode != ModeLines:
		return &ends.OptionError{Path: "mode", What: fmt.Sprintf("%q is no mode", o.Mode), Fix: "write screen or lines"}
	case o.Typing != TypeBurst && o.Typing != TypeKeys && o.Typing != TypePaste:
		return &ends.OptionError{Path: "typing", What: fmt.Sprintf("%q is no way to type", o.Typing), Fix: "write burst, keys or paste"}
	case o.Columns < 20 || o.Columns > 10000 || o.Rows < 4 || o.Rows > 400:
		return &ends.OptionError{Path: "columns", What: fmt.Sprintf("%d columns and %d rows", o.Columns, o.Rows), Fix: "20 to 10000 columns and 4 to 400 rows can be had"}
	case o.Mode == ModeScreen && o.Fifo == "" && !o.Input.given():
		return &ends.OptionError{Path: "input", What: "it is not said where a text is typed", Fix: `write its row, as in {row: -1} for the last, or what stands before it, as in {prompt: "^> "}`}
	case o.Messages.Given() && !o.Messages.Has("text"):
		return &ends.OptionError{Path: "messages", What: "the pattern has no group for the text", Fix: "write one as in <(?P<from>[^>]+)> (?P<text>.*)"}
	}
	return o.validateKeys()
}

func (o *Options) validateKeys() error {
	lists := map[string][]string{"send": o.Send, "clear": o.Clear, "look.keys": o.Look.Keys}
	for name, steps := range map[string][]Step{"login": o.Login, "open": o.Open, "quit": o.Quit, "probe": o.Probe} {
		for i, s := range steps {
			lists[fmt.Sprintf("%s[%d].keys", name, i)] = s.Keys
		}
	}
	for path, keys := range lists {
		for _, key := range keys {
			if _, err := keyBytes(key, false); err != nil {
				return &ends.OptionError{Path: path, What: err.Error(), Fix: "there are Enter, Tab, Escape, Backspace, arrows, F1 to F12, C-x and M-x"}
			}
		}
	}
	return nil
}

func (o *Options) patience() time.Duration { return time.Duration(o.Patience) }
