package terminal_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/terminal"
)

// ears collect events.
type ears chan ends.Event

func (e ears) hear(ev ends.Event) {
	select {
	case e <- ev:
	default: // nobody waits for so many
	}
}

// next waits for an event.
func (e ears) next(t *testing.T, shown func() []string) ends.Event {
	t.Helper()
	select {
	case ev := <-e:
		return ev
	case <-time.After(time.Minute):
		t.Fatalf("nothing was heard; the screen shows %q", shown())
		return ends.Event{}
	}
}

func self(t *testing.T, program string) []string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{path, "program", program}
}

func opened(t *testing.T, options map[string]any) (*terminal.End, ears) {
	t.Helper()
	e := end(t, ends.Account{Name: "ann", Password: "secret of ann"}, t.TempDir(), options)
	heard := make(ears, 100)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := e.Open(ctx, heard.hear); err != nil {
		t.Fatal(err)
	}
	return e, heard
}

func put(t *testing.T, e *terminal.End, text string) ends.Sent {
	t.Helper()
	sent, err := e.Put(t.Context(), ends.Post{To: ends.Account{Name: "bob"}, Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

// says puts a text and hears it come back.
func says(t *testing.T, e *terminal.End, heard ears, text string) {
	t.Helper()
	if sent := put(t, e, text); sent.Typed != text || sent.Outcome != "" || sent.At.IsZero() {
		t.Fatalf("put %q: %+v", text, sent)
	}
	if ev := heard.next(t, e.Rows); ev.Kind != ends.Arrived || ev.From != "bob" || ev.Text != text {
		t.Errorf("%q came back as %+v", text, ev)
	}
}

func promptOptions(t *testing.T) map[string]any {
	return map[string]any{
		"command": self(t, "prompt"), "columns": 80, "rows": 10,
		"login": []any{
			map[string]any{"wait": `name\? `, "type": "{{user}}", "keys": []string{"Enter"}},
			map[string]any{"wait": `secret\?`, "type": "{{password}}", "keys": []string{"Enter"}},
		},
		"ready": "^Welcome ann", "input": map[string]any{"prompt": "^> "},
		"messages": `^<(?P<from>\w+)> (?P<text>.*)$`,
		"errors":   []string{`^\*\*\* (?P<reason>not sent.*)`}, "ended": []string{`session is over: (?P<reason>.*)`},
	}
}

func TestAPromptThatScrolls(t *testing.T) {
	t.Parallel()
	e, heard := opened(t, promptOptions(t))
	for i := range 12 {
		says(t, e, heard, fmt.Sprintf("line %d, 明天", i))
	}
	says(t, e, heard, "the same")
	says(t, e, heard, "the same")
	put(t, e, "forbidden fruit")
	if ev := heard.next(t, e.Rows); ev.Kind != ends.Bounced || ev.Reason != "not sent: forbidden" {
		t.Errorf("a refusal was heard as %+v", ev)
	}
	put(t, e, "poison")
	if ev := heard.next(t, e.Rows); ev.Kind != ends.Ended || ev.Reason != "poison" {
		t.Errorf("the end of the session was heard as %+v", ev)
	}
	if err := e.Probe(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestProgramsThatEnd(t *testing.T) {
	t.Parallel()
	e, heard := opened(t, promptOptions(t))
	if _, err := e.Put(t.Context(), ends.Post{Text: "/quit"}); err != nil && !strings.Contains(err.Error(), "has ended") {
		t.Error(err)
	}
	if ev := heard.next(t, e.Rows); ev.Kind != ends.Ended || !strings.Contains(ev.Reason, "exit status 3") {
		t.Errorf("the program's end was heard as %+v", ev)
	}
	if err := e.Probe(t.Context()); err == nil {
		t.Error("a program that has ended answers")
	}
	if err := e.Open(t.Context(), heard.hear); err != nil {
		t.Fatal(err)
	}
	says(t, e, heard, "again")
	if err := syscall.Kill(e.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	e.Gone()
	if _, err := e.Put(t.Context(), ends.Post{Text: "hello"}); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("after a crash: %v", err)
	}
	select {
	case ev := <-heard:
		t.Errorf("a crash is no word of the service, but was heard as %+v", ev)
	default:
	}
}

func TestWrongLogin(t *testing.T) {
	t.Parallel()
	options := promptOptions(t)
	e := end(t, ends.Account{Name: "ann", Password: "wrong secret"}, t.TempDir(), options)
	err := e.Open(t.Context(), func(ends.Event) {})
	if err == nil || strings.Contains(err.Error(), "wrong secret") || !strings.Contains(err.Error(), "not ready") {
		t.Errorf("%v: want an error that says what was waited for, without the secret", err)
	}
	options["command"] = []string{"/nowhere/program"}
	e = end(t, ends.Account{Name: "ann"}, t.TempDir(), options)
	if err := e.Open(t.Context(), func(ends.Event) {}); err == nil || !strings.Contains(err.Error(), "is it installed") {
		t.Error(err)
	}
}

func TestALineOverSeveralRows(t *testing.T) {
	t.Parallel()
	e, heard := opened(t, promptOptions(t))
	says(t, e, heard, strings.Repeat("over several rows ", 9)+"x")
	says(t, e, heard, strings.Repeat("明天", 40)+"x")
}

func screenOptions(t *testing.T) map[string]any {
	return map[string]any{
		"command": self(t, "screen"), "columns": 60, "rows": 12, "ready": "from before",
		"input": map[string]any{"row": -1, "prompt": "^> "}, "own": []string{"me"},
		"messages": `^\d\d:\d\d <(?P<from>\w+)> (?P<text>.*)$`, "more": `^ {7}(?P<text>.*)$`,
	}
}

func TestAFullScreen(t *testing.T) {
	t.Parallel()
	for _, typing := range []string{terminal.TypeBurst, terminal.TypeKeys, terminal.TypePaste} {
		t.Run(typing, func(t *testing.T) {
			t.Parallel()
			options := screenOptions(t)
			options["typing"] = typing
			e, heard := opened(t, options)
			for i := range 9 {
				says(t, e, heard, fmt.Sprintf("line %d: two  blanks", i))
			}
			says(t, e, heard, "the same")
			says(t, e, heard, "the same")
			says(t, e, heard, "a message that is too long for a field of this width, and comes back in several rows")
		})
	}
}

// A field that changes what is typed makes the trial void, and is empty again
// afterwards. So do texts that cannot be typed at all.
func TestVoid(t *testing.T) {
	t.Parallel()
	options := screenOptions(t)
	options["limit"] = 100
	options["cannot"] = []any{map[string]any{"match": "^/", "why": "a command"}}
	e, heard := opened(t, options)
	for text, want := range map[string]string{
		"a whisper": `held "a WHISPER"`, "a\tb": "control character", "": "nothing to type", "/me": "a command",
		strings.Repeat("x", 101): "longer than the 100 bytes",
	} {
		if sent := put(t, e, text); sent.Outcome != telltale.Void || !strings.Contains(sent.Reason, want) {
			t.Errorf("%q: %+v, want void with %q", text, sent, want)
		}
	}
	says(t, e, heard, "afterwards")
}

// Messages that were read once are not read again when a window comes back.
func TestAnotherWindow(t *testing.T) {
	t.Parallel()
	options := screenOptions(t)
	options["probe"] = []any{
		map[string]any{"keys": []string{"F1"}}, map[string]any{"wait": "another window"},
		map[string]any{"keys": []string{"F1"}}, map[string]any{"wait": "from before"},
	}
	e, heard := opened(t, options)
	says(t, e, heard, "once")
	if err := e.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	says(t, e, heard, "twice")
	select {
	case ev := <-heard:
		t.Errorf("heard again: %+v", ev)
	default:
	}
}

func TestLinesAndPipes(t *testing.T) {
	t.Parallel()
	e, heard := opened(t, map[string]any{
		"command": self(t, "lines"), "mode": "lines", "ready": "^ready$", "messages": `^<(?P<from>\w+)> (?P<text>.*)$`,
	})
	says(t, e, heard, "trailing blanks, kept  ")
	if e.About().ReadBack {
		t.Error("a program without a field is said to be read back")
	}
}

func TestAPipeAndALog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fifo, log := filepath.Join(dir, "fifo"), filepath.Join(dir, "bob.log")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, log, "<bob> from before\n")
	e := end(t, ends.Account{Name: "ann"}, dir, map[string]any{
		"fifo": fifo, "line": "to {{to}}: {{text}}", "log": filepath.Join(dir, "*.log"), "messages": `^<(?P<from>\w+)> (?P<text>.*)$`,
	})
	heard := make(ears, 100)
	if err := e.Open(t.Context(), heard.hear); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Put(t.Context(), ends.Post{Text: "hello"}); err == nil || !strings.Contains(err.Error(), "does not read its pipe") {
		t.Errorf("nobody reads: %v", err)
	}
	reader, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	put(t, e, "hello")
	b := make([]byte, 100)
	if n, err := reader.Read(b); err != nil || string(b[:n]) != "to bob: hello\n" {
		t.Errorf("the pipe got %q, %v", b[:n], err)
	}
	write(t, log, "<bob> from before\n<bob> hello yourself  \n<ann> mine\n<bob> not yet wh")
	if err := e.Pull(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ev := heard.next(t, e.Rows); ev.Text != "hello yourself  " {
		t.Errorf("the log was read as %+v", ev)
	}
	if len(heard) != 0 {
		t.Errorf("too much was read: %+v", <-heard)
	}
}

func TestCloseIsHarmless(t *testing.T) {
	t.Parallel()
	e := end(t, ends.Account{Name: "ann", Password: "secret of ann"}, t.TempDir(), promptOptions(t))
	for range 2 {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := e.Put(context.Background(), ends.Post{Text: "x"}); err == nil {
		t.Error("put before open: want an error")
	}
}
