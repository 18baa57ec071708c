package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/report"
)

const failOnUsage = "kinds of findings that count for the exit code, by commas: copy, suppression, trigger, …, any, or KIND:PATTERN, as in trigger:free* or destination:*.example.com"

// failOn is what the exit code is about: kinds of findings, each with a pattern
// for what it is about or an empty one for all.
type failOn []struct {
	kind    telltale.Kind // empty for any
	pattern string
}

// parseFailOn reads the values of --fail-on.
func parseFailOn(values []string) (failOn, error) {
	var out failOn
	for _, v := range values {
		kind, pattern, _ := strings.Cut(strings.TrimSpace(v), ":")
		if kind == "any" {
			kind = ""
		} else if !slices.Contains(kindNames(), kind) {
			return nil, fmt.Errorf("--fail-on %s: there is no such kind of finding: have any, %s", v, strings.Join(kindNames(), ", "))
		}
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, fmt.Errorf("--fail-on %s: %w: * stands for any text, ? for one character, [ab] for one of some", v, err)
		}
		out = append(out, struct {
			kind    telltale.Kind
			pattern string
		}{telltale.Kind(kind), pattern})
	}
	return out, nil
}

// given reports whether there was such a flag.
func (f failOn) given() bool { return len(f) > 0 }

// about reports whether a claim is one that counts.
func (f failOn) about(c telltale.Claim) bool {
	for _, one := range f {
		if (one.kind == "" || one.kind == c.Kind) && (one.pattern == "" || claimMatches(c, one.pattern)) {
			return true
		}
	}
	return false
}

// claimMatches holds a pattern against what a claim is about: its words, host,
// account, detail, condition and direction, whatever their case.
func claimMatches(c telltale.Claim, pattern string) bool {
	all := append(slices.Clone(c.Words), c.Host, c.Account, c.Detail, string(c.Condition), string(c.Direction))
	if c.Direction == telltale.Both {
		all = append(all, string(telltale.Sent), string(telltale.Received))
	}
	// A star stands for slashes too: paths are names here.
	plain := strings.NewReplacer("/", "\x01").Replace
	for _, text := range all {
		if ok, err := path.Match(plain(strings.ToLower(pattern)), plain(strings.ToLower(text))); text != "" && ok && err == nil {
			return true
		}
	}
	return false
}

// verdict is the exit code of a case: found if a finding that counts is
// supported, inconclusive if one is, or if the case as a whole could not answer.
// What was not asked at all is told.
func (f failOn) verdict(in report.Input, stderr io.Writer) error {
	var counted []telltale.Finding
	for _, one := range in.Record.Findings {
		if f.about(one.Claim) {
			counted = append(counted, one)
		}
	}
	if err := verdict(counted); err != nil {
		return err
	}
	why, err := report.Undecided(in)
	if err != nil {
		return err
	}
	if why != "" {
		return exitWith(exitInconclusive, errors.New(why))
	}
	unasked, err := report.Unasked(in, f.kinds())
	for _, line := range unasked {
		fmt.Fprintf(stderr, "telltale: --fail-on: %s\n", line)
	}
	return err
}

// kinds that were named.
func (f failOn) kinds() (kinds []telltale.Kind) {
	for _, one := range f {
		if one.kind != "" {
			kinds = append(kinds, one.kind)
		}
	}
	return kinds
}

// checkFiles are the files that an audit writes for CI at its end.
type checkFiles struct{ sarif, junit string }

// writable tells before the first message what would keep them from being
// written after the last.
func (f checkFiles) writable() error {
	for _, name := range []string{f.sarif, f.junit} {
		if name == "" {
			continue
		}
		if err := outsideCases(name); err != nil {
			return err
		}
		if info, err := os.Stat(filepath.Dir(name)); err != nil || !info.IsDir() {
			return fmt.Errorf("%s cannot be written: there is no directory %s", name, filepath.Dir(name))
		}
	}
	return nil
}

// write writes them.
func (f checkFiles) write(dir string, in report.Input) (err error) {
	if f == (checkFiles{}) {
		return nil
	}
	if in.Lines, err = logLines(dir); err != nil {
		return err
	}
	if f.sarif != "" {
		err = putReport(f.sarif, in, report.SARIF)
	}
	if f.junit != "" {
		err = errors.Join(err, putReport(f.junit, in, report.JUnit))
	}
	return err
}
