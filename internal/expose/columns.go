package expose

import (
	"net/netip"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// role is what a column of a log holds.
type role int

const (
	roleOther role = iota
	roleText
	roleParty // user names and telephone numbers
	roleAddress
	roleTime
	roleFlag // few, short values: directions, kinds
)

// separators of fields, in order of preference.
const separators = "\t|;,"

// table is a log taken apart into fields.
type table struct {
	rows  [][]string
	roles []role
}

// tabulate splits records by the separator that gives most of them the same
// number of fields. Without one, a record is one field.
func tabulate(records []string) [][]string {
	for _, sep := range separators {
		var rows [][]string
		counts := map[int]int{}
		most := 0
		for _, record := range records {
			row := strings.Split(record, string(sep))
			rows = append(rows, row)
			counts[len(row)]++
			if counts[len(row)] > counts[most] {
				most = len(row)
			}
		}
		if most > 1 && counts[most]*5 >= len(records)*4 {
			return rows
		}
	}
	var rows [][]string
	for _, record := range records {
		rows = append(rows, []string{record})
	}
	return rows
}

// newTable finds out what the columns hold: by a field with one of the
// case's own texts, else by the shape of the values.
func newTable(records []string, own func(string) bool) table {
	t := table{rows: tabulate(records)}
	width := 0
	counts := map[int]int{}
	for _, row := range t.rows {
		if counts[len(row)]++; counts[len(row)] > counts[width] {
			width = len(row)
		}
	}
	text, wordy := -1, 0.1
	owned := false
	for i := range width {
		c := measure(t.rows, i, width, own)
		t.roles = append(t.roles, c.role())
		if t.roles[i] != roleParty && t.roles[i] != roleOther {
			continue
		}
		if share := float64(c.wordy) / float64(max(c.n, 1)); !owned && share > wordy || c.own > 0 {
			text, wordy, owned = i, share, c.own > 0
		}
	}
	if text >= 0 {
		t.roles[text] = roleText
	}
	t.splitAddresses(width)
	return t
}

// column counts the shapes of a column's values.
type column struct {
	n, address, time, flag, party, wordy, own int
	distinct                                  map[string]bool
}

func measure(rows [][]string, i, width int, own func(string) bool) column {
	c := column{distinct: map[string]bool{}}
	for _, row := range rows {
		if len(row) != width || strings.TrimSpace(row[i]) == "" {
			continue
		}
		value := strings.TrimSpace(row[i])
		c.n++
		c.distinct[value] = true
		if own(value) {
			c.own++
		}
		switch {
		case len(value) <= 2:
			c.flag++
		case isAddress(value):
			c.address++
		case !parseTime(value).IsZero():
			c.time++
		case isNumber(value) || isName(value):
			c.party++
		default:
			c.wordy++
		}
	}
	return c
}

func (c column) role() role {
	most := func(n int) bool { return c.n > 0 && n*5 >= c.n*4 }
	switch {
	case most(c.address):
		return roleAddress
	case most(c.time):
		return roleTime
	case most(c.flag) && len(c.distinct) <= 4:
		return roleFlag
	case most(c.party + c.flag):
		return roleParty
	}
	return roleOther
}

// splitAddresses tells versions from addresses: both are four numbers, but
// everybody has the same few versions.
func (t *table) splitAddresses(width int) {
	best, most := -1, 0
	for i, r := range t.roles {
		if r != roleAddress {
			continue
		}
		c := measure(t.rows, i, width, func(string) bool { return false })
		if len(c.distinct) > most {
			if best >= 0 {
				t.roles[best] = roleFlag
			}
			best, most = i, len(c.distinct)
		} else {
			t.roles[i] = roleFlag
		}
	}
}

func isAddress(s string) bool {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.IsValid()
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}

var (
	phone   = regexp.MustCompile(`^\+?[0-9(][0-9 ()./-]{5,24}$`)
	account = regexp.MustCompile(`^[\pL\pN][\pL\pN._@+:-]{0,63}$`)
)

// isNumber accepts telephone numbers.
func isNumber(s string) bool {
	digits := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	return digits >= 6 && phone.MatchString(s)
}

// isName accepts account names. Running text in Chinese has no blanks, so a
// long run of it is no name.
func isName(s string) bool {
	han := 0
	for _, r := range s {
		if unicode.Is(unicode.Han, r) {
			han++
		}
	}
	return han <= 4 && utf8.RuneCountInString(s) <= 40 && account.MatchString(s)
}

func layouts() []string {
	return []string{
		"1/2/2006 3:04:05 PM", "1/2/2006 15:04:05", "2006-01-02 15:04:05", time.RFC3339, "2006/01/02 15:04:05",
		"2006-1-2 15:04:05", "20060102150405", "02/Jan/2006:15:04:05 -0700", "2006-01-02", "1/2/2006",
	}
}

// parseTime reads a time in one of the usual layouts; zero if it is none.
func parseTime(s string) time.Time {
	if len(s) < 8 || len(s) > 40 {
		return time.Time{}
	}
	for _, layout := range layouts() {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 1980 && t.Year() < 2100 {
			return t
		}
	}
	return time.Time{}
}
