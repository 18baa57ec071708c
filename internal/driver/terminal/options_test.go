package terminal_test

import (
	"strings"
	"testing"

	"example.org/telltale/internal/driver/terminal"
)

func TestOptionsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ raw, want string }{
		{`{}`, "options.command: no program is named"},
		{`{"command":[""]}`, "options.command[0]"},
		{`{"preset":"irsi"}`, "there are irssi, mcabber, profanity, weechat"},
		{`{"preset":"irssi","mesages":"x"}`, `did you mean "messages"`},
		{`{"command":["x"]}`, "options.input: it is not said"},
		{`{"command":["x"],"mode":"window"}`, "options.mode"},
		{`{"command":["x"],"typing":"shout"}`, "options.typing"},
		{`{"command":["x"],"columns":5}`, "options.columns"},
		{`{"command":["x"],"input":{"row":-1},"messages":"(.*)"}`, "options.messages: the pattern has no group"},
		{`{"command":["x"],"messages":"("}`, "options.messages"},
		{`{"command":["x"],"input":{"row":-1},"send":["Entr"]}`, `options.send: "Entr" is no key`},
		{`{"command":["x"],"input":{"row":-1},"login":[{"keys":["Enter"]},{"keys":["C-"]}]}`, "options.login[1].keys"},
		{`{"command":["x"],"patience":"soon"}`, "options.patience"},
	} {
		if _, err := terminal.ParseOptions([]byte(test.raw)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want an error with %q", test.raw, err, test.want)
		}
	}
}

func TestPresetsAreWhole(t *testing.T) {
	t.Parallel()
	for _, name := range terminal.Presets() {
		o, err := terminal.ParseOptions([]byte(`{"preset":"` + name + `","columns":500}`))
		if err != nil || o.Columns != 500 || len(o.Command) != 1 || o.Command[0] != name || o.Input.Row != -1 {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"Enter": "\r", "C-u": "\x15", "C-U": "\x15", "C-[": "\x1b", "M-a": "\x1ba", "M-Enter": "\x1b\r", "Up": "\x1b[A", "F5": "\x1b[15~", "x": "x", "明": "明",
	} {
		if got, err := terminal.KeyBytes(key, false); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", key, got, err, want)
		}
	}
	if got, _ := terminal.KeyBytes("Up", true); got != "\x1bOA" {
		t.Errorf("Up for an application is %q", got)
	}
	for _, key := range []string{"", "Entr", "C-", "M-", "C-11"} {
		if got, err := terminal.KeyBytes(key, false); err == nil {
			t.Errorf("%q is taken for the key %q", key, got)
		}
	}
}
