package terminal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/terminal"
)

// Each step is what is on the screen, and what of it is new.
func TestWhatIsNewOnAScreen(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][][2]string{
		"it grows":             {{"a", "a"}, {"a b", "b"}, {"a b b", "b"}, {"a b b", ""}},
		"it scrolls":           {{"a b c", "a b c"}, {"b c d", "d"}, {"d e f", "e f"}},
		"the same again":       {{"x y", "x y"}, {"x y y", "y"}, {"y y y", "y"}},
		"a row changes":        {{"a b c", "a b c"}, {"a B c d", "d"}, {"a B c d e", "e"}},
		"another window":       {{"a b", "a b"}, {"p q", "p q"}, {"a b", ""}, {"a b c", "c"}, {"p q r", "r"}},
		"it is empty between":  {{"a b", "a b"}, {"", ""}, {"a b", ""}, {"a b c", "c"}},
		"all of it is new":     {{"a b", "a b"}, {"c d", "c d"}},
		"a window shows older": {{"c d", "c d"}, {"a b c d", ""}, {"a b c d e", "e"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fresh := terminal.Freshener()
			for i, step := range steps {
				if diff := cmp.Diff(strings.Fields(step[1]), fresh(strings.Fields(step[0]))); diff != "" {
					t.Errorf("step %d: %s", i+1, diff)
				}
			}
		})
	}
}

// FuzzReader: whatever a program shows, every preset reads it, and what it
// reads was shown.
func FuzzReader(f *testing.F) {
	f.Add([]byte("\x1b[?1049h12:00 <bob> hello\r\n12:01 <bob> you\x1b[12;1H[bob] "))
	f.Add([]byte("12:00:00 - bob@x: text\r\n           more\r\n\x1b[12;1H"))
	f.Add([]byte("11-22 09:30 <== hello\r\n\x1b[L\x1b[3S12:00   bob | hi  │ ann\x1b[12;1H"))
	all := map[string]*terminal.Options{}
	for _, name := range append(terminal.Presets(), "") {
		o, err := terminal.ParseOptions([]byte(`{"preset":"` + name + `","command":["x"],"input":{"row":-1},"columns":40,"rows":12}`))
		if err != nil {
			f.Fatal(err)
		}
		all[name] = &o
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<10 {
			return
		}
		for name, o := range all {
			heard := 0
			terminal.Show(o, b, time.Now, func(ev ends.Event) {
				if heard++; ev.Kind == ends.Arrived && ev.Text != "" && strings.ContainsAny(ev.Text, "\r\n\x1b") {
					t.Fatalf("%s reads %q", name, ev.Text)
				}
			})
			if heard > 12*(len(b)+1) {
				t.Fatalf("%s hears %d things in %d bytes", name, heard, len(b))
			}
		}
	})
}
