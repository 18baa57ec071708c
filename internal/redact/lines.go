package redact

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/redact/mask"
)

// liner masks the lines of the log.
type liner struct {
	plan   *plan
	search *searcher
	// digests that are withheld, with the rule; hexes are their digits.
	digests map[telltale.Digest]string
	hexes   map[string]bool
	// opaque are strings, and what was to stand in the place of strings, that
	// are replaced as a whole because something was found in them.
	opaque map[string]string
	// memo of what becomes of strings.
	memo map[string]verdict
	// byRule counts replaced values.
	byRule map[string]int
	values int
	// named are the digests that the copy still names.
	named map[telltale.Digest]bool
}

// verdict is what becomes of a value: as is nil if it stays.
type verdict struct {
	as   []byte
	rule string
}

// line masks one line of the log. It returns the line as it was if nothing in
// it is masked.
func (l *liner) line(line []byte) ([]byte, error) {
	e, err := mask.ParseEntry(line)
	if err != nil {
		return nil, err
	}
	as := map[string][]byte{}
	kind := e.Type()
	if kind == format.TypeBegin {
		return line, nil // without it, nothing of the case can be checked
	}
	e.Root().Walk(func(pointer string, v *mask.Value) bool {
		if pointer == "" {
			return true
		}
		if !strings.HasPrefix(pointer, "/body") {
			return false
		}
		its := l.value(kind, pointer, v)
		if its.as == nil {
			return true
		}
		as[pointer] = its.as
		l.byRule[its.rule]++
		l.values++
		return false
	})
	if len(as) == 0 {
		return line, nil
	}
	masked, err := e.Mask(as)
	if err != nil {
		return nil, err
	}
	return masked, sameCommitment(e, masked)
}

// sameCommitment checks that a masked line is proved by the same tree.
func sameCommitment(e *mask.Entry, masked []byte) error {
	want, err := e.Commitment()
	if err != nil {
		return err
	}
	again, err := mask.ParseEntry(masked)
	if err != nil {
		return err
	}
	got, err := again.Commitment()
	if err == nil && got != want {
		err = errors.New("the masked entry has another hash")
	}
	if err == nil && len(masked) > format.MaxEntry {
		err = fmt.Errorf("the masked entry has %d bytes, %d are the most", len(masked), format.MaxEntry)
	}
	return err
}

func (l *liner) value(kind, pointer string, v *mask.Value) verdict {
	switch {
	case v.IsObject():
		return l.object(kind, pointer, v)
	case v.IsArray():
		return verdict{}
	case v.Raw[0] == '"':
		s, _ := v.Text()
		return l.text(s)
	case v.Raw[0] == '-' || v.Raw[0] >= '0' && v.Raw[0] <= '9':
		return l.number(string(v.Raw))
	}
	return verdict{}
}

// object masks an object whose members' names cannot stay.
func (l *liner) object(kind, pointer string, v *mask.Value) verdict {
	if !free(kind, pointer) {
		return verdict{}
	}
	for _, name := range v.Names {
		if its := l.text(name); its.as != nil {
			return nothing(its.rule)
		}
	}
	return verdict{}
}

// nothing stands for objects.
func nothing(rule string) verdict { return verdict{[]byte("null"), rule} }

// freePointers are the objects whose members are not named by the format.
var freePointers = map[string]*regexp.Regexp{
	format.TypeScenario: regexp.MustCompile(`^/body/(names|driver/options|driver/peer/options)($|/)`),
	format.TypeVisit:    regexp.MustCompile(`^/body/recovered/[0-9]+/scripts$`),
}

// free reports whether names of members at a pointer are anybody's.
func free(kind, pointer string) bool {
	p := freePointers[kind]
	return p != nil && p.MatchString(pointer)
}

// number masks a number that is one of the texts.
func (l *liner) number(raw string) verdict {
	if len(raw) < leastFound {
		return verdict{}
	}
	if which, any := l.search.shallow([]byte(raw)); any {
		return verdict{[]byte("0"), l.search.rule(&found{text: which[0]})}
	}
	return verdict{}
}

func (l *liner) text(s string) verdict {
	if v, ok := l.memo[s]; ok {
		return v
	}
	v := l.judge(s)
	l.memo[s] = v
	return v
}

var hexRun = regexp.MustCompile(`[0-9a-f]{64}`)

func (l *liner) judge(s string) verdict {
	if _, err := telltale.Digest(s).Hex(); err == nil {
		if rule := l.digests[telltale.Digest(s)]; rule != "" {
			return verdict{[]byte(`""`), rule}
		}
		l.named[telltale.Digest(s)] = true
		return verdict{}
	}
	if rule := l.opaque[s]; rule != "" {
		return l.whole(s, rule)
	}
	for _, run := range hexRun.FindAllString(s, -1) {
		if l.hexes[run] {
			return l.whole(s, l.digests[telltale.Digest("sha256:"+run)])
		}
	}
	which, any := l.search.shallow([]byte(s))
	if !any {
		return verdict{}
	}
	rule := l.search.rule(&found{text: which[0]})
	as := l.plan.texts.replace(s, which)
	if _, still := l.search.shallow([]byte(as)); still || l.opaque[as] != "" || as == s {
		return l.whole(s, rule)
	}
	return verdict{mask.Quote(as), rule}
}

func (l *liner) whole(s, rule string) verdict {
	return verdict{mask.Quote(l.plan.texts.whole(s)), rule}
}

// check searches one line of the copy to the bottom. What it finds is made
// opaque, and it says whether there was anything.
func (l *liner) check(line []byte, deep func(s string) (*found, error)) (bool, error) {
	v, err := mask.Parse(line)
	if err != nil {
		return false, err
	}
	c := lineCheck{liner: l, deep: deep}
	if t := v.Member("type"); t != nil {
		c.kind, _ = t.Text()
	}
	v.Walk(c.visit)
	return c.changed, c.err
}

// lineCheck is the check of one line.
type lineCheck struct {
	*liner
	kind    string
	deep    func(s string) (*found, error)
	changed bool
	err     error
}

func (c *lineCheck) visit(pointer string, v *mask.Value) bool {
	if pointer == "/salt" || pointer == "/salts" || c.err != nil {
		return false
	}
	s, isText := v.Text()
	switch {
	case c.kind == format.TypeBegin:
		if f := c.search.firstLong(v.Raw); f != nil {
			c.err = fmt.Errorf("%s can be read in the first entry, which names the key and the program: no copy was made", c.search.named(f))
		}
		return false
	case isText && !strings.HasSuffix(pointer, "/~0masked/hash"):
		c.look(s)
	case v.IsObject() && free(c.kind, pointer):
		for _, name := range v.Names {
			c.look(name)
		}
	case !isText && !v.IsObject() && !v.IsArray() && c.number(string(v.Raw)).as != nil:
		c.err = fmt.Errorf("a number at %s can still be read", pointer)
	}
	return true
}

// look searches one text. One that was made opaque before must not be there.
func (c *lineCheck) look(s string) {
	f, err := c.deep(s)
	switch {
	case err != nil:
		c.err = err
	case f == nil:
	case c.opaque[s] == "":
		c.opaque[s], c.changed = c.search.rule(f), true
	default:
		c.err = fmt.Errorf("%s can still be read in %.60q", c.search.named(f), s)
	}
}

var dullPattern = regexp.MustCompile(`^(sha256:[0-9a-f]{64}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z|[a-z]{1,12}|[pf][0-9]{6,})?$`)

// dull reports whether a string is of a form in which nothing is written in
// any coding: such a string was read as it stands, when the line was made.
func dull(s string) bool { return dullPattern.MatchString(s) }
