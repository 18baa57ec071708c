package oracle

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
)

// maxLine bounds one line of the protocol, in bytes.
const maxLine = 8 << 20

// Task is one search as the outside asks for it.
type Task struct {
	ID string `json:"id"`
	// Text that reacts as a whole.
	Text string `json:"text"`
	// Sep stands between the pieces of a message; empty means a line's end.
	Sep string `json:"sep"`
	// MaxLen is the longest message, in characters; zero means any.
	MaxLen int `json:"max_len"`
	// Noisy says that answers may be wrong now and then.
	Noisy bool `json:"noisy"`
	// Want is "one" rule or "all" rules of the text.
	Want string `json:"want"`
	// Cost of a message and of one that triggers.
	Cost Cost `json:"cost"`
	// Accounts that can put messages side by side; zero leaves it to the
	// settings.
	Accounts int `json:"accounts"`
	// Characterise asks how the filter compares, once the rules are found.
	Characterise bool `json:"characterise"`
	// Passed are texts that did not react, in which to look for what disables
	// the rules.
	Passed []string `json:"passed"`
}

// Cost says what messages cost, in any unit: one that does not trigger, and
// one that does. Zero values say nothing.
type Cost struct {
	Message float64 `json:"message"`
	Trigger float64 `json:"trigger"`
}

// ratioPower brings a ratio of costs to the one that questions are chosen by:
// ten becomes two and a quarter. Each question is chosen for itself. With the full ratio
// many more messages save few that trigger, as a question that hardly ever
// triggers hardly ever tells anything either; the total cost stays nearly the
// same from four up.
const ratioPower = 0.352

// Ratio is how many silent messages a triggering one counts for when questions
// are chosen; zero if the cost says nothing.
func (c Cost) Ratio() (float64, error) {
	switch {
	case c == (Cost{}):
		return 0, nil
	case !(c.Message > 0) || !(c.Trigger >= c.Message) || math.IsInf(c.Trigger, 0):
		return 0, fmt.Errorf("a cost of %v for a message and %v for one that triggers cannot be used: give positive numbers, the second no less than the first", c.Message, c.Trigger)
	}
	return min(math.Pow(c.Trigger/c.Message, ratioPower), 100), nil
}

// Reply is the answer to one test.
type Reply struct {
	// Hit says whether the filter reacted.
	Hit bool
	// Refused says why the message could not be put; MaxLen is set if it was
	// too long.
	Refused string
	MaxLen  int
}

// input is any line that comes from outside. A hit stands alone or in hits,
// where it is a bare boolean.
type input struct {
	Task   *Task        `json:"task"`
	Hit    *bool        `json:"hit"`
	Hits   []replyOfAny `json:"hits"`
	Error  string       `json:"error"`
	MaxLen int          `json:"max_len"`
}

// replyOfAny reads true, false, or an object with hit or error.
type replyOfAny struct{ Reply }

// UnmarshalJSON takes a boolean or an object.
func (r *replyOfAny) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &r.Hit); err == nil {
		return nil
	}
	var one input
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	var err error
	r.Reply, err = one.reply()
	return err
}

func (in input) reply() (Reply, error) {
	switch {
	case in.Error != "":
		return Reply{Refused: in.Error, MaxLen: in.MaxLen}, nil
	case in.Hit != nil:
		return Reply{Hit: *in.Hit}, nil
	}
	return Reply{}, errors.New(`an answer has "hit": true or false, or "error"`)
}

// lines reads and writes the protocol and counts lines for its errors.
type lines struct {
	in  *bufio.Scanner
	out *json.Encoder
	n   int
}

func newLines(r io.Reader, w io.Writer) *lines {
	l := &lines{in: bufio.NewScanner(r), out: json.NewEncoder(w)}
	l.in.Buffer(make([]byte, 64<<10), maxLine)
	l.out.SetEscapeHTML(false)
	return l
}

// read returns the next line; io.EOF at the end.
func (l *lines) read() (input, error) {
	var in input
	if !l.in.Scan() {
		if err := l.in.Err(); err != nil {
			return in, fmt.Errorf("line %d of the oracle: %w", l.n+1, err)
		}
		return in, io.EOF
	}
	l.n++
	if err := json.Unmarshal(l.in.Bytes(), &in); err != nil {
		return in, fmt.Errorf("line %d of the oracle is not an answer: %w", l.n, err)
	}
	return in, nil
}

// ask puts messages and waits for their answers.
func (l *lines) ask(messages []string) ([]Reply, error) {
	var err error
	if len(messages) == 1 {
		err = l.out.Encode(map[string]string{"test": messages[0]})
	} else {
		err = l.out.Encode(map[string][]string{"batch": messages})
	}
	if err != nil {
		return nil, fmt.Errorf("the oracle takes no more questions: %w", err)
	}
	in, err := l.read()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("waiting for an answer: %w", err)
	}
	replies, err := in.replies(len(messages))
	if err != nil {
		return nil, fmt.Errorf("line %d of the oracle: %w", l.n, err)
	}
	return replies, nil
}

// replies returns the answers to n messages.
func (in input) replies(n int) ([]Reply, error) {
	if n == 1 && in.Hits == nil {
		one, err := in.reply()
		return []Reply{one}, err
	}
	if len(in.Hits) != n {
		return nil, fmt.Errorf("%d answers to %d messages", len(in.Hits), n)
	}
	out := make([]Reply, n)
	for i, h := range in.Hits {
		out[i] = h.Reply
	}
	return out, nil
}
