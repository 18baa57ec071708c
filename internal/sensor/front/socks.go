package front

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"net"
	"syscall"
)

// Values of SOCKS5 (RFC 1928) and its passwords (RFC 1929).
const (
	socksVersion     = 5
	passwordVersion  = 1
	methodNone       = 0
	methodPassword   = 2
	methodNoneIsGood = 0xff
	commandConnect   = 1
	typeIPv4         = 1
	typeName         = 3
	typeIPv6         = 4
)

// Replies.
const (
	replyGranted     = 0
	replyFailed      = 1
	replyUnreachable = 4
	replyRefused     = 5
	replyCommand     = 7
	replyType        = 8
)

var errNoSOCKS = errors.New("the app's SOCKS request is malformed")

// socks serves a client of SOCKS5, whose first octet has been read.
func (a *app) socks(ctx context.Context) error {
	if !a.greet() {
		return nil
	}
	to, reply, err := a.wish()
	if err != nil {
		return nil // it went away, or speaks something else
	}
	if reply != replyGranted {
		_ = a.reply(reply) // the connection ends here anyway
		return nil
	}
	up, failed, kept := a.connect(ctx, to)
	if failed != nil {
		_ = a.reply(why(failed))
		return kept
	}
	if err := a.reply(replyGranted); err != nil {
		_ = up.Conn.Close()
		return a.missed(describe(err))
	}
	return a.carry(ctx, up)
}

// greet agrees on a method and asks for the password, if there is one.
func (a *app) greet() bool {
	methods, err := a.sized()
	if err != nil {
		return false
	}
	want := byte(methodNone)
	if a.f.cfg.User != "" {
		want = methodPassword
	}
	offered := false
	for _, m := range methods {
		offered = offered || m == want
	}
	if !offered {
		_, _ = a.Write([]byte{socksVersion, methodNoneIsGood})
		return false
	}
	if _, err := a.Write([]byte{socksVersion, want}); err != nil {
		return false
	}
	return want == methodNone || a.password()
}

func (a *app) password() bool {
	version, err := a.octets(1)
	if err != nil || version[0] != passwordVersion {
		return false
	}
	user, err := a.sized()
	if err != nil {
		return false
	}
	password, err := a.sized()
	if err != nil {
		return false
	}
	good := a.f.allowed(string(user), string(password))
	status := byte(1)
	if good {
		status = 0
	}
	_, err = a.Write([]byte{passwordVersion, status})
	return good && err == nil
}

// allowed compares in the same time whatever is wrong.
func (f *Front) allowed(user, password string) bool {
	a := subtle.ConstantTimeCompare([]byte(user), []byte(f.cfg.User))
	b := subtle.ConstantTimeCompare([]byte(password), []byte(f.cfg.Password))
	return a&b == 1
}

// wish reads what the app wants.
func (a *app) wish() (to place, reply byte, err error) {
	head, err := a.octets(4)
	if err != nil || head[0] != socksVersion {
		return to, 0, errNoSOCKS
	}
	var host []byte
	switch head[3] {
	case typeIPv4:
		host, err = a.octets(4)
	case typeIPv6:
		host, err = a.octets(16)
	case typeName:
		host, err = a.sized()
	default:
		return to, replyType, nil
	}
	if err != nil {
		return to, 0, err
	}
	port, err := a.octets(2)
	if err != nil {
		return to, 0, err
	}
	to = place{host: string(host), port: int(port[0])<<8 | int(port[1])}
	if head[3] != typeName {
		to.host = net.IP(host).String()
	}
	switch {
	case head[1] != commandConnect:
		return to, replyCommand, nil
	case to.host == "" || to.port == 0:
		return to, replyFailed, nil
	}
	return to, replyGranted, nil
}

func (a *app) octets(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(a.Conn, b)
	return b, err
}

func (a *app) sized() ([]byte, error) {
	n, err := a.octets(1)
	if err != nil {
		return nil, err
	}
	return a.octets(int(n[0]))
}

// reply answers. Where we are bound is nobody's business.
func (a *app) reply(code byte) error {
	_, err := a.Write([]byte{socksVersion, code, 0, typeIPv4, 0, 0, 0, 0, 0, 0})
	return err
}

func why(err error) byte {
	var name *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return replyRefused
	case errors.As(err, &name), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return replyUnreachable
	}
	return replyFailed
}
