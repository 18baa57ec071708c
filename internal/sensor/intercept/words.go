package intercept

import (
	"errors"
	"io"
	"net"
	"os"
	"reflect"
	"syscall"
)

// recordHandshake is the first octet of a TLS handshake record (RFC 8446,
// section 5.1).
const recordHandshake = 0x16

// Alerts that are told apart (RFC 8446, section 6; RFC 9849 for the last).
const (
	alertHandshakeFailure = 40
	alertECHRequired      = 121
)

// alertOf returns the alert by which the other end gave up. Go keeps its type
// to itself, but not its value.
func alertOf(err error) (alert uint8, ok bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return 0, false
	}
	if v := reflect.ValueOf(op.Err); v.Kind() == reflect.Uint8 {
		return uint8(v.Uint()), true
	}
	return 0, false
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// isClosed reports whether a connection ended, rather than went wrong.
func isClosed(err error) bool {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// describe says in a few words what went wrong with a connection.
func describe(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case isTimeout(err):
		return "no answer in time"
	case isClosed(err):
		return "connection closed"
	}
	return err.Error()
}
