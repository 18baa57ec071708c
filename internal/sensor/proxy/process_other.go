//go:build !linux

package proxy

import "net/netip"

// process is known on Linux only.
func process(_, _ netip.AddrPort) string { return "" }
