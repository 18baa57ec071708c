package views

import (
	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/flow/websocket"
)

// socket makes flows of the messages of a WebSocket.
type socket struct {
	c       *connection
	p       *parts
	out, in *websocket.Reader
	host    string
	port    int
}

func newSocket(c *connection, answer flow.Head) *socket {
	s := &socket{c: c}
	out, in := websocket.Agreed(answer)
	out.Limit, in.Limit = int(c.v.cfg.Limits.Keep), int(c.v.cfg.Limits.Keep)
	out.Pool, in.Pool = &c.v.held, &c.v.held
	s.out = websocket.NewReader(out, func(m websocket.Message) { s.message(true, m) })
	s.in = websocket.NewReader(in, func(m websocket.Message) { s.message(false, m) })
	return s
}

func (s *socket) octets(out bool, b []byte) {
	s.begin().wire[out] += int64(len(b))
	if out {
		s.out.Octets(b)
	} else {
		s.in.Octets(b)
	}
}

func (s *socket) begin() *parts {
	if s.p == nil {
		s.p = s.c.begin("ws")
		if s.c.secure() {
			s.p.flow.Protocol = "wss"
		}
		s.p.wire = map[bool]int64{}
	}
	return s.p
}

func (s *socket) message(out bool, m websocket.Message) {
	p := s.begin()
	if m.Note != "" {
		p.fail(m.Note)
	}
	limits := s.c.v.cfg.Limits
	if m.Raw {
		p.turn(out, m.Data)
	} else {
		p.own(out, m.Data, m.Size)
	}
	if len(p.list) >= limits.Messages || p.kept() >= limits.Keep {
		s.flush()
	}
}

// flush records the messages that are whole; one that is not stays.
func (s *socket) flush() {
	if s.p == nil || len(s.p.list) == 0 {
		return
	}
	s.p.flow.Host, s.p.flow.Port = s.host, s.port
	s.p.record()
	s.p = nil
}

func (s *socket) close() {
	s.out.Close()
	s.in.Close()
	if s.p != nil {
		s.p.fail(s.c.why(""))
	}
	s.flush()
}
