package realserver

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed inspircd.conf
var inspircdConf string

// InspIRCd says how an IRC server is to be. The operator "watch" has the
// password "tower".
type InspIRCd struct {
	// More is configuration after the usual one: modules, filters.
	More string
	// Connect are further attributes of who may connect, as in `modes="+G"`.
	Connect string
	// Slow has the server end sessions over some twenty commands, of which it
	// forgives one every twenty seconds.
	Slow bool
	// TLS opens a second port with TLS, and offers STARTTLS on the first.
	TLS bool
}

// Start runs the server until Stop.
func (o InspIRCd) Start(ctx context.Context) (*Server, error) {
	bin, err := program("inspircd", "inspircd")
	if err != nil {
		return nil, err
	}
	var cert Certificate
	if o.TLS {
		if cert, err = NewCertificate("irc.example.test", "127.0.0.1"); err != nil {
			return nil, err
		}
	}
	return onPorts(2, func(ports []int) (*Server, error) {
		c := child{
			name: "inspircd", user: "irc", log: "log", dirs: []string{"run"},
			command: []string{bin, "--nofork", "--nopid", "--config", "@BASE@/inspircd.conf"},
			files:   map[string][]byte{"inspircd.conf": []byte(o.config(ports)), "ca.pem": cert.Authority, "cert.pem": cert.Cert, "key.pem": cert.Key},
			ready:   []string{"Startup complete", fmt.Sprintf("Added a listener on 127.0.0.1:%d from", ports[0])},
			failed:  []string{"Address already in use"},
		}
		if o.TLS {
			c.ready = append(c.ready, fmt.Sprintf("Added a listener on 127.0.0.1:%d from", ports[1]))
		}
		s, err := c.start(ctx)
		if err != nil {
			return nil, err
		}
		s.Addr = addr(ports[0])
		if o.TLS {
			s.TLSAddr, s.CA = addr(ports[1]), s.Dir+"/ca.pem"
		}
		return s, nil
	})
}

func (o InspIRCd) config(ports []int) string {
	haste := `threshold="1000" commandrate="1000000" fakelag="no"`
	if o.Slow {
		haste = `threshold="20" commandrate="50" fakelag="no"`
	}
	conf := strings.NewReplacer("@PORT@", strconv.Itoa(ports[0]), "@HASTE@", haste, "@CONNECT@", o.Connect).Replace(inspircdConf)
	if o.TLS {
		conf += fmt.Sprintf(`<module name="ssl_gnutls">
<module name="starttls">
<sslprofile name="Clients" provider="gnutls" cafile="" certfile="@BASE@/cert.pem" keyfile="@BASE@/key.pem" hash="sha256">
<bind address="127.0.0.1" port="%d" type="clients" sslprofile="Clients">
`, ports[1])
	}
	return conf + o.More
}
