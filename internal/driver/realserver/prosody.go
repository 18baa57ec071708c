package realserver

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"strconv"
	"strings"
)

//go:embed prosody.cfg.lua
var prosodyConf string

// Prosody says how an XMPP server is to be. Its domain is example.test, its
// rooms are at rooms.example.test, and anybody may register.
type Prosody struct {
	// Rules are a script of mod_firewall; empty for none.
	Rules string
	// Modules are loaded besides the usual ones.
	Modules []string
	// More are further settings, in Lua.
	More string
	// TLS asks for STARTTLS on the first port, and opens a second one with
	// TLS from the beginning. Passwords are kept hashed, for SCRAM.
	TLS bool
	// Protocol narrows TLS, as in "tlsv1_2"; empty for what there is.
	Protocol string
}

const firewall = "/usr/lib/prosody/modules/mod_firewall/mod_firewall.lua"

// Start runs the server until Stop.
func (o Prosody) Start(ctx context.Context) (*Server, error) {
	bin, err := program("prosody", "prosody")
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(firewall); err != nil && o.Rules != "" {
		return nil, fmt.Errorf("mod_firewall (Debian package prosody-modules): %w", ErrMissing)
	}
	cert, err := NewCertificate("example.test", "127.0.0.1")
	if err != nil {
		return nil, err
	}
	return onPorts(2, func(ports []int) (*Server, error) {
		c := child{
			name: "prosody", user: "prosody", log: "log", dirs: []string{"data"},
			command: []string{bin, "-F", "--config", "@BASE@/prosody.cfg.lua"},
			files: map[string][]byte{
				"prosody.cfg.lua": []byte(o.config(ports)), "rules.pfw": []byte(o.Rules),
				"ca.pem": cert.Authority, "cert.pem": cert.Cert, "key.pem": cert.Key,
			},
			ready:  []string{fmt.Sprintf("Activated service 'c2s' on [127.0.0.1]:%d\n", ports[0])},
			failed: []string{"Failed to open server port"},
		}
		if o.TLS {
			c.ready = append(c.ready, fmt.Sprintf("Activated service 'c2s_direct_tls' on [127.0.0.1]:%d\n", ports[1]))
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

func (o Prosody) config(ports []int) string {
	modules, disabled, auth, direct, more := o.Modules, []string{"tls"}, "internal_plain", "", o.More
	if o.TLS {
		disabled, auth, direct = nil, "internal_hashed", strconv.Itoa(ports[1])
		modules = append(modules, "tls")
	}
	if o.Rules != "" {
		modules = append(modules, "firewall")
		more += "\nfirewall_scripts = { \"@BASE@/rules.pfw\" }"
	}
	protocol := ""
	if o.Protocol != "" {
		protocol = fmt.Sprintf("; protocol = %q", o.Protocol)
	}
	return strings.NewReplacer("@PROTOCOL@", protocol, "@PORT@", strconv.Itoa(ports[0]), "@TLSPORT@", direct, "@ENCRYPT@", strconv.FormatBool(o.TLS),
		"@AUTH@", auth, "@MODULES@", list(modules), "@DISABLED@", list(disabled), "@MORE@", more).Replace(prosodyConf)
}

// list writes names as Lua writes a list of strings.
func list(names []string) string {
	var b strings.Builder
	for _, n := range names {
		fmt.Fprintf(&b, "%q; ", n)
	}
	return b.String()
}
