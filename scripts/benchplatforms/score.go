package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"example.org/telltale"
)

// score is how one run went.
type score struct {
	name       string
	seed       int
	rules      int
	exact      int
	wrong      []string // found, but not in everything that is known
	missed     []string
	false      []string
	messages   int
	triggering int
	took       time.Duration
}

// judge compares what was found with the truth.
func (t *truthFile) judge(found outcome) score {
	s := score{messages: found.messages, triggering: found.triggering}
	claims := slices.DeleteFunc(slices.Clone(found.claims), func(c telltale.Claim) bool { return c.Kind != telltale.KindTrigger })
	explained := make([]bool, len(claims))
	for _, r := range t.Rules {
		best := "missed"
		for i, c := range claims {
			if !r.holds(c.Words) {
				continue
			}
			explained[i] = true
			if d := r.differs(c); best == "missed" || d == "" {
				best = d
			}
		}
		if !r.visible() {
			continue
		}
		s.rules++
		switch best {
		case "":
			s.exact++
		case "missed":
			s.missed = append(s.missed, r.ID)
		default:
			s.wrong = append(s.wrong, r.ID+" ("+best+")")
		}
	}
	for i, c := range claims {
		if !explained[i] {
			s.false = append(s.false, strings.Join(c.Words, "+"))
		}
	}
	return s
}

// print writes the table, and under it what was not found or not right.
func print(w io.Writer, table []score) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "system\tseed\trules\texact\twrong\tmissed\tfalse\tmessages\ttriggering\ta rule found\ttime")
	for _, s := range table {
		each := "-"
		if n := s.rules - len(s.missed); n > 0 {
			each = fmt.Sprintf("%.1f", float64(s.messages)/float64(n))
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", s.name, s.seed, s.rules, s.exact, len(s.wrong), len(s.missed),
			len(s.false), s.messages, s.triggering, each, s.took.Round(time.Second))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, s := range table {
		for _, list := range []struct {
			what  string
			names []string
		}{{"not right", s.wrong}, {"missed", s.missed}, {"false", s.false}} {
			if len(list.names) > 0 {
				fmt.Fprintf(w, "%s, seed %d, %s: %s\n", s.name, s.seed, list.what, strings.Join(list.names, "; "))
			}
		}
	}
	return nil
}
