package realserver_test

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"

	"example.org/telltale/internal/driver/realserver"
)

func TestServersStartAndStop(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		start func(context.Context) (*realserver.Server, error)
	}{
		{"inspircd", realserver.InspIRCd{TLS: true}.Start},
		{"prosody", realserver.Prosody{TLS: true}.Start},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, err := test.start(t.Context())
			realserver.Need(t, err)
			for _, addr := range []string{s.Addr, s.TLSAddr} {
				conn, err := net.Dial("tcp", addr)
				if err != nil {
					t.Errorf("nobody answers: %v", err)
					continue
				}
				conn.Close()
			}
			if err := errors.Join(s.Stop(), s.Stop()); err != nil {
				t.Errorf("stopping twice: %v", err)
			}
			if _, err := os.Stat(s.Dir); !os.IsNotExist(err) {
				t.Errorf("its directory is still there: %v", err)
			}
			if conn, err := net.Dial("tcp", s.Addr); err == nil {
				conn.Close()
				t.Error("somebody still listens")
			}
		})
	}
}
