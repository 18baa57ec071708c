package gateway

// What the tests look at from outside.
var (
	QUICInitial = quicInitial
	// QUICIDs are those that a datagram is for and comes from.
	QUICIDs = func(b []byte) (to, from []byte) {
		to, _ = quicTo(b)
		return to, quicFrom(b)
	}
	ParsePacket = func(b []byte) (body []byte, err error) {
		p, err := parsePacket(b)
		return p.body, err
	}
	// Answers are those of the gateway to one packet: a reset and an error.
	Answers = func(b []byte) (rst, icmp []byte) {
		p, err := parsePacket(b)
		if err != nil {
			return nil, nil
		}
		return reset(p), unreachable(p, portUnreachable)
	}
	// Reply parses a query and makes an answer to it of at most 512 octets.
	Reply = func(b []byte) ([]byte, error) {
		q, err := parseQuery(b)
		if err != nil {
			return nil, err
		}
		return q.reply(0, nil, 512), nil
	}
	Forbidden = forbidden
	Ping      = ping
)
