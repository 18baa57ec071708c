package screen

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Task is the line that begins a task: the candidates and the terms of the
// oracle.
type Task struct {
	ID     string   `json:"id"`
	Terms  []string `json:"terms"`
	Sep    string   `json:"sep"`
	MaxLen int      `json:"max_len"`
	MaxK   int      `json:"max_k"`
	Noisy  bool     `json:"noisy"`
	Want   string   `json:"want"`
	Cost   struct {
		Message float64 `json:"message"`
		Trigger float64 `json:"trigger"`
	} `json:"cost"`
}

// Config is the problem that a task states.
func (t Task) Config() (Config, error) {
	if t.Want != "" && t.Want != "all" {
		return Config{}, fmt.Errorf("task %q wants %q: only \"all\" is known", t.ID, t.Want)
	}
	c := Config{Terms: t.Terms, Sep: t.Sep, MaxLen: t.MaxLen, MaxSize: t.MaxK, Noisy: t.Noisy}
	if t.Cost.Message > 0 && t.Cost.Trigger > 0 {
		c.TriggerCost = max(t.Cost.Trigger/t.Cost.Message, 1)
	}
	return c, c.check()
}

// ReadTask reads the line that begins a task.
func ReadTask(line []byte) (Task, error) {
	var m struct {
		Task *Task `json:"task"`
	}
	if err := json.Unmarshal(line, &m); err != nil {
		return Task{}, fmt.Errorf("not a task line: %w", err)
	}
	if m.Task == nil {
		return Task{}, errors.New(`no task in the line: want {"task":{"terms":[...]}}`)
	}
	return *m.Task, nil
}

// reply is one answer on the wire.
type reply struct {
	Hit    *bool  `json:"hit"`
	Error  string `json:"error"`
	MaxLen int    `json:"max_len"`
}

func (r reply) answer() (Answer, error) {
	switch {
	case r.Hit != nil && r.Error == "":
		return Answer{Hit: *r.Hit}, nil
	case r.Hit == nil && r.Error == "too long":
		return Answer{Refused: true, MaxLen: max(r.MaxLen, 0)}, nil
	case r.Error != "":
		return Answer{}, fmt.Errorf("the oracle says %q", r.Error)
	}
	return Answer{}, errors.New(`neither "hit" nor "error" in the answer`)
}

// ReadAnswers reads the line that answers n questions: one object, or, for a
// batch, a list of booleans and errors.
func ReadAnswers(line []byte, n int) ([]Answer, error) {
	var m struct {
		reply
		Hits []json.RawMessage `json:"hits"`
	}
	if err := json.Unmarshal(line, &m); err != nil {
		return nil, fmt.Errorf("not an answer line: %w", err)
	}
	if m.Hits == nil {
		if n != 1 {
			return nil, fmt.Errorf("one answer to %d questions: want \"hits\"", n)
		}
		a, err := m.answer()
		return []Answer{a}, err
	}
	if len(m.Hits) != n {
		return nil, fmt.Errorf("%d answers to %d questions", len(m.Hits), n)
	}
	out := make([]Answer, n)
	for i, raw := range m.Hits {
		a, err := readHit(raw)
		if err != nil {
			return nil, fmt.Errorf("answer %d of the batch: %w", i, err)
		}
		out[i] = a
	}
	return out, nil
}

func readHit(raw json.RawMessage) (Answer, error) {
	switch string(bytes.TrimSpace(raw)) {
	case "true":
		return Answer{Hit: true}, nil
	case "false":
		return Answer{}, nil
	}
	var r reply
	if err := json.Unmarshal(raw, &r); err != nil {
		return Answer{}, err
	}
	return r.answer()
}

// WriteQuestions is the line that asks: "test" for one, "batch" for several.
func WriteQuestions(qs []Question) ([]byte, error) {
	tests := make([][]any, len(qs))
	for i, q := range qs {
		tests[i] = make([]any, len(q.Pieces))
		for k, p := range q.Pieces {
			if tests[i][k] = p.Term; p.Term < 0 {
				tests[i][k] = p.Text
			}
		}
	}
	if len(tests) == 1 {
		return json.Marshal(map[string]any{"test": tests[0]})
	}
	return json.Marshal(map[string]any{"batch": tests})
}

// WriteTexts is the line that asks with whole messages: {"test":"..."} for
// one, {"batch":["...","..."]} for several.
func (s *Search) WriteTexts(qs []Question) ([]byte, error) {
	texts := make([]string, len(qs))
	for i, q := range qs {
		texts[i] = s.Text(q)
	}
	if len(texts) == 1 {
		return json.Marshal(map[string]string{"test": texts[0]})
	}
	return json.Marshal(map[string][]string{"batch": texts})
}

// WriteResult is the line that ends a task.
func WriteResult(r Result) ([]byte, error) {
	triggers := r.Triggers
	if triggers == nil {
		triggers = [][]int{}
	}
	return json.Marshal(map[string]any{"result": map[string]any{"triggers": triggers}})
}
