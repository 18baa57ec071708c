package intercept

import (
	"context"
	"crypto/tls"
	"slices"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/sensor/intercept/oneround"
	"example.org/telltale/internal/sensor/tape"
)

// maxDepth is how many times TLS in TLS is opened.
const maxDepth = 4

// maxPrelude is how much an app may say before it begins TLS without having
// been answered. Some protocols do not wait (MySQL's request for TLS).
const maxPrelude = 1 << 10

// mayBegin reports whether TLS can begin here: first, or after an answer, or
// after a short request.
func (c *connection) mayBegin() bool {
	return (c.heard.Load() || c.turned < maxPrelude) && c.depth < maxDepth
}

// begins reads on until the hello that b seems to be is whole, and puts all
// back. It returns nil if TLS does not begin here after all.
func (c *connection) begins(b []byte) *opening {
	seen := slices.Clone(b)
	_ = c.app.top.SetReadDeadline(time.Now().Add(c.i.cfg.Limits.Detect))
	defer func() {
		_ = c.app.top.SetReadDeadline(time.Time{})
		c.app.top.unread(seen)
	}()
	piece := make([]byte, smallBuffer)
	for {
		protocol, sure := flow.Detect(seen)
		if sure && protocol != flow.ProtocolTLS {
			return nil
		}
		h, more, ok := flow.ParseHello(seen)
		if !more && ok {
			return &opening{hello: h}
		}
		var err error
		if more && ok {
			var n int
			n, err = c.app.top.Read(piece)
			seen = append(seen, piece[:n]...)
		}
		if err != nil || !ok {
			if sure {
				c.opaque("passed unopened: the app's TLS hello is malformed or not whole")
			}
			return nil
		}
	}
}

// opaque lets everything from here on pass unopened.
func (c *connection) opaque(reason string) {
	c.raw = true
	c.note(reason)
	c.edit(func(info *tape.Conn) {
		info.Visibility = telltale.Opaque
		if info.TLS == nil {
			info.TLS = &tape.TLS{}
		}
	})
	c.sniff.settled, c.sniff.proto = true, ""
	c.turn("tls")
}

// enter opens the TLS that the app has begun. It reports whether octets are
// to be passed on, opened or not.
func (c *connection) enter(o *opening) bool {
	c.edit(func(info *tape.Conn) {
		info.TLS = &tape.TLS{ServerName: o.hello.ServerName}
		if info.Host == "" {
			info.Host = o.hello.ServerName
		}
		c.place = info.Host + "|" + info.Dst.String()
		if o.hello.ServerName != "" {
			c.place = o.hello.ServerName + "|" + info.Dst.String()
		}
	})
	if reason := c.i.closed.reason(c.place); reason != "" && !c.i.cfg.Strict {
		c.opaque("passed unopened: " + reason)
		return true
	}
	early := o.hello.EarlyData && o.hello.Version >= tls.VersionTLS13
	if early && !c.i.cfg.Strict && !oneround.Can(c.app.top.ahead) {
		c.opaque("passed unopened: the app sent data before the handshake's end (0-RTT), in a hello that cannot be answered")
		return true
	}
	c.tell()
	server, err := c.openServer(o.hello)
	if err != nil {
		return c.serverRefused(server, err)
	}
	app, err := c.openApp(o.hello, server)
	if err != nil {
		c.appRefused(err)
		return false
	}
	c.opened(app, server)
	return true
}

// opened puts the opened legs in place.
func (c *connection) opened(app *handshake, server *dialogue) {
	c.app.top, c.server.top = &wire{Conn: app.conn}, server.top
	c.depth++
	c.passed, c.mute, c.since, c.turned = true, true, c.i.cfg.Clock(), 0
	c.heard.Store(false)
	c.edit(func(info *tape.Conn) {
		info.Visibility = telltale.Intercepted
		info.TLS.Version, info.TLS.ALPN = version(app.version), server.protocol
		// Many names share an address. Which of them is meant the hello says,
		// and the server's certificate proves.
		if name := info.TLS.ServerName; name != "" && info.TLS.Unverified == "" && !c.up.Mapped {
			info.Host = name
		}
	})
	if c.sniff.again(); c.sniff.proto != "" { // it goes on in TLS
		c.turn(c.sniff.proto)
		return
	}
	c.turn("tls")
	if server.protocol == "h2" {
		c.sniff.proto, c.sniff.settled = "h2", true
		c.turn("h2")
	}
}

// ask looks at octets that begin a turn of the app.
func (c *connection) ask(b []byte) {
	proto, host := c.sniff.asked(b)
	if host != "" {
		c.edit(func(info *tape.Conn) {
			if info.Host == "" {
				info.Host = host
			}
		})
	}
	if proto != "" {
		c.turn(proto)
	}
}

// redial opens another connection to the server, through which the app's
// hello can pass as it is.
func (c *connection) redial() bool {
	if c.up.Redial == nil || c.passed || c.depth > 0 || c.i.cfg.Strict || c.ctx.Err() != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.i.cfg.Limits.Handshake)
	defer cancel()
	conn, err := c.up.Redial(ctx)
	if err != nil {
		return false
	}
	c.replace(conn)
	return true
}
