package tap

import (
	"context"
	"net"
	"net/netip"

	"example.org/telltale"
	"example.org/telltale/internal/pcapng"
	"example.org/telltale/internal/sensor/intercept"
)

// Carrier carries connections, as intercept.Interceptor.Carry does.
type Carrier func(ctx context.Context, app net.Conn, up intercept.Upstream) error

// Tapped hands connections on to a carrier, with the packets between the app
// and the server that it asked for made for a capture. A nil capture gets none.
func (carry Carrier) Tapped(out *pcapng.Writer, clock telltale.Clock) Carrier {
	if out == nil {
		return carry
	}
	return func(ctx context.Context, app net.Conn, up intercept.Upstream) error {
		return carry(ctx, New(app, up.Info.Src, serverOf(up), out, clock), up)
	}
}

// serverOf is the address that stands for the server in a capture.
func serverOf(up intercept.Upstream) netip.AddrPort {
	if up.Info.Dst.IsValid() {
		return up.Info.Dst
	}
	if addr, ok := up.Conn.RemoteAddr().(*net.TCPAddr); ok {
		return Plain(addr)
	}
	return netip.AddrPortFrom(netip.IPv4Unspecified(), up.Info.Dst.Port())
}
