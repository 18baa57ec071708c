package tape

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxNote is how long a note may be, and maxName what of a name is in it.
	maxNote = 1000
	maxName = 200
)

// Note is what is said of a process beside packets, for people and for
// ParseNote:
//
//	pid 12 curl: curl -s "a b"; parents sh, make
//
// Words that hold more than plain characters are quoted as in Go. Arguments
// that do not fit are left out, with … in their place.
func (p Process) Note() string {
	note := fmt.Sprintf("pid %d %s", p.PID, word(p.Name[:min(len(p.Name), maxName)]))
	tail := ""
	for i, name := range p.Ancestors {
		if i == 0 {
			tail = "; parents " + word(name)
		} else {
			tail += ", " + word(name)
		}
	}
	if len(note)+len(tail) > maxNote/2 {
		tail = ""
	}
	for i, arg := range p.Command {
		if i == 0 {
			note += ":"
		}
		arg = word(arg)
		if len(note)+len(arg)+len(tail) > maxNote-len(" …") {
			return note + " …" + tail
		}
		note += " " + arg
	}
	return note + tail
}

// word quotes what could be mistaken for something else.
func word(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=+@%~#&?<>()[]{}*!^$|:", r)
	}
	if s == "" || s[len(s)-1] == ':' || strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// ParseNote reads what Note wrote. ok is false for anything else.
func ParseNote(s string) (p Process, ok bool) {
	r := noteReader{rest: s}
	if len(s) > 2*maxNote || !utf8.ValidString(s) || !r.skip("pid ") {
		return p, false
	}
	pid, err := strconv.Atoi(r.word())
	if err != nil || pid < 0 || !r.skip(" ") {
		return p, false
	}
	p.PID, p.Name = pid, r.word()
	if r.skip(":") {
		for r.skip(" ") {
			if r.skip("…") {
				break
			}
			p.Command = append(p.Command, r.word())
		}
	}
	if r.skip("; parents ") {
		p.Ancestors = append(p.Ancestors, r.word())
		for r.skip(", ") {
			p.Ancestors = append(p.Ancestors, r.word())
		}
	}
	if r.bad || r.rest != "" {
		return Process{}, false
	}
	return p, true
}

// noteReader reads a note from front to end.
type noteReader struct {
	rest string
	bad  bool
}

// skip steps over what must stand next, if it does.
func (r *noteReader) skip(s string) bool {
	rest, found := strings.CutPrefix(r.rest, s)
	if found && !r.bad {
		r.rest = rest
		return true
	}
	return false
}

// word is the next word, unquoted.
func (r *noteReader) word() string {
	if strings.HasPrefix(r.rest, `"`) {
		quoted, err := strconv.QuotedPrefix(r.rest)
		one, err2 := strconv.Unquote(quoted)
		if err != nil || err2 != nil {
			r.bad = true
			return ""
		}
		r.rest = r.rest[len(quoted):]
		return one
	}
	n := strings.IndexAny(r.rest, " ,;\"")
	if n < 0 {
		n = len(r.rest)
	}
	if n > 0 && r.rest[n-1] == ':' {
		n--
	}
	one := r.rest[:n]
	r.bad = r.bad || n == 0
	r.rest = r.rest[n:]
	return one
}
