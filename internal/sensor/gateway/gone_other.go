//go:build !linux

package gateway

import "os"

// deviceGone is nothing more than closed where there are no TUN devices.
var deviceGone = os.ErrClosed
