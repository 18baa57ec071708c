package chat_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/lab/chat"
)

// talk is a front end under test: lines in, lines out.
type talk struct {
	t    *testing.T
	in   *io.PipeWriter
	out  chan string
	done chan error
}

type frontEnd func(context.Context, *chat.Client, io.Reader, io.Writer) error

func startTalk(t *testing.T, c *chat.Client, run frontEnd) *talk {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	k := &talk{t: t, in: inW, out: make(chan string, 1000), done: make(chan error, 1)}
	go func() {
		k.done <- run(context.Background(), c, inR, outW)
		outW.Close()
	}()
	go func() {
		defer close(k.out)
		r := bufio.NewScanner(outR)
		r.Buffer(nil, 1<<20)
		for r.Scan() {
			k.out <- r.Text()
		}
	}()
	t.Cleanup(func() { inW.Close(); io.Copy(io.Discard, outR) })
	return k
}

func (k *talk) say(line string) {
	k.t.Helper()
	if _, err := io.WriteString(k.in, line+"\n"); err != nil {
		k.t.Fatal(err)
	}
}

// hear reads lines until one holds all parts, and returns it.
func (k *talk) hear(parts ...string) string {
	k.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	var heard []string
	for {
		select {
		case line, ok := <-k.out:
			if !ok {
				k.t.Fatalf("ended while waiting for %q; heard %q", parts, heard)
			}
			heard = append(heard, line)
			all := true
			for _, p := range parts {
				all = all && strings.Contains(line, p)
			}
			if all {
				return line
			}
		case <-timer.C:
			k.t.Fatalf("did not hear %q; heard %q", parts, heard)
		}
	}
}

func (k *talk) ends() {
	k.t.Helper()
	select {
	case err := <-k.done:
		if err != nil {
			k.t.Errorf("ended with %v", err)
		}
	case <-time.After(patience):
		k.t.Fatal("did not end")
	}
}

func TestJSONFrontEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice", "bob").up()
	bob := w.ready("bob")
	k := startTalk(t, w.client("alice", monitored(&fake{})), chat.RunJSON)
	if line := k.hear(`"event":"ready"`); !strings.Contains(line, chat.Notice) {
		t.Errorf("%s: no notice", line)
	}
	k.say(`{"seq":1,"op":"type","to":"bob","text":"two\nlines\tand \u0007 more"}`)
	k.hear(`"reply":"type"`, `"seq":1`)
	k.say(`{"seq":2,"op":"read"}`)
	var r chat.Reply
	if err := json.Unmarshal([]byte(k.hear(`"reply":"read"`)), &r); err != nil || r.Text != "two lines and  more" || r.To != "bob" || r.Seq != 2 {
		t.Errorf("read back %+v, %v", r, err)
	}
	k.say(`{"seq":3,"op":"send"}`)
	if err := json.Unmarshal([]byte(k.hear(`"reply":"send"`)), &r); err != nil || len(r.ID) != 32 || r.Error != "" {
		t.Errorf("sent %+v, %v", r, err)
	}
	if ev := arrives(t, bob, "alice", "two lines and  more"); ev.ID != r.ID {
		t.Errorf("id %s, want %s", ev.ID, r.ID)
	}
	k.say(`{"op":"send"}`)
	k.hear(`"reply":"send"`, `"error":"the message is empty"`)
	k.say(`{"op":"type","to":"../etc","text":"x"}`)
	k.hear(`"reply":"type"`, `"error"`)
	k.say(`{"op":"type","to":"nobody","text":"x"}`)
	k.say(`{"op":"send"}`)
	k.hear(`"reply":"send"`, "there is no account")
	k.say(`{"op":"dance"}`)
	k.hear("known: type, read, send, quit")
	k.say(`nonsense`)
	k.hear("not a JSON object")
	send(t, bob, "alice", "hi")
	k.hear(`"event":"message"`, `"from":"bob"`, `"text":"hi"`)
	k.say(`{"op":"quit"}`)
	k.hear(`"reply":"quit"`)
	k.ends()
}

func TestJSONFrontEndRefusesEndlessLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice").up()
	in := io.MultiReader(strings.NewReader("{\"op\":\"read\"}\n"), bytes.NewReader(bytes.Repeat([]byte("x"), 1<<20)))
	err := chat.RunJSON(context.Background(), w.client("alice"), in, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("%v, want an error that names line 2", err)
	}
}

func TestNormalise(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain": "plain", "a\r\nb\nc\rd\te": "a b c d e", "\x1b[2Jx\x00\x7f": "[2Jx", "a\xffb": "ab", "山\u2028水": "山 水",
		strings.Repeat("山", 2000): strings.Repeat("山", chat.MaxText/3), "עברית\u200f": "עברית\u200f",
	} {
		if got := chat.Normalise(in); got != want {
			t.Errorf("Normalise(%.40q) = %.40q, want %.40q", in, got, want)
		}
	}
}

func TestTerminalFrontEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice", "bob").up()
	bob := w.ready("bob")
	k := startTalk(t, w.client("alice", monitored(&fake{out: "word"})), chat.RunTerminal)
	k.hear(chat.Notice)
	k.hear("logged in")
	k.say("nobody chosen")
	k.hear("! choose whom to write to")
	k.say("/to nobody")
	k.hear("! ", "there is no account")
	k.say("/to bob")
	k.say("hello bob")
	arrives(t, bob, "alice", "hello bob")
	k.hear("* shown to bob")
	k.say("a word too much")
	k.say("/contacts")
	k.hear("[MONITORED LAB BUILD]", "bob", "online")
	send(t, bob, "alice", "clear\x1b[2J\u202e me")
	k.hear("bob: clear\\x1b[2J\\u202e me")
	k.say("/who")
	k.hear(chat.Notice)
	k.hear("You are alice, writing to bob")
	k.say("/history")
	k.hear("alice > bob: hello bob")
	if line := k.hear(" > "); !strings.Contains(line, `bob > alice: clear\x1b`) {
		t.Errorf("%q: want bob's message next in the history", line)
	}
	k.say("/help")
	k.hear("/quit")
	k.say("/dance")
	k.hear("no command /dance")
	k.say("/quit")
	k.ends()
}

func TestTerminalEndsWithItsInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice").up()
	k := startTalk(t, w.client("alice"), chat.RunTerminal)
	k.in.Close()
	k.ends()
}

func TestEscapeLeavesNothingThatATerminalObeys(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain 山水 \U0001f600": "plain 山水 \U0001f600", "\x1b]0;x\a": `\x1b]0;x\x07`, "\u009b2J": `\x9b2J`,
		"a\xffb": `a\xffb`, "\u202e": `\u202e`, "\U000e0041": `\U000e0041`, "": "",
	} {
		if got := chat.Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
}
