package tlsdecrypt

import (
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// Types of handshake messages.
const (
	msgClientHello = 1
	msgServerHello = 2
	msgTicket      = 4
	msgEndOfEarly  = 5
	msgExtensions  = 8
	msgCertificate = 11
	msgFinished    = 20
	msgKeyUpdate   = 24
)

// use reads one record whose keys, if it has any, are known.
func (c *Conn) use(h *half, at time.Time, r record) {
	if c.v13 && r.kind != recordData {
		c.plainRecord(h, r)
		return
	}
	if !c.v13 && r.kind == recordCCS {
		c.change(h)
		return
	}
	if h.epoch == nil && (r.kind != recordData || h.pending == nil) {
		c.plainRecord(h, r)
		return
	}
	if c.status != Openable {
		return
	}
	b, ok := c.open(h, r)
	if h.epoch != nil {
		for _, o := range h.epoch.openers {
			o.past(r)
		}
	}
	if !ok {
		c.note("%s: records could not be opened", h)
		c.sink.Gap(h.out, at)
		h.messages = nil
		return
	}
	kind := r.kind
	if c.v13 {
		kind, b = inner(b)
	}
	c.opened1(h, at, kind, b)
}

// inner takes the padding and the type off the text of TLS 1.3.
func inner(b []byte) (kind byte, text []byte) {
	n := len(b)
	for n > 0 && b[n-1] == 0 {
		n--
	}
	if n == 0 {
		return 0, nil
	}
	return b[n-1], b[:n-1]
}

// opened1 takes the text of one opened record.
func (c *Conn) opened1(h *half, at time.Time, kind byte, b []byte) {
	switch {
	case kind == recordHandshake:
		c.handshake(h, b)
	case kind == recordAlert:
		c.alert(h, b)
	case kind == recordData && len(b) > 0:
		if h.epoch.stage == stageEarly {
			c.earlyData(at, b)
			return
		}
		c.sink.Plain(h.out, at, b)
	}
}

// plainRecord is one that nothing protects.
func (c *Conn) plainRecord(h *half, r record) {
	switch r.kind {
	case recordHandshake:
		c.handshake(h, r.body)
	case recordAlert:
		c.alert(h, r.body)
	case recordData:
		if !h.hello && c.status == Waiting {
			c.status = NoHello
			c.note("the capture begins later than the connection")
			h.done = true
		}
	}
}

// change is ChangeCipherSpec up to TLS 1.2.
func (c *Conn) change(h *half) {
	if h.pending != nil {
		h.epoch = &epoch{stage: stage12, openers: []opener{h.pending}}
		h.pending, h.messages = nil, nil
	} else if c.status != Openable && c.ready() {
		h.done = true
	}
}

func (c *Conn) alert(h *half, b []byte) {
	if len(b) < 2 {
		return
	}
	if b[1] == 0 { // close_notify
		h.goodbye = true
		return
	}
	text := alertName(b[1])
	c.note("%s: alert %d (%s)", h, b[1], text)
	if h.out && b[0] == 2 {
		switch b[1] {
		case 42, 43, 44, 45, 46, 48, 49, 51, 80, 116, 120: // what is said of certificates
			c.refused = text
		}
	}
}

// handshake takes the whole messages out of the records.
func (c *Conn) handshake(h *half, b []byte) {
	if h.lost && !h.hello {
		return
	}
	h.messages = append(h.messages, b...)
	for len(h.messages) >= 4 {
		n := 4 + int(h.messages[1])<<16 + int(h.messages[2])<<8 + int(h.messages[3])
		if n > maxMessage {
			c.note("%s: a handshake message claims %d octets", h, n)
			h.messages = nil
			if !h.hello && c.status == Waiting {
				c.status, h.done = NoHello, true
			}
			return
		}
		if len(h.messages) < n {
			return
		}
		msg := h.messages[:n]
		h.messages = h.messages[n:]
		c.message(h, msg[0], msg[4:])
	}
	if len(h.messages) == 0 {
		h.messages = nil
	}
}

func (c *Conn) message(h *half, kind byte, b []byte) {
	switch {
	case kind == msgClientHello && h.out:
		c.clientHello(h, b)
	case kind == msgServerHello && !h.out:
		c.serverHello(h, b)
	case kind == msgCertificate && !h.out:
		if c.certs == nil {
			c.certs = certificates(b, c.v13)
		}
	case kind == msgTicket && !h.out && !c.v13 && h.epoch == nil:
		c.ticket(b)
	case kind == msgExtensions && !h.out && c.v13:
		c.extensions(b)
	case kind == msgEndOfEarly && h.out && h.epoch != nil && h.epoch.stage == stageEarly:
		c.tookEarly()
		h.epoch, h.messages = c.after(h, h.epoch), nil
	case kind == msgFinished && c.v13 && h.epoch != nil && h.epoch.stage == stageHandshake,
		kind == msgKeyUpdate && c.v13 && h.epoch != nil && h.epoch.stage == stageApplication:
		h.epoch, h.messages = c.after(h, h.epoch), nil
	}
}

// extensions reads EncryptedExtensions.
func (c *Conn) extensions(b []byte) {
	took := false
	eachExtension(cryptobyte.String(b), func(kind uint16, body cryptobyte.String) {
		switch kind {
		case extALPN:
			c.h.takeALPN(body)
		case extEarlyData:
			took = true
		}
	})
	switch {
	case c.earlyWord != undecided:
	case took:
		c.tookEarly()
	default:
		c.refusedEarly()
	}
}

// ticket remembers the master secret by the ticket that the server gives.
func (c *Conn) ticket(b []byte) {
	s := cryptobyte.String(b)
	var life uint32
	var ticket cryptobyte.String
	if s.ReadUint32(&life) && s.ReadUint16LengthPrefixed(&ticket) {
		c.keys.remember(ticket, c.of[labelMaster])
	}
}
