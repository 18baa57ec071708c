package watch

import (
	"context"
	"net"

	"example.org/telltale/internal/lab/chat"
	"example.org/telltale/internal/lab/profile"
)

// Open makes what a build calls for: an Asker where the filter is a process
// of its own (reached by dial), a Monitor where the client filters itself, a
// Noise for a clean but talkative build, and nil for a quiet one.
func Open(c Config, dial func(context.Context) (net.Conn, error)) chat.Monitor {
	switch b := c.Build; {
	case b.Scan != "" && b.Separate:
		return NewAsker(dial)
	case b.Scan != "":
		return New(c)
	case b.Noise != profile.Noise{}:
		return NewNoise(c)
	}
	return nil
}
