package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/isolate/screen"
)

const screenLong = `Screen finds, among thousands of candidate terms, all those that a filter
reacts to, with few messages and few of them triggering. Many candidates go
into one message; it is taken apart only if it reacts.

With --oracle 'exec:CMD', CMD is started, reads one message a line on its
standard input, {"test":"..."} ({"batch":["...","..."]} with --parallel), and
answers {"hit":true} or {"hit":false} ({"hits":[true,false]}); the candidates
are in --terms FILE, one a line ("-": stdin; columns after a tab are left out).
With --state FILE every answer is written down, and the same command goes on
where it was interrupted.

With --oracle stdio the program asks on standard output and is answered on
standard input, one JSON object a line; many tasks may follow one another:

  you   {"task":{"id":"1","terms":["a","b"],"sep":"\n","max_len":500,"max_k":1,"noisy":false}}
  it    {"test":[0,1]}               pieces: index of a term, or a text
  it    {"batch":[[0],[1,"text"]]}   several messages at once (--parallel)
  you   {"hit":true}                 or {"hits":[true,false]} to a batch,
                                     or {"error":"too long","max_len":400}
  it    {"result":{"triggers":[[0]]}}

max_k 1 screens for single terms, 2 for pairs that react together as well
(up to 3,000 candidates); "cost":{"message":1,"trigger":10} says what a triggering message
costs; noisy says that answers may be wrong.

Exit codes: 0 all tasks of stdio were answered, or nothing reacts; with exec, 10
terms were found, 11 the search was stopped before its end.`

// maxScreenLine bounds one line of the protocol.
const maxScreenLine = 64 << 20

// screenFlags are the options of the command.
type screenFlags struct {
	oracle   string
	parallel int
	cost     float64
	explain  bool
	budget   screen.Budget
	// with exec
	terms  string
	state  string
	sep    string
	maxLen int
	pairs  bool
	noisy  bool
	json   bool
}

func (a *app) screenCommand() *cobra.Command {
	var flags screenFlags
	cmd := &cobra.Command{
		Use:   "screen --oracle stdio|exec:CMD",
		Short: "Find all terms of a list that a filter reacts to",
		Long:  screenLong,
		Example: `  telltale screen --oracle stdio --explain
  telltale screen --oracle 'exec:./ask-the-app' --terms list.txt --state search.jsonl`,
		Args: cobra.NoArgs,
		RunE: failing(func(cmd *cobra.Command, _ []string) error { return a.screen(cmd.Context(), flags) }),
	}
	f := cmd.Flags()
	f.StringVar(&flags.oracle, "oracle", "", "who answers: stdio or exec:CMD")
	f.StringVar(&flags.terms, "terms", "", "file with the candidates, one a line (exec)")
	f.StringVar(&flags.state, "state", "", "file that keeps the search, to go on with it later (exec)")
	f.StringVar(&flags.sep, "sep", "\n", "what stands between candidates in a message (exec)")
	f.IntVar(&flags.maxLen, "max-len", 0, fmt.Sprintf("longest message in characters (exec; 0: %d)", screen.DefaultMaxLen))
	f.BoolVar(&flags.pairs, "pairs", false, "look for pairs that react together as well (exec)")
	f.BoolVar(&flags.noisy, "noisy", false, "answers may be wrong now and then (exec)")
	f.BoolVar(&flags.json, "json", false, "print the result as one line of JSON (exec)")
	f.IntVar(&flags.parallel, "parallel", 1, "messages asked at once")
	f.Float64Var(&flags.cost, "trigger-cost", 0, "silent messages that a triggering one is worth (0: as the task says, or 10)")
	f.IntVar(&flags.budget.Messages, "max-messages", 0, "most messages of a task (0: no limit)")
	f.IntVar(&flags.budget.Triggering, "max-triggering", 0, "most triggering messages of a task (0: no limit)")
	f.BoolVar(&flags.explain, "explain", false, "say on standard error what each question is for")
	return cmd
}

// screen asks whoever the oracle is.
func (a *app) screen(ctx context.Context, flags screenFlags) error {
	kind, command, _ := strings.Cut(flags.oracle, ":")
	switch {
	case kind == "exec" && strings.TrimSpace(command) != "":
		return a.screenExec(ctx, command, flags)
	case flags.oracle != "stdio":
		return exitWith(exitUsage, fmt.Errorf("there is no oracle %q: give --oracle stdio or --oracle exec:CMD", flags.oracle))
	case flags.state != "" || flags.terms != "":
		return exitWith(exitUsage, errors.New("--terms and --state are about one search: give them with --oracle exec:CMD"))
	}
	return a.screenStdio(ctx, flags)
}

// screenStdio serves tasks until the input ends.
func (a *app) screenStdio(ctx context.Context, flags screenFlags) error {
	t := a.screenTalk(a.stdin, a.stdout, flags)
	for ctx.Err() == nil {
		line, err := t.read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = t.task(ctx, line)
		}
		if err != nil {
			return fmt.Errorf("line %d of the oracle: %w", t.line, err)
		}
	}
	return ctx.Err()
}

// screenTalk is the conversation with an oracle.
type screenTalk struct {
	in    *bufio.Scanner
	out   io.Writer
	log   io.Writer
	flags screenFlags
	line  int
}

func (a *app) screenTalk(r io.Reader, w io.Writer, flags screenFlags) *screenTalk {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 64<<10), maxScreenLine)
	t := &screenTalk{in: in, out: w, log: io.Discard, flags: flags}
	if flags.explain {
		t.log = a.stderr
	}
	return t
}

// asked is a search as a conversation needs it.
type asked interface {
	Next() []screen.Question
	Answer(id int, a screen.Answer) error
}

// read returns the next line that is not blank.
func (t *screenTalk) read() ([]byte, error) {
	for t.in.Scan() {
		t.line++
		if line := bytes.TrimSpace(t.in.Bytes()); len(line) > 0 {
			return line, nil
		}
	}
	if err := t.in.Err(); err != nil {
		return nil, err
	}
	return nil, io.EOF
}

func (t *screenTalk) write(line []byte, err error) error {
	if err != nil {
		return err
	}
	_, err = t.out.Write(append(line, '\n'))
	return err
}

// task runs one search to its end.
func (t *screenTalk) task(ctx context.Context, line []byte) error {
	task, err := screen.ReadTask(line)
	if err != nil {
		return err
	}
	c, err := task.Config()
	if err != nil {
		return err
	}
	if c.Parallel, c.Budget = t.flags.parallel, t.flags.budget; t.flags.cost != 0 {
		c.TriggerCost = t.flags.cost
	}
	s, err := screen.New(c)
	if err != nil {
		return err
	}
	if err := t.all(ctx, s, screen.WriteQuestions); err != nil {
		return err
	}
	result := s.Result()
	if result.UntestedPairs > 0 {
		fmt.Fprintf(t.log, "%d pairs were not sent\n", result.UntestedPairs)
	}
	if result.Why != "" {
		fmt.Fprintf(t.log, "stopped: %s; %d candidates are not settled\n", result.Why, len(result.Untested))
	}
	return t.write(screen.WriteResult(result))
}

// all puts questions until there are no more, or ctx ends.
func (t *screenTalk) all(ctx context.Context, s asked, write func([]screen.Question) ([]byte, error)) error {
	for ctx.Err() == nil {
		questions := s.Next()
		if len(questions) == 0 {
			return nil
		}
		if err := t.ask(s, questions, write); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// ask sends questions in one line and takes their answers.
func (t *screenTalk) ask(s asked, questions []screen.Question, write func([]screen.Question) ([]byte, error)) error {
	for _, q := range questions {
		fmt.Fprintf(t.log, "%d: %s\n", q.ID, q.Why)
	}
	if err := t.write(write(questions)); err != nil {
		return err
	}
	line, err := t.read()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	answers, err := screen.ReadAnswers(line, len(questions))
	if err != nil {
		return err
	}
	for i, a := range answers {
		if err := s.Answer(questions[i].ID, a); err != nil {
			return err
		}
	}
	return nil
}
