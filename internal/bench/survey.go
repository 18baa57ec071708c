package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/isolate/survey"
	"example.org/telltale/internal/scenario"
)

const (
	// longestText bounds messages for services that name no limit, in bytes.
	longestText = 1200
	// canaryRoom is what the canaries of a message take, with their blanks.
	canaryRoom = 1 + 8 + 1 + 6*3
	// surveyRepeats is how often the survey itself puts a rule's words. They
	// are proved with fresh messages afterwards.
	surveyRepeats = 1
	// firstSettle is how long a copy is waited for before any was seen. One
	// that comes later overturns what was taken for silence.
	firstSettle = 300 * time.Millisecond
	// overturns is how often a survey may be walked again because an answer
	// turned out to be another.
	overturns = 25
	// surveyCombine is the number of words of a rule that is looked for if the
	// scenario does not say.
	surveyCombine = 3
)

// route is where a survey is made.
type route struct {
	direction telltale.Direction
	place     string
}

// walk is one survey in progress, or at its end.
type walk struct {
	route
	search *survey.Search
	asked  []asked
	times  map[string]int // how often a text was asked
	// unput are texts that could not be put.
	unput map[string]bool
}

// asked is a question of a survey with its trial and what the survey was told.
type asked struct {
	survey.Question
	trial trial
	told  survey.Answer
}

// surveyWords finds the rules of a route among some words. Its questions
// follow from their answers alone: if an answer turns out to be another, by
// what came late, the survey is walked again with what is known now. No text
// is typed again that has its answer.
func (e *engine) surveyWords(ctx context.Context, r route, words []string) (*walk, error) {
	for range overturns {
		w, err := e.begin(r, words)
		if err != nil {
			return nil, err
		}
		sound, err := e.walk(ctx, w)
		if err == nil && sound {
			sound, err = e.settled(ctx, w)
		}
		if err != nil || sound {
			return w, err
		}
	}
	return nil, errors.New("the answers kept changing after they were given: give copies more time (window) and resume the case")
}

func (e *engine) begin(r route, words []string) (*walk, error) {
	combine := e.Scenario.Combine
	if combine == 0 {
		combine = surveyCombine
	}
	search, err := survey.New(survey.Config{
		Terms: words, MaxLen: e.room(), Combine: combine, Repeats: surveyRepeats, Seed: e.Scenario.Seed,
	})
	if err != nil {
		return nil, fmt.Errorf("surveying the words: %w", err)
	}
	return &walk{route: r, search: search, times: map[string]int{}, unput: map[string]bool{}}, nil
}

// room is how many bytes the words of a message may take.
func (e *engine) room() int {
	if e.limit <= 0 {
		return longestText
	}
	return max(e.limit-canaryRoom, 1)
}

// walk asks until the survey is at its end; false if an earlier answer turned
// out to be another.
func (e *engine) walk(ctx context.Context, w *walk) (sound bool, err error) {
	for {
		q, open := w.search.Next()
		if !open {
			return true, nil
		}
		if err := e.question(ctx, w, q); err != nil {
			return false, err
		}
		e.Progress.Step(e.answers.sent, 0)
		if e.overturned(w) {
			return false, nil
		}
	}
}

// question puts one question, waits for what it may lead to, and answers.
func (e *engine) question(ctx context.Context, w *walk, q survey.Question) error {
	mark := scenario.Mark(q.Body)
	if w.unput[mark] {
		return w.search.Answer(q.Key, survey.Answer{Void: true})
	}
	item := scenario.Ask(e.Scenario, w.direction, w.place,
		fmt.Sprintf("survey/%s/%s/%s/%d", w.direction, w.place, mark, w.times[mark]), q.Body)
	w.times[mark]++
	before := e.answers.next
	trials, err := e.askSurely(ctx, []scenario.Item{item})
	if err != nil {
		return err
	}
	t := trials[0]
	if e.answers.next != before {
		if err := e.listen(ctx, e.copyWait()); err != nil {
			return err
		}
	}
	answer := e.effects(t)
	w.unput[mark] = answer.Void
	w.asked = append(w.asked, asked{q, t, answer})
	return w.search.Answer(q.Key, answer)
}

// copyWait is how long to wait for copies of one message.
func (e *engine) copyWait() time.Duration {
	if !e.mayCopy() {
		return 0
	}
	if longest := e.follow.longest(e.Case.Snapshot()); longest > 0 {
		return min(e.Scenario.Window, 4*longest+shortestWait)
	}
	return min(e.Scenario.Window, firstSettle)
}

// overturned reports whether something would be answered otherwise now.
func (e *engine) overturned(w *walk) bool {
	return slices.ContainsFunc(w.asked, func(a asked) bool { return !sameAnswer(a.told, e.effects(a.trial)) })
}

func sameAnswer(a, b survey.Answer) bool {
	return a.Void == b.Void && a.Got == b.Got && slices.Equal(a.Effects, b.Effects)
}

// settled waits for the last that may come, opens what can be opened by now,
// and reports whether all answers stand.
func (e *engine) settled(ctx context.Context, w *walk) (bool, error) {
	window := time.Duration(0)
	if e.mayCopy() {
		window = e.Scenario.Window
	}
	if err := e.listen(ctx, window); err != nil {
		return false, err
	}
	if err := e.unseal(ctx); err != nil {
		return false, err
	}
	if err := e.askForKeys(ctx); err != nil {
		return false, err
	}
	return !e.overturned(w), nil
}
