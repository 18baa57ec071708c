package screen

import "unicode/utf8"

// state is where in a control sequence the parser stands.
type state uint8

const (
	ground state = iota
	escape
	escapeMore // after ESC and an intermediate byte
	sequence   // after ESC [
	stringy    // after ESC ] P X ^ _: until ST or BEL
	stringyEsc // after an ESC in there
)

const (
	maxParams = 32
	maxParam  = 65535
	// maxString bounds what is kept of a title.
	maxString = 4096
)

type parser struct {
	state   state
	pending []byte // an incomplete UTF-8 character
	params  []int
	// given says that the last parameter has digits.
	given   bool
	private byte
	between byte // intermediate byte
	kind    byte // of a string: ] P X ^ _
	text    []byte
}

// feed takes one byte.
func (s *Screen) feed(b byte) {
	p := &s.parser
	if p.state == stringy || p.state == stringyEsc {
		s.stringByte(b)
		return
	}
	if len(p.pending) > 0 || (b >= 0x80 && p.state == ground) {
		s.unicode(b)
		return
	}
	switch {
	case b == 0x1b:
		p.start(escape)
	case b == 0x18 || b == 0x1a:
		p.state = ground
	case b < ' ':
		s.control(b)
	case b == 0x7f:
	case p.state == ground:
		s.put(rune(b))
	case p.state == escape:
		s.escapeByte(b)
	case p.state == escapeMore:
		s.escapeLast(b)
	default:
		s.sequenceByte(b)
	}
}

func (p *parser) start(st state) {
	*p = parser{state: st, params: p.params[:0], text: p.text[:0]}
}

// unicode collects the bytes of one character. What is no UTF-8 becomes the
// replacement character, as in other terminals.
func (s *Screen) unicode(b byte) {
	p := &s.parser
	if len(p.pending) > 0 && b < 0x80 {
		p.pending = p.pending[:0]
		s.put(utf8.RuneError)
		s.feed(b)
		return
	}
	p.pending = append(p.pending, b)
	if !utf8.FullRune(p.pending) {
		return
	}
	r, size := utf8.DecodeRune(p.pending)
	rest := len(p.pending) - size
	p.pending = p.pending[:0]
	s.put(r)
	if rest > 0 {
		s.feed(b)
	}
}

func (s *Screen) stringByte(b byte) {
	p := &s.parser
	switch {
	case p.state == stringyEsc && b == '\\', b == 0x07, b == 0x18, b == 0x1a:
		s.stringEnd()
		p.state = ground
	case p.state == stringyEsc:
		// Another sequence begins: the string was not ended as it should.
		s.stringEnd()
		p.start(escape)
		s.feed(b)
	case b == 0x1b:
		p.state = stringyEsc
	case len(p.text) < maxString:
		p.text = append(p.text, b)
	}
}

// stringEnd takes window titles; all other strings say nothing about the
// screen.
func (s *Screen) stringEnd() {
	p := &s.parser
	if p.kind == ']' && len(p.text) > 1 && (p.text[0] == '0' || p.text[0] == '2') && p.text[1] == ';' {
		s.title = string(p.text[2:])
	}
	p.text = p.text[:0]
}

func (s *Screen) escapeByte(b byte) {
	p := &s.parser
	p.state = ground
	switch {
	case b == '[':
		p.state = sequence
	case b == ']' || b == 'P' || b == 'X' || b == '^' || b == '_':
		p.state, p.kind = stringy, b
	case b >= ' ' && b <= '/':
		p.state, p.between = escapeMore, b
	default:
		s.escaped(b)
	}
}

// escapeLast ends a sequence of ESC, an intermediate byte and this one: of
// these, character sets matter.
func (s *Screen) escapeLast(b byte) {
	p := &s.parser
	if b >= ' ' && b <= '/' {
		return
	}
	p.state = ground
	switch p.between {
	case '(':
		s.graphics[0] = b == '0'
	case ')':
		s.graphics[1] = b == '0'
	case '#':
		if b == '8' {
			s.align()
		}
	}
}

func (s *Screen) sequenceByte(b byte) {
	p := &s.parser
	switch {
	case b >= '0' && b <= '9':
		p.digit(int(b - '0'))
	case b == ';' || b == ':':
		p.separate()
	case b >= '<' && b <= '?':
		p.private = b
	case b >= ' ' && b <= '/':
		p.between = b
	case b >= '@' && b <= '~':
		p.state = ground
		s.run(b)
	default:
		p.state = ground
	}
}

func (p *parser) digit(d int) {
	if !p.given && len(p.params) < maxParams {
		p.params = append(p.params, 0)
		p.given = true
	}
	if p.given {
		last := &p.params[len(p.params)-1]
		*last = min(*last*10+d, maxParam)
	}
}

func (p *parser) separate() {
	if !p.given && len(p.params) < maxParams {
		p.params = append(p.params, 0)
	}
	p.given = false
}

// param returns parameter i, or otherwise if it is missing or 0.
func (p *parser) param(i, otherwise int) int {
	if i < len(p.params) && p.params[i] > 0 {
		return p.params[i]
	}
	return otherwise
}
