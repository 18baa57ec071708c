package packets

import "net/netip"

// Stream is a TCP connection in the making, which loses nothing.
type Stream struct{ client, server side }

// side is one end of the connection, with the next sequence number it uses.
type side struct {
	addr netip.AddrPort
	seq  uint32
	fin  bool
}

// NewStream begins a connection between two ends.
func NewStream(client, server netip.AddrPort) *Stream {
	return &Stream{client: side{addr: client}, server: side{addr: server}}
}

// Open is the handshake.
func (s *Stream) Open() []Segment {
	syn := next(&s.client, &s.server, SYN, nil)
	syn.Ack = 0
	synAck := next(&s.server, &s.client, SYN|ACK, nil)
	return []Segment{syn, synAck, next(&s.client, &s.server, ACK, nil)}
}

// Data carries b, out from the client; nothing after the end of a side.
func (s *Stream) Data(out bool, b []byte) (all []Segment) {
	from, to := s.sides(out)
	for len(b) > 0 && !from.fin {
		n := min(len(b), MaxSegment)
		all = append(all, next(from, to, PSH|ACK, b[:n]))
		b = b[n:]
	}
	return all
}

// End ends a side, once.
func (s *Stream) End(out bool) []Segment {
	from, to := s.sides(out)
	if from.fin {
		return nil
	}
	from.fin = true
	fin := next(from, to, FIN|ACK, nil)
	return []Segment{fin, next(to, from, ACK, nil)}
}

func (s *Stream) sides(out bool) (from, to *side) {
	if out {
		return &s.client, &s.server
	}
	return &s.server, &s.client
}

// next builds the next segment from one side and moves its sequence on.
func next(from, to *side, flags byte, payload []byte) Segment {
	s := Segment{From: from.addr, To: to.addr, Seq: from.seq, Ack: to.seq, Flags: flags, Payload: payload}
	from.seq += uint32(len(payload))
	if flags&(SYN|FIN) != 0 {
		from.seq++
	}
	return s
}
