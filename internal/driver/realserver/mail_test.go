package realserver_test

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"

	"example.org/telltale/internal/driver/realserver"
)

func TestMailAndProxyServersStartAndStop(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(context.Context) (*realserver.Server, error){
		"postfix": realserver.Postfix{LMTP: "127.0.0.1:9", More: "# nothing more\n"}.Start,
		"rspamd":  realserver.Rspamd{}.Start,
		"privoxy": realserver.Privoxy{}.Start,
		"dovecot": func(ctx context.Context) (*realserver.Server, error) {
			s, lmtp, err := realserver.Dovecot{}.Start(ctx)
			if err == nil && lmtp == s.Addr {
				err = errors.New("one address for two protocols")
			}
			return s, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if os.Getuid() != 0 && (name == "postfix" || name == "dovecot") {
				t.Skip(name + " needs root")
			}
			s, err := start(t.Context())
			realserver.Need(t, err)
			if conn, err := net.Dial("tcp", s.Addr); err != nil {
				t.Errorf("nobody answers: %v", err)
			} else {
				conn.Close()
			}
			if err := errors.Join(s.Stop(), s.Stop()); err != nil {
				t.Errorf("stopping twice: %v", err)
			}
			if _, err := os.Stat(s.Dir); !os.IsNotExist(err) {
				t.Errorf("its directory is still there: %v", err)
			}
		})
	}
}
