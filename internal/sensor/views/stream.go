package views

// stream keeps octets as they are, as turns. What it holds is recorded when
// there are many turns.
type stream struct {
	c *connection
	p *parts
	// host and port, where they are not those of the connection.
	host string
	port int
	// protocol that was agreed on, "" if it is that of the connection.
	protocol string
	// loose is the last turn that was recorded.
	loose *loose
}

func (s *stream) octets(out bool, b []byte) {
	if len(b) == 0 {
		return
	}
	if s.p == nil {
		s.p = s.c.begin("")
		if again := s.p.goOn(s.loose, out); again != nil {
			again.turn = true
		}
		s.loose = nil
	}
	s.p.turn(out, b)
	if len(s.p.list) >= s.c.v.cfg.Limits.Turns {
		s.flush()
	}
}

func (s *stream) flush() {
	s.loose = nil
	if s.p == nil {
		return
	}
	s.loose = loosen(s.p.list[len(s.p.list)-1])
	s.p.flow.Protocol, s.p.flow.Host, s.p.flow.Port = s.name(), s.host, s.port
	s.p.record()
	s.p = nil
}

// name is what the octets are called; they are not HTTP, whatever was said
// of the connection.
func (s *stream) name() string {
	switch proto := s.c.proto; {
	case s.protocol != "":
		return s.protocol
	case proto == "http/1.1", proto == "h2", proto == "ws", proto == "wss":
		return "tcp"
	default:
		return s.c.name(proto)
	}
}

func (s *stream) close() {
	if s.p != nil {
		s.p.fail(s.c.why(""))
	}
	s.flush()
}

// datagrams keeps each datagram as a message.
type datagrams struct {
	c *connection
	p *parts
	// protocol, if it is not that of the connection.
	protocol string
}

func (d *datagrams) octets(out bool, b []byte) {
	if d.p == nil {
		d.p = d.c.begin("")
	}
	room := max(d.c.v.cfg.Limits.Keep-d.p.kept(), 0)
	one := d.p.message(out, nil)
	one.limit = room
	one.add(&d.c.v.held, b)
	if len(d.p.list) >= d.c.v.cfg.Limits.Turns {
		d.flush()
	}
}

func (d *datagrams) flush() {
	if d.p == nil {
		return
	}
	if d.p.flow.Protocol = d.protocol; d.protocol == "" {
		d.p.flow.Protocol = d.c.name(d.c.proto)
	}
	d.p.record()
	d.p = nil
}

func (d *datagrams) close() {
	if d.p != nil {
		d.p.fail(d.c.why(""))
	}
	d.flush()
}
