package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/report/words"
)

// mostCheckLines is how many findings one check names.
const mostCheckLines = 50

// The elements of JUnit's XML, as far as all readers of it agree on them.
type (
	junitSuites struct {
		XMLName  xml.Name   `xml:"testsuites"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Skipped  int        `xml:"skipped,attr"`
		Suite    junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Timestamp  string          `xml:"timestamp,attr,omitempty"`
		Time       string          `xml:"time,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitMessage `xml:"failure"`
		Skipped *junitMessage `xml:"skipped"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes a case as the XML that CI servers read of tests: one test case
// for each kind of finding and direction. It fails if a finding is supported,
// and is skipped if one is inconclusive or the question was not answered.
func JUnit(w io.Writer, in Input) error {
	x, err := in.index()
	if err != nil {
		return err
	}
	s := x.junitSuite(in)
	for _, one := range x.checks(in) {
		s.add(junitCaseOf(one, x.Catalogue))
	}
	all := junitSuites{Name: "telltale", Tests: s.Tests, Failures: s.Failures, Skipped: s.Skipped, Suite: s}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return fmt.Errorf("report: JUnit: %w", err)
	}
	b.WriteByte('\n')
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("report: write JUnit: %w", err)
	}
	return nil
}

// junitSuite is the case without its checks.
func (x *index) junitSuite(in Input) junitSuite {
	s := junitSuite{Name: cut(x.rec.Scenario.Name, 200), Time: "0"}
	if n := len(x.rec.Stages); n > 0 {
		s.Timestamp = x.rec.Stages[0].At.UTC().Format("2006-01-02T15:04:05")
		s.Time = strconv.FormatFloat(x.rec.Stages[n-1].At.Sub(x.rec.Stages[0].At).Seconds(), 'f', 3, 64)
	}
	for _, p := range [][2]string{
		{"telltale", telltale.Version}, {"app", x.rec.App.Name}, {"app.version", x.rec.App.Version}, {"vantage", x.rec.App.Vantage},
		{"case.entries", strconv.Itoa(in.Seal.Entries)}, {"case.checkpoint", strings.TrimSpace(in.Seal.Checkpoint)},
	} {
		if p[1] != "" && p[1] != "0" {
			s.Properties = append(s.Properties, junitProperty{p[0], cut(p[1], 1000)})
		}
	}
	return s
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
}

func junitCaseOf(one check, c *words.Catalogue) junitCase {
	out := junitCase{Class: "telltale." + string(one.kind), Name: one.name(c), Time: "0"}
	switch {
	case len(one.found) > 0:
		out.Failure = junitMessageOf(one.found, c)
		out.Failure.Type = string(one.kind)
	case len(one.open) > 0:
		out.Skipped = junitMessageOf(one.open, c)
	case one.unasked != "":
		out.Skipped = &junitMessage{Message: cut(one.unasked, 500)}
	}
	return out
}

// junitMessageOf names findings: the first as the message, all as the text.
func junitMessageOf(findings []*telltale.Finding, c *words.Catalogue) *junitMessage {
	var lines []string
	for _, f := range findings[:min(len(findings), mostCheckLines)] {
		line := c.Say("check.statement", "id", cut(f.ID, 40), "statement", cut(f.Statement, 500))
		if f.Verdict == telltale.Inconclusive && f.Needed > 0 {
			line += " " + c.Count("check.needed", f.Needed)
		}
		lines = append(lines, line)
	}
	message := lines[0]
	if more := len(findings) - 1; more > 0 {
		message = c.Count("list.more", more, "list", message)
	}
	if more := len(findings) - len(lines); more > 0 {
		lines = append(lines, c.Count("check.more", more))
	}
	return &junitMessage{Message: message, Text: strings.Join(lines, "\n")}
}
