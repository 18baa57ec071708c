package realserver

import (
	"context"
	_ "embed"
	"strconv"
	"strings"
)

//go:embed postfix.cf
var postfixMain string

//go:embed postfix.master
var postfixMaster string

// Postfix takes mails for example.test by SMTP. It needs root.
type Postfix struct {
	// LMTP is where mails are delivered to, and Milter who judges them
	// before; empty for nobody.
	LMTP, Milter string
	// BodyChecks and HeaderChecks are regexp tables of Postfix.
	BodyChecks, HeaderChecks string
	// More are further lines of main.cf.
	More string
}

// Start starts it. Addr is where it takes mails.
func (o Postfix) Start(ctx context.Context) (*Server, error) {
	bin, err := program("postfix", "postfix")
	if err == nil {
		err = needRoot("postfix")
	}
	if err != nil {
		return nil, err
	}
	return onPorts(1, func(ports []int) (*Server, error) {
		c := child{
			name: "postfix", log: "log", dirs: []string{"etc", "queue", "data"},
			// "postfix start-fg" leaves its master behind when it is stopped.
			command: []string{"/bin/sh", "-c", "chown postfix @BASE@/data && " + bin + " -c @BASE@/etc check; exec /usr/lib/postfix/sbin/master -s -c @BASE@/etc"},
			files: map[string][]byte{
				"etc/main.cf": []byte(o.main()), "etc/master.cf": []byte(strings.ReplaceAll(postfixMaster, "@PORT@", strconv.Itoa(ports[0]))),
				"body_checks": []byte(o.BodyChecks), "header_checks": []byte(o.HeaderChecks),
			},
			ready:  []string{"daemon started -- version"},
			failed: []string{"Address already in use"},
		}
		s, err := c.start(ctx)
		if err != nil {
			return nil, err
		}
		s.Addr = addr(ports[0])
		return s, nil
	})
}

func (o Postfix) main() string {
	conf := strings.ReplaceAll(postfixMain, "@LMTP@", o.LMTP)
	if o.Milter != "" {
		conf += "smtpd_milters = inet:" + o.Milter + "\nmilter_default_action = tempfail\nmilter_connect_timeout = 30s\nmilter_content_timeout = 60s\n"
	}
	return conf + o.More
}
