package verify

import (
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
)

// log reads the log once, from its first line to its last.
func (c *check) log() error {
	f, err := openRegular(c.path(format.LogFile))
	if err != nil {
		c.book.unread++
		c.problem(format.LogFile, 0, "%v", err)
		return nil
	}
	defer f.Close()
	r := &reading{check: c, sums: newHashers(), probes: map[string]bool{}}
	tail, err := eachLine(c.moved.reader(io.Reader(f)), r.line)
	switch {
	case errors.Is(err, errLong):
		c.problem(format.LogFile, int(c.res.Entries)+1, "%v", err)
		return nil
	case err != nil:
		c.problem(format.LogFile, int(c.res.Entries)+1, "%v; nothing behind it was read", err)
		return nil
	case c.res.Entries == 0:
		c.problem(format.LogFile, 1, "there is no whole entry: the log was cut off")
	}
	if len(tail) > 0 {
		c.note(format.LogFile, int(c.res.Entries)+1, "%d bytes of an unfinished line at the end: a crash left them", len(tail))
	}
	c.atEnd()
	return nil
}

// reading is the log under way.
type reading struct {
	*check
	tree   tree
	sums   *hashers
	probes map[string]bool
}

func (r *reading) line(i int, line []byte) error {
	r.res.Entries++
	e, err := r.parse(line)
	if err != nil {
		r.problem(format.LogFile, i+1, "%v", err)
	}
	// A line that cannot be read has a place in the tree all the same: an
	// impossible leaf, so that no root over it can match.
	r.tree.add(e.leaf)
	if size := int64(i) + 1; r.notes.wanted[size] {
		r.notes.roots[size] = r.tree.root()
	}
	if err != nil {
		r.book.unread++
		return nil
	}
	if e.N != int64(i) {
		r.problem(format.LogFile, i+1, "entry says number %d, want %d: lines were removed, added or moved", e.N, i)
	}
	r.order(e, i)
	if err := r.book.apply(e, i+1); err != nil {
		r.problem(format.LogFile, i+1, "%v", err)
		r.book.unread++
		return nil
	}
	r.book.names(e, i+1)
	r.meaning(e, i)
	return nil
}

func (r *reading) parse(line []byte) (entry, error) {
	if r.version == 1 {
		return parseEntry1(line)
	}
	return parseEntry(line, r.sums)
}

// order checks what may come when.
func (r *reading) order(e entry, i int) {
	if (i == 0) != (e.Type == format.TypeBegin) {
		r.problem(format.LogFile, i+1, "a log begins with one begin entry and has no other")
	}
	b := &r.book
	switch e.Type {
	case format.TypeScenario, format.TypePlan, format.TypeApp:
		if before := b.seen[e.Type]; before > 0 && r.version > 1 {
			r.problem(format.LogFile, i+1, "a second %s: the first is on line %d", e.Type, before)
		} else {
			b.seen[e.Type] = i + 1
		}
	case format.TypeProbe:
		if b.firstProbe == 0 {
			b.firstProbe = i + 1
		}
	case format.TypeTorn, format.TypeResume:
		b.breaks[int64(i)] = true
	}
	r.mustBeSigned(e, i)
	file := e.Type == format.TypeFile || e.Type == format.TypeCapture
	b.ended = e.Type == format.TypeEnd || b.ended && file
}

// mustBeSigned says where an entry that is signed at once was not, although
// the log goes on: somebody removed the checkpoint. A run that was cut off
// between the two signs before it goes on; only in version 1 it did not.
func (r *reading) mustBeSigned(e entry, i int) {
	b := &r.book
	interrupted := r.version == 1 && (e.Type == format.TypeResume || e.Type == format.TypeTorn || e.Type == format.TypeCapture)
	_, signed := slices.BinarySearch(r.notes.sizes, int64(i))
	if b.owed != "" && !interrupted && !signed && !r.inner {
		r.problem(checkpointName(int64(i)), 0, "missing: the %s on line %d of the log was signed before the log went on", b.owed, i)
	}
	b.owed = ""
	var stage telltale.Stage
	switch {
	case e.Type == format.TypeStage && decode(e, &stage) == nil && stage.Done:
		b.owed = "end of a stage"
	case e.Type == format.TypePlan:
		b.owed = "plan"
	case e.Type == format.TypeEnd:
		b.owed = "end of the run"
	}
}

// meaning checks what an entry says by itself.
func (r *reading) meaning(e entry, i int) {
	b := &r.book
	if len(e.masked) > 0 {
		b.takenOut(e)
	}
	switch e.Type {
	case format.TypeBegin:
		r.begin(e)
	case format.TypeProbe:
		r.probe(e, b.rec.Probes[len(b.rec.Probes)-1], i)
	case format.TypeFile:
		r.signedBefore(e, i)
	case format.TypeTorn:
		r.note(format.LogFile, i+1, "a torn line was set aside before it")
	case format.TypeResume:
		r.note(format.LogFile, i+1, "the run went on here after a break: %.200s", e.Body)
	}
}

// signedBefore looks for the checkpoint that was the newest when a file was
// sealed. Newer ones may have replaced it; it has to be there all the same.
func (r *reading) signedBefore(e entry, i int) {
	var f format.File
	if decode(e, &f) != nil || f.Signed == 0 || r.version == 1 {
		return
	}
	if _, there := slices.BinarySearch(r.notes.sizes, f.Signed); !there || f.Signed > int64(i) {
		r.problem(checkpointName(f.Signed), 0, "missing: it was the newest one when line %d of the log was written", i+1)
	}
}

// The id of a case; the tables of a compiled pattern change nothing.
var caseID = regexp.MustCompile(`^[0-9a-f]{16}$`)

// begin checks the first entry against the files beside the log.
func (r *reading) begin(e entry) {
	begin := r.book.begin
	r.res.Case = begin.Case
	switch {
	case r.version == 1 && begin.Case != "":
		r.problem(format.FormatFile, 0, "says 1, but the log was begun in a later version")
	case r.version > 1 && !caseID.MatchString(begin.Case):
		r.problem(format.LogFile, 1, "%.40q is no id of a case: want 16 hexadecimal digits", begin.Case)
	}
	if begin.PublicKey != r.own.text {
		r.problem(format.LogFile, 1, "the case was begun with another key than it is checked with")
	}
	if r.inner || covers(e.masked, "/body/canary_key") {
		return // the key is elsewhere, or was withheld
	}
	key, err := r.small(format.CanaryKeyFile)
	switch {
	case err != nil:
		r.problem(format.CanaryKeyFile, 0, "%v", err)
	case telltale.DigestOf(key) != begin.CanaryKey:
		r.problem(format.CanaryKeyFile, 0, "is not the key that the case was begun with")
	default:
		r.canary = key
	}
}

// probe checks that a message was committed once and holds its own canary.
func (r *reading) probe(e entry, p telltale.Probe, i int) {
	if r.probes[p.ID] {
		r.problem(format.LogFile, i+1, "probe %.40q was committed twice", p.ID)
	}
	r.probes[p.ID] = true
	// What was typed before there was a case has no canary to check.
	before := r.book.rec.Scenario.Driver.Kind == telltale.DriverReplay && p.Canary == telltale.Canary{}
	if before || r.canary == nil || covers(e.masked, "/body/canary") || covers(e.masked, "/body/id") {
		return
	}
	if p.Canary != telltale.NewCanary(r.canary, p.ID) {
		r.problem(format.LogFile, i+1, "the canary of probe %.40q is forged", p.ID)
	}
	if !covers(e.masked, "/body/text") && (!strings.Contains(p.Text, p.Canary.Latin) || !strings.Contains(p.Text, p.Canary.CJK)) {
		r.problem(format.LogFile, i+1, "the text of probe %.40q does not hold its canary", p.ID)
	}
}

// atEnd says how the log ends.
func (c *check) atEnd() {
	c.res.Masked = c.book.masked
	if c.version == 1 {
		return
	}
	c.res.Finished = c.book.ended
	switch {
	case !c.book.ended:
		c.note(format.LogFile, 0, "the run is not finished: it was cut off or goes on")
	case c.book.end.Stopped != "":
		c.note(format.LogFile, 0, "the run ended before its plan did: %.300s", c.book.end.Stopped)
	}
}
