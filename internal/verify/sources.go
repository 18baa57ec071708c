package verify

import (
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
)

// sourceNames lists the folders of cases that went into a merged one.
func (c *check) sourceNames() []string {
	var names []string
	for _, file := range c.order {
		dir, ok := strings.CutSuffix(file, "/"+format.FormatFile)
		if ok && path.Dir(dir) == format.SourceDir {
			names = append(names, dir)
		}
	}
	return names
}

// sources checks the signed logs that a merged case was made of, and that what
// it says was typed and seen stands in one of them.
func (c *check) sources() {
	if c.version == 1 || c.inner {
		return
	}
	for _, file := range c.order {
		if rest, ok := strings.CutPrefix(file, format.SourceDir+"/"); ok && !unfinished(file) {
			_, name, _ := strings.Cut(rest, "/")
			switch name {
			case format.FormatFile, format.PublicKeyFile, format.CheckpointFile, format.LogFile:
			default:
				c.problem(file, 0, "does not belong to a case that was merged")
			}
		}
	}
	names := c.sourceNames()
	if len(names) == 0 {
		return
	}
	known := map[string]bool{}
	for _, name := range names {
		c.source(name, known)
	}
	if c.book.masked == 0 && !c.unreadable() {
		c.traced(known)
	}
}

// source checks one log and notes its facts.
func (c *check) source(dir string, known map[string]bool) {
	version, err := versionOf(c.path(dir))
	if err != nil {
		c.problem(dir+"/"+format.FormatFile, 0, "is no format line that this program knows")
		return
	}
	inner := newCheck(c.path(dir), version, Options{})
	inner.inner, inner.dir = true, c.path(dir)
	if err := inner.list(); err != nil {
		c.problem(dir, 0, "%v", err)
		return
	}
	inner.keys()
	inner.readNotes()
	if err := inner.log(); err != nil {
		c.problem(dir+"/"+format.LogFile, 0, "%v", err)
		return
	}
	if err := inner.vouches(inner.notes.newest); err != nil {
		inner.problem(format.CheckpointFile, 0, "%v", err)
	}
	for _, p := range inner.res.Problems {
		c.problem(dir+"/"+p.File, p.Line, "%s", p.What)
	}
	c.res.MoreProblems += inner.res.MoreProblems
	c.res.Sources++
	for _, fact := range facts(inner.res.Record) {
		known[fact.text] = true
	}
}

// traced names what a merged case says and none of its sources does.
func (c *check) traced(known map[string]bool) {
	for _, fact := range facts(asOf(c.res.Record)) {
		if !known[fact.text] {
			c.problem(format.LogFile, 0, "%s stands in none of the cases that were merged", fact.name)
		}
	}
}

// mergedConn is a connection in a merged case: the number of the case it is of,
// and what it is called there.
var mergedConn = regexp.MustCompile(`^[1-9][0-9]*/(.+)$`)

// asOf is a merged record with its connections called as in its sources.
func asOf(merged *telltale.Record) *telltale.Record {
	out := *merged
	out.Flows = slices.Clone(merged.Flows)
	for i := range out.Flows {
		f := &out.Flows[i]
		f.Conn = mergedConn.ReplaceAllString(f.Conn, "$1")
	}
	return &out
}

// fact is something that was typed or seen, under a name that people know and
// as a text that is equal where the fact is.
type fact struct{ name, text string }

func facts(r *telltale.Record) []fact {
	var out []fact
	add := func(name string, v any) {
		// Values of the vocabulary always marshal.
		b, _ := json.Marshal(v)
		kind, _, _ := strings.Cut(name, " ")
		out = append(out, fact{name, kind + string(b)})
	}
	for _, p := range r.Probes {
		add("probe "+p.ID, p)
	}
	for _, receipt := range r.Receipts {
		add("receipt of probe "+receipt.Probe, receipt)
	}
	for _, f := range r.Flows {
		id := f.ID
		f.ID = "" // flows are numbered anew
		add("flow "+id, f)
	}
	return out
}
