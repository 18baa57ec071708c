package gateway

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// ttl is how many seconds the app may remember an answer of ours.
const ttl = 60

// query is a DNS query with one question (RFC 1035, RFC 6891).
type query struct {
	head     dnsmessage.Header
	question dnsmessage.Question
	// name asked for, as the app wrote it, without the dot at the end; octets
	// that are no visible ASCII are \DDD as in zone files.
	name string
	// edns says that the app knows longer answers; size is how long an answer
	// by UDP may be.
	edns bool
	size int
}

// parseQuery reads one whole message. What it returns beside an error is what
// could be read.
func parseQuery(b []byte) (query, error) {
	q := query{size: 512}
	var p dnsmessage.Parser
	var err error
	if q.head, err = p.Start(b); err != nil {
		return q, fmt.Errorf("malformed query: %w", err)
	}
	if q.head.Response {
		return q, errors.New("malformed query: it says that it is an answer")
	}
	if q.question, err = p.Question(); err != nil {
		return q, fmt.Errorf("malformed query: %w", err)
	}
	q.name = visible(strings.TrimSuffix(q.question.Name.String(), "."))
	if _, err = p.Question(); !errors.Is(err, dnsmessage.ErrSectionDone) {
		return q, errors.New("malformed query: more than one question")
	}
	if err := errors.Join(p.SkipAllAnswers(), p.SkipAllAuthorities(), q.options(&p)); err != nil {
		return q, fmt.Errorf("malformed query: %w", err)
	}
	return q, nil
}

// options reads the additional records, of which OPT matters.
func (q *query) options(p *dnsmessage.Parser) error {
	for {
		h, err := p.AdditionalHeader()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Type == dnsmessage.TypeOPT {
			q.edns, q.size = true, max(512, min(int(h.Class), 4096))
		}
		if err := p.SkipAdditional(); err != nil {
			return err
		}
	}
}

// visible writes what is no visible ASCII as \DDD (RFC 1035, 5.1).
func visible(name string) string {
	var s strings.Builder
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' || c == '\\' {
			fmt.Fprintf(&s, `\%03d`, c)
		} else {
			s.WriteByte(c)
		}
	}
	return s.String()
}

// reply makes the answer to q, cut to most octets.
func (q query) reply(code dnsmessage.RCode, addrs []netip.Addr, most int) []byte {
	var found []dnsmessage.ResourceBody
	for _, a := range addrs {
		if a.Is4() {
			found = append(found, &dnsmessage.AResource{A: a.As4()})
		} else {
			found = append(found, &dnsmessage.AAAAResource{AAAA: a.As16()})
		}
	}
	b, err := q.build(code, found, false)
	if err == nil && len(b) > most {
		b, err = q.build(code, nil, true)
	}
	if err != nil {
		return formatError(q.head.ID)
	}
	return b
}

func (q query) build(code dnsmessage.RCode, found []dnsmessage.ResourceBody, truncated bool) ([]byte, error) {
	m := dnsmessage.Message{
		Header: dnsmessage.Header{
			ID: q.head.ID, Response: true, OpCode: q.head.OpCode, RCode: code, Truncated: truncated,
			RecursionDesired: q.head.RecursionDesired, RecursionAvailable: true,
		},
		Questions: []dnsmessage.Question{q.question},
	}
	for _, body := range found {
		h := dnsmessage.ResourceHeader{Name: q.question.Name, Class: dnsmessage.ClassINET, TTL: ttl}
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: body})
	}
	if q.edns {
		var h dnsmessage.ResourceHeader
		if err := h.SetEDNS0(1232, code, false); err != nil {
			return nil, err
		}
		m.Additionals = []dnsmessage.Resource{{Header: h, Body: &dnsmessage.OPTResource{}}}
	}
	return m.Pack()
}

// formatError is the answer to what could not be read.
func formatError(id uint16) []byte {
	b := make([]byte, 12)
	binary.BigEndian.PutUint16(b, id)
	b[2], b[3] = 0x80, 0x80|byte(dnsmessage.RCodeFormatError)
	return b
}
