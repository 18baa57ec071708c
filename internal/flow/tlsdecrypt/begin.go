package tlsdecrypt

// clientHello looks up what the key logs have of the connection.
func (c *Conn) clientHello(h *half, b []byte) {
	if c.v13 && c.h.serverSeen {
		return // the second one, after a HelloRetryRequest
	}
	early := c.h.earlyOffered && !h.hello
	known := c.h
	if !c.h.takeClient(b) {
		c.note("the client's hello is damaged")
		return
	}
	if !h.hello && known.serverSeen { // the server's came first in the capture
		c.h.serverSeen, c.h.serverRandom, c.h.version = true, known.serverRandom, known.version
		c.h.suite, c.h.etm, c.h.alpn, c.h.serverSession = known.suite, known.etm, known.alpn, known.serverSession
	}
	c.h.earlyOffered = c.h.earlyOffered || early
	h.hello = true
	c.of = c.keys.byRandom[c.h.clientRandom]
	if c.of == nil {
		if master := c.sessionSecret(); master != nil {
			c.of = secrets{labelMaster: master}
		}
	}
	if c.of == nil && c.status == Waiting {
		c.status = NoKeys
		c.client.held, c.server.held = nil, nil
	}
	if c.h.serverSeen {
		c.agreed()
	}
}

// sessionSecret is the master secret of the session that the client resumes.
func (c *Conn) sessionSecret() []byte {
	if s := c.keys.session(c.h.ticket); s != nil {
		return s
	}
	return c.keys.session(c.h.sessionID)
}

func (c *Conn) serverHello(h *half, b []byte) {
	retry, ok := c.h.takeServer(b)
	if !ok {
		c.note("the server's hello is damaged")
		return
	}
	if retry {
		return
	}
	h.hello = true
	if c.h.clientSeen {
		c.agreed()
	}
}

// agreed derives what the two hellos agreed on.
func (c *Conn) agreed() {
	s, ok := suiteOf(c.h.suite)
	c.suite, c.v13 = s, c.h.version == version13
	if c.of == nil {
		if c.v13 {
			c.client.done, c.server.done = true, true
		}
		return
	}
	if !ok || c.h.version < version10 || c.h.version > version13 {
		c.status = Unknown
		c.note("TLS %s with cipher suite %#04x is not known here", versionName(c.h.version), c.h.suite)
		return
	}
	if c.v13 {
		if c.of[labelClientApp] == nil && c.of[labelServerApp] == nil {
			c.status = NoKeys
			return
		}
		c.status = Openable
		c.begin13()
		return
	}
	master := c.of[labelMaster]
	if master == nil {
		c.status = NoKeys
		return
	}
	c.status = Openable
	c.keys.remember(c.h.serverSession, master)
	c.client.pending, c.server.pending = openers12(&c.h, s, master)
}

// guess goes on without the server's hello: the secrets of TLS 1.3 can be
// tried with every suite.
func (c *Conn) guess() {
	if !c.h.clientSeen || c.h.serverSeen || c.of[labelClientApp] == nil && c.of[labelServerApp] == nil {
		return
	}
	c.note("the server's hello is missing")
	c.h.serverSeen, c.h.version = true, version13
	c.v13, c.status = true, Openable
	c.begin13()
	c.drained = true
	c.drain(&c.client)
	c.drain(&c.server)
}

// alertName is what an alert says (RFC 8446, section 6).
func alertName(n byte) string {
	names := map[byte]string{
		10: "unexpected message", 20: "bad record MAC", 40: "handshake failure", 42: "bad certificate",
		43: "unsupported certificate", 44: "certificate revoked", 45: "certificate expired", 46: "certificate unknown",
		47: "illegal parameter", 48: "unknown CA", 49: "access denied", 50: "decode error", 51: "decrypt error",
		70: "protocol version", 71: "insufficient security", 80: "internal error", 86: "inappropriate fallback",
		90: "user canceled", 109: "missing extension", 112: "unrecognized name", 116: "certificate required",
		120: "no application protocol",
	}
	if s, ok := names[n]; ok {
		return s
	}
	return "unknown"
}
