package realserver

import (
	"context"
	_ "embed"
	"strconv"
	"strings"
)

//go:embed rspamd.conf
var rspamdConf string

// Rspamd is a milter that judges mails by their words.
type Rspamd struct {
	// Rules are sections of its configuration: regexp, force_actions.
	Rules string
}

// Start starts it. Addr is where it takes mails as a milter.
func (o Rspamd) Start(ctx context.Context) (*Server, error) {
	bin, err := program("rspamd", "rspamd")
	if err != nil {
		return nil, err
	}
	return onPorts(1, func(ports []int) (*Server, error) {
		conf := strings.NewReplacer("@PORT@", strconv.Itoa(ports[0]), "@RULES@", o.Rules).Replace(rspamdConf)
		c := child{
			name: "rspamd", user: "nobody", log: "log",
			command: append([]string{bin, "-f", "-c", "@BASE@/rspamd.conf"}, rspamdPaths()...),
			files:   map[string][]byte{"rspamd.conf": []byte(conf), "tld.dat": []byte("com\norg\nnet\ntest\n")},
			ready:   []string{"starting rspamd_proxy process"},
			failed:  []string{"Address already in use"},
		}
		s, err := c.start(ctx)
		if err != nil {
			return nil, err
		}
		s.Addr = addr(ports[0])
		return s, nil
	})
}

// rspamdPaths tell it where its package has put things, and where it may
// write.
func rspamdPaths() []string {
	const share = "/usr/share/rspamd"
	var out []string
	for _, v := range []string{
		"SHAREDIR=" + share, "PLUGINSDIR=" + share + "/plugins", "RULESDIR=" + share + "/rules", "LUALIBDIR=" + share + "/lualib",
		"DBDIR=@BASE@", "RUNDIR=@BASE@", "LOGDIR=@BASE@",
	} {
		out = append(out, "--var="+v)
	}
	return out
}
