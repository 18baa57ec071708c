package inspect

import (
	"fmt"
	"io"
	"strings"

	"example.org/telltale/internal/casefile/format"
)

// Text writes the summary for a person.
func (s *Summary) Text(w io.Writer) error {
	p := &printer{w: w}
	p.about(s)
	p.plan(s)
	list(p, "stages", s.Stages, func(st Stage) {
		p.line("  %-12s %s to %s %s", st.Name, stamp(st.From), stamp(st.To), st.Note)
	})
	p.head("holds")
	p.line("  %d entries: %s", s.Entries, countsLine(s.Types))
	p.line("  messages: %s", countsLine(s.Outcomes))
	p.line("  flows to: %s", countsLine(s.Hosts))
	p.line("  %d blobs", s.Blobs)
	p.findingLines(s.Findings)
	p.seals(s)
	return p.err
}

func (p *printer) about(s *Summary) {
	p.line("Case %s", s.Name)
	if s.Case != "" {
		p.line("  id        %s", s.Case)
	}
	p.line("  app       %s", strings.Join(strings.Fields(s.App.Name+" "+s.App.Version+" "+s.App.Platform), " "))
	if s.App.Vantage != "" {
		p.line("  vantage   %s", s.App.Vantage)
	}
	p.line("  written   %s to %s by %s (format %d)", stamp(s.From), stamp(s.To), s.Program, s.Version)
	switch {
	case s.Stopped != "":
		p.line("  run       ended before its plan: %s", s.Stopped)
	case s.Finished:
		p.line("  run       came to its end")
	case s.Version == 1:
		p.line("  run       cases of version 1 do not say whether it came to its end")
	default:
		p.line("  run       not finished: it was cut off, or goes on")
	}
	if s.Redacted {
		p.line("  redacted  values and files were taken out of this copy; aliases stand for them")
	}
}

func (p *printer) plan(s *Summary) {
	if s.Plan == nil {
		p.head("No plan was written down beforehand.")
		return
	}
	p.head("plan")
	p.line("  seed %d, %d questions known beforehand, error rate %g", s.Plan.Seed, s.Plan.Questions, s.Plan.Alpha)
	for _, what := range s.Plan.Analysis {
		p.line("  method    %s", what)
	}
	for _, what := range s.Plan.Stop {
		p.line("  stops     %s", what)
	}
}

// seals says what vouches for the case. Nothing of it is checked.
func (p *printer) seals(s *Summary) {
	p.head("seals (case verify checks them)")
	p.line("  key       %s", s.Key)
	if s.Checkpoint == "" {
		p.line("  nothing is signed yet")
	} else {
		p.line("  signed    %d of %d entries", s.Signed, s.Entries)
	}
	list(p, "sealed files", s.Files, func(f format.File) {
		cut := ""
		if f.Cut {
			cut = ", cut off"
		}
		p.line("  %s  %d bytes%s  %s", f.File, f.Size, cut, f.Digest)
	})
	list(p, "time stamps", s.Stamps, func(f string) { p.line("  %s", f) })
	list(p, "witnesses", s.Witnesses, func(f string) { p.line("  %s", f) })
}

// countsLine writes the first of many counts.
func countsLine(all []Count) string {
	const most = 20
	if len(all) == 0 {
		return "none"
	}
	var parts []string
	for _, c := range all[:min(len(all), most)] {
		what := c.What
		if what == "" {
			what = "(no name)"
		}
		parts = append(parts, fmt.Sprintf("%d %.80s", c.N, what))
	}
	if len(all) > most {
		parts = append(parts, fmt.Sprintf("and %d others", len(all)-most))
	}
	return strings.Join(parts, ", ")
}
