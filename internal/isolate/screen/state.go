package screen

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// stateFormat is the version of stored searches.
const stateFormat = 1

// Head says what a stored search is about. A search can be resumed only with
// the same candidates and settings, since these choose its questions; the
// budget may be another.
type Head struct {
	Format int `json:"format"`
	// Terms is the digest of the candidates in their order.
	Terms    string  `json:"terms_sha256"`
	Sep      string  `json:"sep"`
	MaxLen   int     `json:"max_len"`
	MaxSize  int     `json:"max_size"`
	Noisy    bool    `json:"noisy,omitempty"`
	Cost     float64 `json:"trigger_cost"`
	Parallel int     `json:"parallel"`
}

// HeadOf describes a search.
func HeadOf(c Config) (Head, error) {
	c = c.withDefaults()
	terms, err := json.Marshal(c.Terms)
	sum := sha256.Sum256(terms)
	return Head{
		Format: stateFormat, Terms: hex.EncodeToString(sum[:]), Sep: c.Sep, MaxLen: c.MaxLen,
		MaxSize: c.MaxSize, Noisy: c.Noisy, Cost: c.TriggerCost, Parallel: c.Parallel,
	}, err
}

// State is a search as stored: what it is about and every answer, one JSON
// object a line, the head first. It only ever grows.
type State struct {
	Head    Head
	History []Exchange
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
		if err == nil {
			err = s.read(n, line)
		}
		if err != nil {
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
	var e Exchange
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	s.History = append(s.History, e)
	return nil
}

// Stored is a search that writes down every answer as it comes.
type Stored struct {
	*Search
	out *json.Encoder
}

// Resume goes on with a stored search, or begins it, and appends to out.
func Resume(c Config, s State, out io.Writer) (*Stored, error) {
	head, err := HeadOf(c)
	if err != nil {
		return nil, err
	}
	if s.Head.Format != 0 && s.Head != head {
		return nil, errors.New("the stored search is about other candidates, or was made with other settings: give the same, or another file")
	}
	search, err := Replay(c, s.History)
	if err != nil {
		return nil, fmt.Errorf("the stored search: %w", err)
	}
	st := &Stored{Search: search, out: json.NewEncoder(out)}
	if s.Head.Format == 0 {
		err = st.out.Encode(head)
	}
	return st, err
}

// Answer takes the answer to one open question and writes it down.
func (s *Stored) Answer(id int, a Answer) error {
	if err := s.Search.Answer(id, a); err != nil {
		return err
	}
	if err := s.out.Encode(s.history[len(s.history)-1]); err != nil {
		return fmt.Errorf("write the search down: %w", err)
	}
	return nil
}
