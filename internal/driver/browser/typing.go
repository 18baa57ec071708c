package browser

import (
	"context"
	"unicode"
)

// stroke is one thing that is typed: a key, or a text that an input method or
// a table of characters gives.
type stroke struct {
	text     string
	key      bool
	composed bool
}

// strokes cuts a text into what people do to write it: keys for what is on the
// keyboard, an input method for Han, kana and hangul, insertion for the rest.
func strokes(text string) (all []stroke) {
	for _, r := range text {
		next := stroke{text: string(r), composed: unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)}
		_, _, next.key = onKeyboard(r)
		if n := len(all); n > 0 && !next.key && !all[n-1].key && all[n-1].composed == next.composed {
			all[n-1].text += next.text
			continue
		}
		all = append(all, next)
	}
	return all
}

// write types a text into what has the focus. Commands are sent without
// waiting for one another; they are obeyed in order.
func (s *session) write(ctx context.Context, text string) error {
	if s.e.opts.Typing == TypeInsert {
		return s.c.call(ctx, "Input.insertText", arguments{"text": text}, nil)
	}
	var commands []command
	for _, st := range strokes(text) {
		commands = append(commands, st.commands()...)
	}
	return s.pipeline(ctx, commands)
}

type command struct {
	method string
	params arguments
}

func (st stroke) commands() (all []command) {
	switch {
	case st.key:
		r := []rune(st.text)[0]
		k, shift, _ := onKeyboard(r)
		mods := 0
		if shift {
			mods = modifiers()["Shift"]
		}
		for _, down := range []bool{true, false} {
			all = append(all, command{"Input.dispatchKeyEvent", keyArguments(k, st.text, mods, down)})
		}
		return all
	case st.composed:
		n := len([]rune(st.text))
		all = append(all, command{"Input.imeSetComposition", arguments{"text": st.text, "selectionStart": n, "selectionEnd": n}})
	}
	return append(all, command{"Input.insertText", arguments{"text": st.text}})
}

// pipeline sends commands, not more than a few ahead of the answers.
func (s *session) pipeline(ctx context.Context, commands []command) error {
	const ahead = 64
	type pending struct {
		method string
		answer chan message
	}
	var open []pending
	for i, c := range commands {
		_, answer, err := s.c.start(c.method, c.params)
		if err != nil {
			return err
		}
		open = append(open, pending{c.method, answer})
		for len(open) > 0 && (len(open) > ahead || i == len(commands)-1) {
			if _, err := s.c.finish(ctx, open[0].method, open[0].answer); err != nil {
				return err
			}
			open = open[1:]
		}
	}
	return nil
}
