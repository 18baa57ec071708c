//go:build !linux

package proxy

import "net/netip"

// Process is known on Linux only.
func Process(_, _ netip.AddrPort) string { return "" }
