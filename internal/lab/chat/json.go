package chat

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// command is one line of input in JSON mode. Op is "type" (To, Text), "read",
// "send" or "quit"; Seq is repeated in the reply.
type command struct {
	Seq  int64  `json:"seq,omitempty"`
	Op   string `json:"op"`
	To   string `json:"to,omitempty"`
	Text string `json:"text,omitempty"`
}

// Reply is one line of output in JSON mode that answers a command: Reply is
// the command's op. Lines without it are events; see [Event].
type Reply struct {
	Seq   int64  `json:"seq,omitempty"`
	Reply string `json:"reply"`
	// To and Text are what the input field holds now (type, read), or what
	// it held (send).
	To   string `json:"to,omitempty"`
	Text string `json:"text"`
	// ID of the message that was sent.
	ID string `json:"id,omitempty"`
	// Error says why the command was not carried out.
	Error string `json:"error,omitempty"`
}

// field is the input field: what was typed, as a line editor would keep it.
type field struct{ to, text string }

// Normalise writes text as the input field keeps it: line ends and tabs
// become spaces, control characters and broken UTF-8 vanish, and what does
// not fit into MaxText bytes is cut off between characters.
func Normalise(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			r = ' '
		case r == utf8.RuneError || unicode.IsControl(r):
			continue
		}
		if b.Len()+utf8.RuneLen(r) > MaxText {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// RunJSON runs the client for a program: commands in, one JSON object a line
// (at most 64 KiB), events and replies out, one a line. Each command gets one
// reply, in order. It returns nil at "quit", at the end of in, or when ctx is
// done. The client has been started and is closed by the caller.
func RunJSON(ctx context.Context, c *Client, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &jsonWriter{enc: json.NewEncoder(out)}
	w.enc.SetEscapeHTML(false)
	events := make(chan struct{})
	go func() {
		defer close(events)
		if err := copyEvents(ctx, c, w); err != nil {
			cancel(err)
		}
	}()
	go func() { cancel(runCommands(ctx, c, in, w)) }()
	<-ctx.Done()
	<-events
	err := context.Cause(ctx)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

type jsonWriter struct {
	mu  sync.Mutex
	enc *json.Encoder
}

func (w *jsonWriter) write(v any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.enc.Encode(v)
}

func copyEvents(ctx context.Context, c *Client, w *jsonWriter) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case ev, ok := <-c.Events():
			if !ok {
				return context.Canceled
			}
			if err := w.write(ev); err != nil {
				return err
			}
		}
	}
}

// runCommands returns nil at the end of in and at "quit".
func runCommands(ctx context.Context, c *Client, in io.Reader, w *jsonWriter) error {
	r := bufio.NewReaderSize(in, maxLine)
	var f field
	for n := 1; ; n++ {
		line, err := readLine(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("line %d of the commands: %w", n, err)
		}
		reply := f.do(ctx, c, line)
		if err := w.write(reply); err != nil {
			return err
		}
		if reply.Reply == "quit" {
			return nil
		}
	}
}

// parseCommand reads one line.
func parseCommand(line []byte) (command, error) {
	var cmd command
	if err := json.Unmarshal(line, &cmd); err != nil {
		return command{}, fmt.Errorf("not a JSON object: %w", err)
	}
	switch cmd.Op {
	case "type", "read", "send", "quit":
		return cmd, nil
	}
	return cmd, fmt.Errorf("unknown op %.40q; known: type, read, send, quit", cmd.Op)
}

// do carries out one command on the field.
func (f *field) do(ctx context.Context, c *Client, line []byte) Reply {
	cmd, err := parseCommand(line)
	reply := Reply{Seq: cmd.Seq, Reply: cmd.Op}
	if err == nil && cmd.Op == "type" {
		if err = CheckAccount(cmd.To); err == nil {
			f.to, f.text = cmd.To, Normalise(cmd.Text)
		}
	}
	reply.To, reply.Text = f.to, f.text
	if err == nil && cmd.Op == "send" {
		reply.ID, err = c.Send(ctx, f.to, f.text)
		if err == nil {
			f.text = ""
		}
	}
	if err != nil {
		reply.Error = err.Error()
	}
	return reply
}
