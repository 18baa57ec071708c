package oracle

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"example.org/telltale/internal/isolate"
	"example.org/telltale/internal/isolate/bayes"
)

// stateFormat is the version of stored states.
const stateFormat = 1

// State is a search as stored: what it is about, and every message with its
// answer. It is written as one JSON object a line, the head first, and only
// ever grows.
type State struct {
	Head    Head
	Records []bayes.Record
}

// Head says what a stored search is about. A search can be resumed only with
// the same text and settings, since these choose its questions.
type Head struct {
	Format int `json:"format"`
	// Text is the digest of the text, so that the file does not hold it twice.
	Text     string  `json:"text_sha256"`
	Sep      string  `json:"sep,omitempty"`
	MaxLen   int     `json:"max_len,omitempty"`
	Noisy    bool    `json:"noisy,omitempty"`
	All      bool    `json:"all,omitempty"`
	Cost     float64 `json:"trigger_cost,omitempty"`
	Accounts int     `json:"accounts,omitempty"`
}

// HeadOf describes a search.
func HeadOf(c bayes.Config) Head {
	sum := sha256.Sum256([]byte(c.Text))
	return Head{
		Format: stateFormat, Text: hex.EncodeToString(sum[:]), Sep: c.Sep, MaxLen: c.MaxLen, Noisy: c.Noisy,
		All: c.All, Cost: c.TriggerCost, Accounts: c.Accounts,
	}
}

// ReadState reads a stored search and returns how many bytes of it are whole:
// a last line without an end was cut off by a crash and does not count. An
// empty file is a search that has not begun; its Format is zero.
func ReadState(r io.Reader) (State, int64, error) {
	var s State
	lines, whole := bufio.NewReader(r), int64(0)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return s, whole, nil
		}
		if err != nil {
			return s, whole, fmt.Errorf("line %d of the stored search: %w", n, err)
		}
		if err := s.read(n, line); err != nil {
			return s, whole, fmt.Errorf("line %d of the stored search: %w", n, err)
		}
		whole += int64(len(line))
	}
}

func (s *State) read(n int, line []byte) error {
	if n == 1 {
		if err := json.Unmarshal(line, &s.Head); err != nil {
			return err
		}
		if s.Head.Format != stateFormat {
			return fmt.Errorf("format %d is not known: this program reads format %d", s.Head.Format, stateFormat)
		}
		return nil
	}
	var r bayes.Record
	if err := json.Unmarshal(line, &r); err != nil {
		return err
	}
	s.Records = append(s.Records, r)
	return nil
}

// Stored is a search that writes down every answer as it comes.
type Stored struct {
	Search
	hunt    *bayes.Hunt
	texts   map[string]string // of questions that are open
	out     *json.Encoder
	written int // records of the hunt
}

// Resume goes on with a stored search, or begins it, and appends to out.
func Resume(c bayes.Config, d Deepen, s State, out io.Writer) (*Stored, error) {
	head := HeadOf(c)
	if s.Head.Format != 0 && s.Head != head {
		return nil, errors.New("the stored search is about another text, or was made with other settings: give the same, or another file")
	}
	n := 0
	for n < len(s.Records) && strings.HasPrefix(s.Records[n].ID, "q") {
		n++
	}
	h, err := bayes.Replay(c, s.Records[:n])
	if err != nil {
		return nil, fmt.Errorf("the stored search: %w", err)
	}
	st := &Stored{Search: Guided{Hunt: h}, hunt: h, texts: map[string]string{}, out: json.NewEncoder(out), written: n}
	if d.Wanted() {
		st.Search = d.After(Guided{Hunt: h}, c)
	}
	st.out.SetEscapeHTML(false)
	for i, r := range s.Records[n:] {
		if err := replay(st.Search, r); err != nil {
			return nil, fmt.Errorf("the stored search: record %d (%s): %w", n+i+1, r.ID, err)
		}
	}
	if s.Head.Format == 0 {
		err = st.out.Encode(head)
	}
	return st, err
}

// replay answers a question as it was answered before.
func replay(s Search, r bayes.Record) error {
	for _, q := range s.Next() {
		if q.ID != r.ID || q.Text != r.Text {
			continue
		}
		reply := Reply{Hit: r.Reacted, MaxLen: r.Limit}
		if r.Refused {
			reply.Refused = "refused"
		}
		return s.Answer(r.ID, reply)
	}
	return errors.New("it does not belong to this search: was a setting changed, or a text that passed?")
}

// Next returns the open questions.
func (s *Stored) Next() []isolate.Question {
	questions := s.Search.Next()
	for _, q := range questions {
		s.texts[q.ID] = q.Text
	}
	return questions
}

// Answer tells what came of a question and writes it down.
func (s *Stored) Answer(id string, r Reply) error {
	if err := s.Search.Answer(id, r); err != nil {
		return err
	}
	records := []bayes.Record{{ID: id, Text: s.texts[id], Reacted: r.Hit && r.Refused == "", Refused: r.Refused != "", Limit: r.MaxLen}}
	delete(s.texts, id)
	if strings.HasPrefix(id, "q") {
		records = s.hunt.History()[s.written:]
		s.written += len(records)
	}
	for _, r := range records {
		if err := s.out.Encode(r); err != nil {
			return fmt.Errorf("storing the answer: %w", err)
		}
	}
	return nil
}
