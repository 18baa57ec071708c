// Package human drives an app through a person: it shows the next message and
// asks what arrived. It is for phones behind `telltale proxy`, and for
// whatever else no program can type into. The order is blinded: the person is
// told no more than any driver, neither words under suspicion nor arms.
package human

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"example.org/telltale"
)

// Config is a person at a terminal.
type Config struct {
	App      telltale.App
	Accounts []telltale.Account
	// Places, if the messages go to more than one.
	Places []string
	// In and Out are the terminal.
	In  io.Reader
	Out io.Writer
	// Clipboard has each message put into the terminal's clipboard (OSC 52),
	// so that it can be pasted at once.
	Clipboard bool
	Clock     telltale.Clock
}

// Driver is a person. It implements telltale.Driver.
type Driver struct {
	cfg   Config
	lines chan string
	shown int
	// begun says that somebody reads the terminal.
	begun  bool
	closed bool
}

// longestAnswer is the longest line that is read, in bytes.
const longestAnswer = 1 << 20

// New makes a driver. The terminal is read from the first message on.
func New(cfg Config) *Driver { return &Driver{cfg: cfg, lines: make(chan string)} }

// Describe repeats what the scenario says.
func (d *Driver) Describe(context.Context) (telltale.Description, error) {
	if d.closed {
		return telltale.Description{}, errClosed
	}
	return telltale.Description{App: d.cfg.App, Accounts: d.cfg.Accounts, Places: d.cfg.Places}, nil
}

var (
	errClosed = errors.New("the driver is closed")
	errGone   = errors.New("nobody answers: the standard input has ended; run it in a terminal")
)

// Send shows a message and asks what became of it. How long an arrival may
// take is for the person to judge, so t.Wait is not used.
func (d *Driver) Send(ctx context.Context, t telltale.Typing) (telltale.Receipt, error) {
	if d.closed {
		return telltale.Receipt{}, errClosed
	}
	r := telltale.Receipt{Probe: t.Probe, Typed: t.Text, Sent: d.cfg.Clock()}
	if why := d.unknown(t); why != "" {
		r.Outcome, r.Reason, r.Settled = telltale.Void, why, r.Sent
		return r, nil
	}
	d.begin()
	d.show(t)
	answer, err := d.ask(ctx, "Enter when it is sent, v if it cannot be typed or sent as it stands: ", "", "v")
	if err != nil {
		return telltale.Receipt{}, err
	}
	if answer == "v" {
		r.Outcome = telltale.Void
		r.Reason, err = d.line(ctx, "Why? ")
		r.Settled = d.cfg.Clock()
		return r, err
	}
	r.Sent = d.cfg.Clock()
	if err := d.outcome(ctx, t, &r); err != nil {
		return telltale.Receipt{}, err
	}
	r.Settled = d.cfg.Clock()
	return r, nil
}

func (d *Driver) unknown(t telltale.Typing) string {
	for _, name := range []string{t.From, t.To} {
		known := false
		for _, a := range d.cfg.Accounts {
			known = known || a.Name == name
		}
		if !known {
			return fmt.Sprintf("there is no account %q", name)
		}
	}
	return ""
}

// show prints the message between two lines, so that blanks at its ends can
// be seen, and its signs that do not print by their numbers.
func (d *Driver) show(t telltale.Typing) {
	d.shown++
	where := ""
	if t.Place != "" {
		where = ", " + t.Place
	}
	fmt.Fprintf(d.cfg.Out, "\nMessage %d: as %s, to %s%s\n", d.shown, t.From, t.To, where)
	fmt.Fprintf(d.cfg.Out, "────────\n%s\n────────\n", visible(t.Text))
	if d.cfg.Clipboard {
		fmt.Fprintf(d.cfg.Out, "\x1b]52;c;%s\a", base64.StdEncoding.EncodeToString([]byte(t.Text)))
		fmt.Fprintln(d.cfg.Out, "It is in the clipboard: paste it.")
	}
}

// visible escapes what a terminal would act on or not show.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\n' || unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, "⟨U+%04X⟩", r)
	}
	return b.String()
}

// outcome asks what arrived.
func (d *Driver) outcome(ctx context.Context, t telltale.Typing, r *telltale.Receipt) error {
	const question = "What did %s get?  d exactly this   a something else   f this, but in another folder   n nothing\n" +
		"                  r nothing, and the sender was told   e the sender was logged out   v cannot tell: "
	answer, err := d.ask(ctx, fmt.Sprintf(question, t.To), "d", "a", "f", "n", "r", "e", "v")
	if err != nil {
		return err
	}
	switch answer {
	case "d":
		r.Outcome, r.Got = telltale.Delivered, t.Text
	case "n":
		r.Outcome = telltale.Dropped
	case "a":
		r.Outcome = telltale.Altered
		r.Got, err = d.line(ctx, "Paste what arrived, as one line: ")
	case "f":
		r.Outcome, r.Got = telltale.Diverted, t.Text
		r.Place, err = d.line(ctx, "Where did it lie? ")
	case "r", "e":
		r.Outcome, r.Ended = telltale.Refused, answer == "e"
		r.Reason, err = d.line(ctx, "What was the sender told? ")
	case "v":
		r.Outcome = telltale.Void
		r.Reason, err = d.line(ctx, "Why? ")
	}
	return err
}

// ask repeats a question until one of the answers is given.
func (d *Driver) ask(ctx context.Context, question string, answers ...string) (string, error) {
	for {
		line, err := d.line(ctx, question)
		if err != nil {
			return "", err
		}
		line = strings.ToLower(strings.TrimSpace(line))
		for _, a := range answers {
			if line == a {
				return a, nil
			}
		}
	}
}

// line asks for one line of text.
func (d *Driver) line(ctx context.Context, question string) (string, error) {
	fmt.Fprint(d.cfg.Out, question)
	select {
	case line, ok := <-d.lines:
		if !ok {
			return "", errGone
		}
		return line, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// begin starts to read the terminal. Reading cannot be taken back, so it ends
// with the input, or with the program.
func (d *Driver) begin() {
	if d.begun {
		return
	}
	d.begun = true
	go func() {
		defer close(d.lines)
		in := bufio.NewScanner(d.cfg.In)
		in.Buffer(nil, longestAnswer)
		for in.Scan() {
			d.lines <- strings.TrimSuffix(in.Text(), "\r")
		}
	}()
}

// Close asks nothing more.
func (d *Driver) Close() error {
	d.closed = true
	return nil
}
