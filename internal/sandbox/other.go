//go:build !linux || !(amd64 || arm64)

package sandbox

import (
	"context"
	"errors"
	"os"
)

// ErrUnsupported says that there is no sandbox here.
var ErrUnsupported = errors.New("the sandbox needs Linux on amd64 or arm64; use `telltale proxy` or `telltale import`")

// Sandbox is a program that runs in a box.
type Sandbox struct{}

// Check says whether a sandbox can be made here.
func Check() error { return ErrUnsupported }

// Start runs a program in a box.
func Start(context.Context, Config) (*Sandbox, error) { return nil, ErrUnsupported }

// Init is what the binary does when it is started by Config.Self. The result
// is the exit status.
func Init() int { return 1 }

// Link is the way out of the box.
func (*Sandbox) Link() Link { return nil }

// Kind says what carries the packets.
func (*Sandbox) Kind() string { return "" }

// Sockets is by what the kernel can be asked for the box's sockets.
func (*Sandbox) Sockets() *os.File { return nil }

// PID is the first process of the box, as the host sees it.
func (*Sandbox) PID() int { return 0 }

// Wait waits until the last process in the box has ended.
func (*Sandbox) Wait() (Exit, error) { return Exit{}, ErrUnsupported }

// Stop ends everything in the box.
func (*Sandbox) Stop(context.Context) error { return ErrUnsupported }
