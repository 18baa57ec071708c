package imports_test

import (
	"bytes"
	"crypto/tls"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTsharkAgrees: another reader finds the same octets in the same capture.
func TestTsharkAgrees(t *testing.T) {
	t.Parallel()
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") != "" {
			t.Fatal("tshark is missing")
		}
		t.Skip("tshark is not installed")
	}
	up := "POST /log HTTP/1.1\r\nHost: a.test\r\nContent-Length: 40000\r\n\r\n" + strings.Repeat("0123456789", 4000)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		all, keylog := session(t, version, []byte(up), []byte(answer))
		shots := film(client(), server(), all)
		file := capture(t, shots, "")
		keys := filepath.Join(t.TempDir(), "keys.log")
		must(t, os.WriteFile(keys, []byte(keylog), 0o600))
		name := filepath.Join(t.TempDir(), "x.pcapng")
		must(t, os.WriteFile(name, file, 0o600))
		out, err := exec.Command(tshark, "-r", name, "-o", "tls.keylog_file:"+keys, "-q", "-z", "follow,tls,raw,0").Output()
		must(t, err)
		var theirs [2]bytes.Buffer
		for line := range strings.Lines(string(out)) {
			b, err := hex.DecodeString(strings.TrimSpace(line))
			if err != nil || len(b) == 0 {
				continue
			}
			side := 0
			if line[0] == '\t' { // from the other end than the first one
				side = 1
			}
			theirs[side].Write(b)
		}
		// Which end it calls the first depends on the version.
		if theirs[1].Len() > theirs[0].Len() {
			theirs[0], theirs[1] = theirs[1], theirs[0]
		}
		flows, _ := read(t, file, keylog)
		if len(flows) != 1 || flows[0].out() != theirs[0].String() || flows[0].in() != theirs[1].String() || flows[0].out() != up {
			t.Errorf("%x: %d and %d octets, tshark %d and %d", version, flows[0].text[0].Len(), flows[0].text[1].Len(), theirs[0].Len(), theirs[1].Len())
		}
	}
}
