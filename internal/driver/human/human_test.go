package human_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
	"example.org/telltale/internal/driver/drivertest"
	"example.org/telltale/internal/driver/human"
)

var accounts = []telltale.Account{{Name: "alice", Side: telltale.SideApp}, {Name: "bob", Side: telltale.SidePeer}}

func driver(in io.Reader, out io.Writer) *human.Driver {
	return human.New(human.Config{App: telltale.App{Name: "phone"}, Accounts: accounts, In: in, Out: out, Clock: time.Now, Clipboard: true})
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	const text = "see you at six"
	for _, test := range []struct {
		typed string
		want  telltale.Receipt
	}{
		{"\nd\n", telltale.Receipt{Outcome: telltale.Delivered, Got: text}},
		{"what?\n\nx\nD \n", telltale.Receipt{Outcome: telltale.Delivered, Got: text}},
		{"\nn\n", telltale.Receipt{Outcome: telltale.Dropped}},
		{"\na\nsee you at ***\r\n", telltale.Receipt{Outcome: telltale.Altered, Got: "see you at ***"}},
		{"\nf\nspam\n", telltale.Receipt{Outcome: telltale.Diverted, Got: text, Place: "spam"}},
		{"\nr\nnot allowed\n", telltale.Receipt{Outcome: telltale.Refused, Reason: "not allowed"}},
		{"\ne\nbanned\n", telltale.Receipt{Outcome: telltale.Refused, Reason: "banned", Ended: true}},
		{"\nv\nno idea\n", telltale.Receipt{Outcome: telltale.Void, Reason: "no idea"}},
		{"v\nthe field took it apart\n", telltale.Receipt{Outcome: telltale.Void, Reason: "the field took it apart"}},
	} {
		got, err := driver(strings.NewReader(test.typed), io.Discard).Send(t.Context(), telltale.Typing{Probe: "p1", From: "alice", To: "bob", Text: text})
		if err != nil {
			t.Fatalf("%q: %v", test.typed, err)
		}
		if got.Settled.Before(got.Sent) || got.Sent.IsZero() {
			t.Errorf("%q: sent %v, settled %v", test.typed, got.Sent, got.Settled)
		}
		got.Sent, got.Settled = time.Time{}, time.Time{}
		test.want.Probe, test.want.Typed = "p1", text
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q:\n%s", test.typed, diff)
		}
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	d := driver(strings.NewReader("\n"), io.Discard)
	if _, err := d.Send(t.Context(), telltale.Typing{From: "alice", To: "bob", Text: "x"}); err == nil || !strings.Contains(err.Error(), "terminal") {
		t.Errorf("got %v", err)
	}
	silent, end := io.Pipe()
	t.Cleanup(func() { _ = end.Close() })
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	if _, err := driver(silent, io.Discard).Send(ctx, telltale.Typing{From: "alice", To: "bob", Text: "x"}); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

// A text can do nothing to the terminal that shows it.
func TestTheTerminalIsSafe(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	text := "a\x1b[2Jb\u202ec"
	if _, err := driver(strings.NewReader("\nd\n"), &out).Send(t.Context(), telltale.Typing{From: "alice", To: "bob", Text: text}); err != nil {
		t.Fatal(err)
	}
	shown, clipboard, _ := strings.Cut(out.String(), "\x1b]52;c;")
	if strings.ContainsAny(shown, "\x1b\u202e") || !strings.Contains(shown, "⟨U+001B⟩[2Jb⟨U+202E⟩c") {
		t.Errorf("shown: %q", shown)
	}
	code, _, _ := strings.Cut(clipboard, "\a")
	if plain, err := base64.StdEncoding.DecodeString(code); err != nil || string(plain) != text {
		t.Errorf("in the clipboard: %q, %v", plain, err)
	}
}

// A patient person, who answers each question as it is, passes the contract.
func TestContract(t *testing.T) {
	t.Parallel()
	asks, questions := io.Pipe()
	answers, types := io.Pipe()
	go func() {
		asked := bufio.NewScanner(asks)
		for asked.Scan() {
			fmt.Fprint(types, "\nd\n")
		}
	}()
	d := human.New(human.Config{App: telltale.App{Name: "phone"}, Accounts: accounts, In: answers, Out: messages{questions}, Clock: time.Now})
	for _, r := range drivertest.Check(t.Context(), d, drivertest.Options{}) {
		if !r.OK {
			t.Errorf("%s: %s", r.Name, r.Detail)
		}
	}
}

// messages writes one line for each message that a person is shown.
type messages struct{ io.Writer }

func (m messages) Write(b []byte) (int, error) {
	if strings.HasPrefix(string(b), "Enter when it is sent") {
		if _, err := io.WriteString(m.Writer, "next\n"); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}
