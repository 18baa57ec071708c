package realserver

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"strconv"
	"strings"
)

//go:embed dovecot.conf
var dovecotConf string

// Dovecot keeps mailboxes for all names at example.test, password "pw". Mails
// for name+folder lie in that folder. It needs root.
type Dovecot struct {
	// TLS makes it offer STARTTLS.
	TLS bool
}

// Start starts it. lmtp is where it takes mails; Addr where they are read by
// IMAP.
func (o Dovecot) Start(ctx context.Context) (s *Server, lmtp string, err error) {
	bin, err := program("dovecot", "dovecot-imapd, dovecot-lmtpd")
	if err == nil {
		err = needRoot("dovecot")
	}
	if err != nil {
		return nil, "", err
	}
	cert, err := NewCertificate("127.0.0.1")
	if err != nil {
		return nil, "", err
	}
	s, err = onPorts(2, func(ports []int) (*Server, error) {
		lmtp = addr(ports[1])
		c := child{
			name: "dovecot", log: "log", dirs: []string{"run", "mail"},
			command: []string{"/bin/sh", "-c", "chown mail @BASE@/mail && exec " + bin + " -F -c @BASE@/dovecot.conf >/dev/null 2>>@BASE@/log"},
			files:   map[string][]byte{"dovecot.conf": []byte(o.config(ports)), "ca.pem": cert.Authority, "cert.pem": cert.Cert, "key.pem": cert.Key},
			ready:   []string{"starting up for imap, lmtp"},
			failed:  []string{"Address already in use"},
		}
		s, err := c.start(ctx)
		if err == nil {
			s.Addr = addr(ports[0])
		}
		return s, err
	})
	if err != nil {
		return nil, "", err
	}
	if o.TLS {
		s.CA = s.Dir + "/ca.pem"
	}
	return s, lmtp, nil
}

// needRoot is the error for servers that drop to several users of their own.
func needRoot(name string) error {
	if os.Getuid() == 0 {
		return nil
	}
	return fmt.Errorf("%s as an ordinary user: %w", name, ErrMissing)
}

func (o Dovecot) config(ports []int) string {
	ssl := map[bool]string{true: "yes", false: "no"}[o.TLS]
	return strings.NewReplacer("@IMAP@", strconv.Itoa(ports[0]), "@LMTP@", strconv.Itoa(ports[1]), "@SSL@", ssl).Replace(dovecotConf)
}
