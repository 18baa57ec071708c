package chat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// window is one person's view of a client.
type window struct {
	c      *Client
	screen screen

	mu   sync.Mutex
	peer string // the chosen recipient
}

const help = `Lines are sent to the chosen peer. Commands:
  /to NAME     choose whom to write to, and put them on the contact list
  /contacts    the contact list, and who is online
  /who         who you are, and whom you write to
  /history     what was sent and shown, newest last
  /help        this text
  /quit        leave`

func (w *window) welcome() {
	if w.c.Monitored() {
		w.screen.printLine(Notice)
	}
	w.screen.printLine("You are " + w.c.Account() + ". /to NAME chooses whom to write to, /help shows more.")
	w.screen.prompt(promptOf(w.c, ""))
}

// showEvents prints events until ctx is done or the client is closed.
func (w *window) showEvents(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case ev, ok := <-w.c.Events():
			if !ok {
				return
			}
			if line := w.describe(ev); line != "" {
				w.screen.printLine(line)
			}
		}
	}
}

// describe writes an event on one line; "" for those that need none.
func (w *window) describe(ev Event) string {
	switch ev.Kind {
	case KindReady:
		return "* logged in"
	case KindMessage:
		return fmt.Sprintf("%s %s: %s", ev.At.Local().Format("15:04"), Escape(ev.From), Escape(ev.Text))
	case KindReceipt:
		return "* shown to " + Escape(ev.From)
	case KindPresence:
		if ev.Online {
			return "* " + Escape(ev.Account) + " is online"
		}
		return "* " + Escape(ev.Account) + " is offline"
	case KindNotice:
		return "* " + Escape(ev.Text)
	case KindError:
		return "! " + Escape(ev.Text)
	}
	return ""
}

// readLines works on the person's lines; nil at the end and at /quit.
func (w *window) readLines(ctx context.Context) error {
	for {
		line, err := w.screen.readLine()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading your line: %w", err)
		}
		line = strings.TrimSpace(line)
		if line == "/quit" {
			return nil
		}
		if line == "" {
			continue
		}
		if err := w.do(ctx, line); err != nil {
			w.screen.printLine("! " + Escape(err.Error()))
		}
	}
}

func (w *window) do(ctx context.Context, line string) error {
	if !strings.HasPrefix(line, "/") {
		return w.send(ctx, line)
	}
	name, arg, _ := strings.Cut(line, " ")
	switch name {
	case "/to":
		return w.to(ctx, strings.TrimSpace(arg))
	case "/contacts":
		return w.contacts(ctx)
	case "/who":
		return w.who()
	case "/history":
		w.history()
		return nil
	case "/help":
		for l := range strings.SplitSeq(help, "\n") {
			w.screen.printLine(l)
		}
		return nil
	}
	return fmt.Errorf("there is no command %s; /help lists them", name)
}

func (w *window) send(ctx context.Context, line string) error {
	w.mu.Lock()
	peer := w.peer
	w.mu.Unlock()
	if peer == "" {
		return errors.New("choose whom to write to first: /to NAME")
	}
	_, err := w.c.Send(ctx, peer, Normalise(line))
	return err
}

func (w *window) to(ctx context.Context, name string) error {
	if err := CheckAccount(name); err != nil {
		return err
	}
	if err := w.c.AddContact(ctx, name); err != nil {
		return err
	}
	w.mu.Lock()
	w.peer = name
	w.mu.Unlock()
	w.screen.prompt(promptOf(w.c, name))
	return nil
}

func (w *window) contacts(ctx context.Context) error {
	list, err := w.c.Contacts(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		w.screen.printLine("Nobody yet; /to NAME adds somebody.")
	}
	for _, x := range list {
		state := "offline"
		if x.Online {
			state = "online"
		}
		w.screen.printLine(fmt.Sprintf("  %-32s %s", x.Name, state))
	}
	return nil
}

func (w *window) who() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.c.Monitored() {
		w.screen.printLine(Notice)
	}
	to := "nobody"
	if w.peer != "" {
		to = w.peer
	}
	w.screen.printLine("You are " + w.c.Account() + ", writing to " + to + ".")
	return nil
}

func (w *window) history() {
	for _, m := range w.c.History() {
		at := m.At.Local().Format("2006-01-02 15:04")
		w.screen.printLine(fmt.Sprintf("  %s %s > %s: %s", at, Escape(m.From), Escape(m.To), Escape(m.Text)))
	}
}
