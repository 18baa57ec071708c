package wordlist

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// columns are the places of what is read of a table; -1 for none.
type columns struct {
	// entry is the column of entries; lists names the lists that an entry
	// stands on, separated by semicolons; date is a day.
	entry, lists, date int
	// disables lists the combinations that the entry disables.
	disables int
}

// sheet is a table as read, with its columns.
type sheet struct {
	columns
	r *csv.Reader
}

// entryNames are the heads of a column of entries, the likeliest first.
func entryNames() []string {
	return []string{"word", "keyword", "keywords", "term", "terms", "phrase", "entry", "text", "combination", "keyword combination", "censored keyword", "censored word", "blocked word", "content", "关键词", "敏感词"}
}

// table reports whether a text is CSV with a head that names a column of
// entries.
func table(name, text string) (*sheet, bool) {
	text = strings.TrimPrefix(text, "\ufeff")
	first, _, _ := strings.Cut(text, "\n")
	comma := ','
	switch {
	case strings.Contains(first, ","):
	case strings.Contains(first, "\t"):
		comma = '\t'
	case !strings.HasSuffix(strings.ToLower(name), ".csv"):
		return nil, false
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = comma, -1, true, true
	head, err := r.Read()
	if err != nil {
		return nil, false
	}
	c, ok := columnsOf(head)
	return &sheet{c, r}, ok
}

func columnsOf(head []string) (columns, bool) {
	c := columns{-1, -1, -1, -1}
	names := make([]string, len(head))
	for i, h := range head {
		names[i] = strings.ToLower(trimmed(h))
	}
	for _, want := range entryNames() {
		if c.entry < 0 {
			c.entry = slices.Index(names, want)
		}
	}
	for i, n := range names {
		switch {
		case strings.Contains(n, "extenuates") || strings.Contains(n, "disables") || strings.Contains(n, "exempts"):
			if !strings.HasPrefix(n, "#") && !strings.Contains(n, "number") {
				c.disables = i
			}
		case c.entry < 0 && (strings.Contains(n, "keyword") || strings.Contains(n, "combination") || strings.Contains(n, "word")) && !strings.HasPrefix(n, "#") && !strings.HasSuffix(n, "id"):
			c.entry = i
		case n == "lists" || n == "list":
			c.lists = i
		case c.lists < 0 && (n == "client" || n == "app" || n == "platform" || n == "source"):
			c.lists = i
		case n == "date" || n == "day" || n == "snapshot":
			c.date = i
		}
	}
	return c, c.entry >= 0
}

// heap gathers entries by list and date, in order.
type heap struct {
	name    string
	source  Source
	o       Options
	entries int
	order   []string
	byName  map[string]*Snapshot
	// exceptions are the combinations that disable an entry, by its text.
	exceptions map[string][][]string
}

func readTable(name string, s *sheet, source Source, o Options) (List, error) {
	h := &heap{name: name, source: source, o: o, byName: map[string]*Snapshot{}, exceptions: map[string][][]string{}}
	for row := 2; ; row++ {
		fields, err := s.r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = h.row(s.columns, fields)
		}
		if err != nil {
			return List{}, fmt.Errorf("%s: row %d: %w", name, row, err)
		}
	}
	if len(h.order) == 0 {
		return List{}, fmt.Errorf("%s: a table without rows: there is no list in it", name)
	}
	var out List
	for _, key := range h.order {
		snapshot := *h.byName[key]
		combine(snapshot.Entries, o.Combine)
		for i, e := range snapshot.Entries {
			snapshot.Entries[i].Unless = h.exceptions[e.Text]
		}
		out.Snapshots = append(out.Snapshots, snapshot)
	}
	return Join(out), nil
}

func field(fields []string, i int) string {
	if i < 0 || i >= len(fields) {
		return ""
	}
	return strings.Join(strings.Fields(trimmed(fields[i])), " ")
}

// row adds one row's entry to each list that it names.
func (h *heap) row(c columns, fields []string) error {
	entry := field(fields, c.entry)
	switch {
	case entry == "":
		return nil
	case len(entry) > LongestEntry:
		return fmt.Errorf("an entry of %d bytes, at most %d are read", len(entry), LongestEntry)
	}
	if c.disables >= 0 {
		return h.exception(entry, field(fields, c.disables))
	}
	lists := strings.Split(field(fields, c.lists), ";")
	for _, list := range lists {
		if err := h.add(trimmed(list), field(fields, c.date), entry); err != nil {
			return err
		}
	}
	return nil
}

// exception notes that a combination disables others, and lists these.
func (h *heap) exception(entry, disabled string) error {
	words := split(entry, "+")
	if words == nil {
		words = []string{entry}
	}
	for _, text := range strings.FieldsFunc(disabled, func(r rune) bool { return r == ',' || r == ';' }) {
		if text = trimmed(text); text == "" {
			continue
		}
		if h.exceptions[text] == nil {
			if err := h.add("", "", text); err != nil {
				return err
			}
		}
		h.exceptions[text] = append(h.exceptions[text], words)
		if h.entries++; h.entries > MostEntries {
			return tooMany(h.name)
		}
	}
	return nil
}

// mostLists bounds the lists that one table may name.
const mostLists = 1000

func (h *heap) add(list, date, entry string) error {
	if h.entries++; h.entries > MostEntries {
		return tooMany(h.name)
	}
	if !ValidDate(date) {
		date = ""
	}
	key := list + "\x00" + date
	s := h.byName[key]
	if s == nil {
		if len(h.order) == mostLists {
			return fmt.Errorf("more than %d lists are named: is the column of lists one?", mostLists)
		}
		named := h.o
		if named.List == "" {
			named.List = list
		} else if list != "" {
			named.List += "/" + list
		}
		if named.Date == "" {
			named.Date = date
		}
		snapshot := named.snapshot(h.name, h.source, nil)
		s = &snapshot
		h.byName[key], h.order = s, append(h.order, key)
	}
	s.Entries = append(s.Entries, Entry{Text: entry})
	return nil
}
