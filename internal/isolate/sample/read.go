package sample

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"example.org/telltale/internal/isolate/filter"
)

// maxLine bounds one line of a file, in bytes.
const maxLine = 64 << 20

// File is the problems of a file.
type File struct {
	Articles []Article
	Lists    []List
}

// record is a line: a pool of terms, an article, or a list.
type record struct {
	Pool  string   `json:"pool"`
	Terms []string `json:"terms"`

	ID    string            `json:"id"`
	Set   string            `json:"set"`
	Text  string            `json:"text"`
	Of    string            `json:"of"`
	Pick  []int             `json:"pick"`
	Rules []json.RawMessage `json:"rules"`
	Match struct {
		Ordered bool              `json:"ordered"`
		Fold    []filter.Fold     `json:"fold"`
		Simple  map[string]string `json:"t2s"`
	} `json:"match"`
	Fold   []filter.Fold `json:"fold"`
	Sep    string        `json:"sep"`
	MaxLen int           `json:"max_len"`
	MaxK   int           `json:"max_k"`
	Traps  bool          `json:"traps"`
	Noise  *struct {
		Miss  float64 `json:"fn"`
		False float64 `json:"fp"`
		Seed  int64   `json:"seed"`
	} `json:"noise"`
}

// Read reads problems, one JSON object a line. A line with "text" is an
// article, with rules {"parts":[...],"ext":[[...]]} and
// "match":{"ordered","fold","t2s"}; one with "pool" and "terms" a stock of
// terms; one with "terms", or "of" a pool and "pick", a list with rules
// [["part"],...] and "max_k". "sep", "max_len", "noise":{"fn","fp","seed"},
// "id" and "set" are common. Errors name the line.
func Read(r io.Reader) (File, error) {
	var f File
	pools := map[string][]string{}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	n := 0
	for lines.Scan() {
		n++
		var in record
		err := json.Unmarshal(lines.Bytes(), &in)
		if err == nil {
			err = f.add(in, pools)
		}
		if err != nil {
			return File{}, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return File{}, fmt.Errorf("line %d: %w", n+1, err)
	}
	return f, nil
}

func (f *File) add(in record, pools map[string][]string) error {
	c, err := in.filter()
	if err != nil {
		return err
	}
	switch {
	case in.Pool != "":
		pools[in.Pool] = in.Terms
	case in.Text != "":
		f.Articles = append(f.Articles, Article{ID: in.ID, Set: in.Set, Text: in.Text, Filter: c})
	case in.Of != "" || len(in.Terms) > 0:
		l := List{ID: in.ID, Set: in.Set, Terms: in.Terms, MaxSize: max(1, in.MaxK), Joins: in.Traps, Filter: c}
		for _, i := range in.Pick {
			if i < 0 || i >= len(pools[in.Of]) {
				return fmt.Errorf("list %q: there is no term %d in pool %q", in.ID, i, in.Of)
			}
			l.Terms = append(l.Terms, pools[in.Of][i])
		}
		f.Lists = append(f.Lists, l)
	default:
		return fmt.Errorf(`record %q has neither "text" nor "terms" nor "of"`, in.ID)
	}
	return nil
}

// filter is the filter of a record. It is made once to see that it can be.
func (in record) filter() (filter.Config, error) {
	c := filter.Config{Ordered: in.Match.Ordered, Folds: in.Match.Fold, Sep: in.Sep, MaxLen: in.MaxLen, Simple: map[rune]rune{}}
	if len(in.Fold) > 0 { // filters of lists that fold ignore case, too
		c.Folds = append(in.Fold, filter.Lower)
	}
	if z := in.Noise; z != nil {
		c.Noise = filter.Noise{Miss: z.Miss, False: z.False, Seed: z.Seed}
	}
	for from, to := range in.Match.Simple {
		a, b := []rune(from), []rune(to)
		if len(a) != 1 || len(b) != 1 {
			return c, fmt.Errorf("record %q: %q to %q is not one character to another", in.ID, from, to)
		}
		c.Simple[a[0]] = b[0]
	}
	for i, raw := range in.Rules {
		r, err := readRule(raw)
		if err != nil {
			return c, fmt.Errorf("record %q, rule %d: %w", in.ID, i, err)
		}
		c.Rules = append(c.Rules, r)
	}
	_, err := filter.New(c)
	return c, err
}

// readRule reads a list of parts, or an object with parts and exceptions.
func readRule(raw json.RawMessage) (filter.Rule, error) {
	var parts []string
	if json.Unmarshal(raw, &parts) == nil {
		return filter.Rule{Parts: parts}, nil
	}
	var r struct {
		Parts []string   `json:"parts"`
		Ext   [][]string `json:"ext"`
	}
	err := json.Unmarshal(raw, &r)
	return filter.Rule{Parts: r.Parts, Except: r.Ext}, err
}
