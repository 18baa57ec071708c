//go:build !linux

package casefile

import (
	"errors"
	"os"
)

// syncAll is for systems that can do it and tell of errors.
func syncAll(*os.File) error { return errors.ErrUnsupported }
