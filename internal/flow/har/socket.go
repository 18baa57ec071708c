package har

import (
	"encoding/base64"
	"strings"
	"time"
	"unicode/utf8"

	"example.org/telltale"
	"example.org/telltale/internal/flow/websocket"
)

// sockets finds the flows with WebSocket messages and the flow in which each
// began: the last one before it, on the same connection and to the same host,
// that asked for one. taken are those for which it was found.
func (p *writer) sockets(flows []telltale.Flow) (of map[int][]int, taken map[int]bool) {
	of, taken = map[int][]int{}, map[int]bool{}
	type place struct{ conn, host string }
	began, wanted := map[place]int{}, map[place]bool{}
	for i := range flows {
		if f := &flows[i]; f.Protocol == "ws" || f.Protocol == "wss" {
			wanted[place{f.Conn, f.Host}] = true
		}
	}
	for i := range flows {
		f := &flows[i]
		at := place{f.Conn, f.Host}
		if !wanted[at] {
			continue
		}
		switch f.Protocol {
		case "http", "https":
			if x, ok, err := p.read(f); err == nil && ok && upgrades(&x) {
				began[at] = i
			}
		case "ws", "wss":
			if first, ok := began[at]; ok {
				of[first] = append(of[first], i)
				taken[i] = true
			}
		}
	}
	return of, taken
}

// upgrades reports whether a WebSocket begins after the exchange (RFC 6455,
// RFC 8441).
func upgrades(x *exchange) bool {
	h := x.answer.Head
	if h.Status == 101 {
		return strings.EqualFold(h.Get("Upgrade"), "websocket")
	}
	asks := x.request.Head
	return asks.Method == "CONNECT" && strings.EqualFold(asks.Get("protocol"), "websocket") && h.Status/100 == 2
}

// attach adds the messages of a flow to the entry where it began.
func (p *writer) attach(e *entry, f *telltale.Flow) error {
	e.Resource = "websocket"
	for _, m := range messages(f) {
		b, err := p.octets(m)
		if err != nil {
			return err
		}
		e.Messages = append(e.Messages, socketText(m.Out, m.At, b))
	}
	return nil
}

// inline adds the messages of a WebSocket whose frames are in the flow of the
// exchange itself.
func (p *writer) inline(e *entry, x *exchange) error {
	if !x.hasAnswer || !upgrades(x) {
		return nil
	}
	e.Resource = "websocket"
	var at time.Time
	hear := func(out bool) func(websocket.Message) {
		return func(m websocket.Message) { e.Messages = append(e.Messages, socketText(out, at, m.Data)) }
	}
	out, in := websocket.Agreed(x.answer.Head)
	readers := map[bool]*websocket.Reader{true: websocket.NewReader(out, hear(true)), false: websocket.NewReader(in, hear(false))}
	for _, m := range x.rest {
		b, err := p.octets(m)
		if err != nil {
			return err
		}
		at = m.At
		readers[m.Out].Octets(b)
	}
	readers[true].Close()
	readers[false].Close()
	return nil
}

func socketText(out bool, at time.Time, b []byte) socketMessage {
	m := socketMessage{Type: "receive", Time: float64(at.UnixMicro()) / 1e6, Opcode: websocket.Text, Data: string(b)}
	if out {
		m.Type = "send"
	}
	if !utf8.Valid(b) {
		m.Opcode, m.Data = websocket.Binary, base64.StdEncoding.EncodeToString(b)
	}
	return m
}
