//go:build !linux || !(amd64 || arm64)

package faults

import (
	"context"
	"errors"
	"fmt"
)

// Run is for Linux on amd64 and arm64.
func Run(context.Context, Program, Fault) (*Result, error) {
	return nil, fmt.Errorf("letting system calls fail takes Linux on amd64 or arm64: %w", errors.ErrUnsupported)
}
