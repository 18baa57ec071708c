package browser

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"golang.org/x/net/websocket"
)

// socketLink is a link over a WebSocket.
type socketLink struct{ conn *websocket.Conn }

func (l socketLink) write(b []byte) error { return websocket.Message.Send(l.conn, string(b)) }

func (l socketLink) read() (b []byte, err error) {
	err = websocket.Message.Receive(l.conn, &b)
	return b, err
}

func (l socketLink) Close() error { return l.conn.Close() }

var listening = regexp.MustCompile(`DevTools listening on (ws://127\.0\.0\.1:\d+/\S+)`)

// ported has the browser choose a port, where descriptors cannot be numbered.
func ported(command []string) []string {
	return append(append(command[:1:1], "--remote-debugging-port=0", "--remote-allow-origins=http://127.0.0.1"), command[1:]...)
}

// connectSocket starts the browser, and links to the address that it prints.
func (p *process) connectSocket(ctx context.Context) error {
	address := make(chan string, 1)
	p.said.line = func(line string) {
		if m := listening.FindStringSubmatch(line); m != nil {
			select {
			case address <- m[1]:
			default: // it was said already
			}
		}
	}
	if err := p.run(); err != nil {
		return err
	}
	select {
	case a := <-address:
		conn, err := dial(ctx, a)
		if err != nil {
			kill(p.cmd.Process)
			return err
		}
		p.link = socketLink{conn}
		return nil
	case <-p.exited:
		return fmt.Errorf("it ended: %s", p.said)
	case <-ctx.Done():
		kill(p.cmd.Process)
		return errors.New("it names no port for its tools")
	}
}

func dial(ctx context.Context, address string) (*websocket.Conn, error) {
	cfg, err := websocket.NewConfig(address, "http://127.0.0.1")
	if err != nil {
		return nil, err
	}
	conn, err := cfg.DialContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("the browser's tools: %w", err)
	}
	conn.MaxPayloadBytes = maxMessage
	return conn, nil
}
