package terminal_test

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/term"

	"example.org/telltale/internal/sandbox"
)

// TestMain makes the test binary the programs that are driven, the first
// process of its sandboxes, and the way into them.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "sandbox-init":
		os.Exit(sandbox.Init())
	case len(os.Args) > 3 && os.Args[1] == "enter":
		os.Exit(enter(os.Args[2], os.Args[3:]))
	case len(os.Args) > 2 && os.Args[1] == "program":
		os.Exit(program(os.Args[2]))
	}
	os.Exit(m.Run())
}

func program(name string) int {
	switch name {
	case "prompt":
		return prompt()
	case "lines":
		return lines()
	case "screen":
		return (&display{width: 60, height: 12}).run()
	}
	return 2
}

// prompt is a program that asks for a name and a secret, and answers each line
// in bob's name.
func prompt() int {
	in := bufio.NewScanner(os.Stdin)
	ask := func(what string) string {
		fmt.Print(what)
		in.Scan()
		return in.Text()
	}
	name := ask("name? ")
	if ask("secret? ") != "secret of "+name {
		fmt.Println("no")
		return 1
	}
	fmt.Printf("Welcome %s\n", name)
	for {
		switch line := ask("> "); line {
		case "":
			return 0
		case "/quit":
			return 3
		case "poison":
			fmt.Println("*** the session is over: poison")
		case "forbidden fruit":
			fmt.Println("*** not sent: forbidden")
		default:
			fmt.Printf("<bob> %s\n", line)
		}
	}
}

// lines is a program without a terminal.
func lines() int {
	fmt.Println("ready")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		fmt.Printf("<bob> %s\n", in.Text())
	}
	return 0
}

// display is a program with a full screen: messages, a bar that counts keys,
// and an input field that shows the end of what is typed. What contains
// "whisper" it writes in capitals; F1 shows another window, and comes back.
type display struct {
	width, height int
	messages      []string
	input         string
	keys          int
	other         bool
}

func (d *display) run() int {
	old, err := term.MakeRaw(int(os.Stdin.Fd()))
	if err != nil {
		return 1
	}
	defer func() { _ = term.Restore(int(os.Stdin.Fd()), old) }()
	fmt.Print("\x1b[?1049h\x1b[?2004h")
	in := bufio.NewReader(os.Stdin)
	d.say("<ann> from before")
	for {
		d.draw()
		r, _, err := in.ReadRune()
		if err != nil {
			return 0
		}
		d.keys++
		if !d.key(r, in) {
			return 0
		}
	}
}

func (d *display) key(r rune, in *bufio.Reader) bool {
	switch r {
	case '\r':
		if d.input == "/quit" {
			return false
		}
		if d.input != "" {
			d.say("<me> " + d.input)
			d.say("<bob> " + d.input)
		}
		d.input = ""
	case 0x15:
		d.input = ""
	case 0x1b:
		next, _ := in.ReadByte()
		last, _ := in.ReadByte()
		for next == '[' && last != '~' {
			last, _ = in.ReadByte() // a paste begins or ends
		}
		if next == 'O' && last == 'P' {
			d.other = !d.other
		}
	default:
		d.input = strings.Replace(d.input+string(r), "whisper", "WHISPER", 1)
	}
	return true
}

// say adds a message, broken at blanks.
func (d *display) say(text string) {
	line := "12:00 "
	for _, word := range strings.SplitAfter(text, " ") {
		if utf8.RuneCountInString(line+strings.TrimRight(word, " ")) > d.width {
			d.messages = append(d.messages, line)
			line = "       "
		}
		line += word
	}
	d.messages = append(d.messages, line)
}

// draw paints everything, in two writes as programs do.
func (d *display) draw() {
	var b strings.Builder
	rows := d.messages[max(0, len(d.messages)-(d.height-2)):]
	if d.other {
		rows = []string{"another window"}
	}
	b.WriteString("\x1b[H")
	for y := range d.height - 2 {
		if y < len(rows) {
			b.WriteString(rows[y])
		}
		b.WriteString("\x1b[K\r\n")
	}
	half := b.Len() / 2
	fmt.Fprintf(&b, "[%d keys]\x1b[K\r\n", d.keys)
	shown := []rune(d.input)
	shown = shown[max(0, len(shown)-(d.width-4)):]
	fmt.Fprintf(&b, "\x1b[%d;1H> %s\x1b[K", d.height, string(shown))
	fmt.Print(b.String()[:half])
	fmt.Print(b.String()[half:])
}
