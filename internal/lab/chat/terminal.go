package chat

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// RunTerminal runs the client for a person: a line is sent to the chosen
// peer, a line that begins with a slash is a command. On a terminal incoming
// lines appear above the prompt; otherwise everything is plain lines. It
// returns nil at /quit, at the end of in, or when ctx is done. The client has
// been started and is closed by the caller.
func RunTerminal(ctx context.Context, c *Client, in io.Reader, out io.Writer) (err error) {
	scr, restore, err := openScreen(c, in, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, restore()) }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &window{c: c, screen: scr}
	w.welcome()
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		w.showEvents(ctx)
		cancel(nil)
	}()
	go func() { cancel(w.readLines(ctx)) }()
	<-ctx.Done()
	<-shown
	err = context.Cause(ctx)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// screen is where a window shows lines and reads them.
type screen interface {
	readLine() (string, error)
	printLine(s string)
	prompt(s string)
}

// openScreen takes a terminal over if in and out are one.
func openScreen(c *Client, in io.Reader, out io.Writer) (screen, func() error, error) {
	fi, ok1 := in.(*os.File)
	fo, ok2 := out.(*os.File)
	if !ok1 || !ok2 || !term.IsTerminal(int(fi.Fd())) || !term.IsTerminal(int(fo.Fd())) {
		return &lineScreen{r: bufio.NewReaderSize(in, maxLine), w: out}, func() error { return nil }, nil
	}
	old, err := term.MakeRaw(int(fi.Fd()))
	if err != nil {
		return nil, nil, fmt.Errorf("terminal: %w", err)
	}
	vt := newVTScreen(readWriter{in, out}, promptOf(c, ""))
	restore := func() error { return term.Restore(int(fi.Fd()), old) }
	if err := vt.t.SetSize(sizeOf(fo)); err != nil {
		return nil, nil, fmt.Errorf("terminal: %w", errors.Join(err, restore()))
	}
	return vt, restore, nil
}

// sizeOf is the width and height of a terminal in characters.
func sizeOf(f *os.File) (width, height int) {
	width, height, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return usable(0, 0)
	}
	return usable(width, height)
}

// usable replaces the sizes of a terminal that does not know its own, as
// serial lines and some containers do not, by the customary 80x24.
func usable(width, height int) (int, int) {
	if width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}

type readWriter struct {
	io.Reader
	io.Writer
}

// vtScreen is a terminal that keeps the prompt below what is printed.
type vtScreen struct{ t *term.Terminal }

func newVTScreen(rw io.ReadWriter, prompt string) *vtScreen {
	return &vtScreen{term.NewTerminal(rw, prompt)}
}

func (v *vtScreen) readLine() (string, error) {
	line, err := v.t.ReadLine()
	if errors.Is(err, term.ErrPasteIndicator) {
		err = nil
	}
	return line, err
}
func (v *vtScreen) printLine(s string) { fmt.Fprintln(v.t, s) }
func (v *vtScreen) prompt(s string)    { v.t.SetPrompt(s) }

// lineScreen is anything else: files, pipes.
type lineScreen struct {
	r  *bufio.Reader
	mu sync.Mutex
	w  io.Writer
	p  string
}

func (l *lineScreen) readLine() (string, error) {
	l.mu.Lock()
	fmt.Fprint(l.w, l.p)
	l.mu.Unlock()
	line, err := readLine(l.r)
	return strings.TrimSuffix(string(line), "\r"), err
}

func (l *lineScreen) printLine(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.w, s)
}

func (l *lineScreen) prompt(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.p = s
}

// promptOf names the peer, and in a monitored build what the client is.
func promptOf(c *Client, peer string) string {
	mark := ""
	if c.Monitored() {
		mark = "[MONITORED LAB BUILD] "
	}
	return mark + c.Account() + " > " + peer + ": "
}
