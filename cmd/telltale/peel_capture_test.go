package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// captureFile writes one stream as a capture.
func captureFile(t *testing.T, stream []byte) string {
	t.Helper()
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	if err := w.WriteFileHeader(65536, layers.LinkTypeRaw); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(stream); at += 1000 {
		ip := &layers.IPv4{Version: 4, TTL: 9, Protocol: layers.IPProtocolTCP, SrcIP: net.IP{10, 0, 0, 1}, DstIP: net.IP{192, 0, 2, 1}}
		tcp := &layers.TCP{SrcPort: 2000, DstPort: 80, Seq: uint32(at), ACK: true}
		p := gopacket.NewSerializeBuffer()
		if err := gopacket.SerializeLayers(p, gopacket.SerializeOptions{FixLengths: true}, ip, tcp, gopacket.Payload(stream[at:min(at+1000, len(stream))])); err != nil {
			t.Fatal(err)
		}
		n := len(p.Bytes())
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: time.Unix(1_700_000_000, 0), CaptureLength: n, Length: n}, p.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(t.TempDir(), "capture.pcap")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestCapturesArePeeled: small ones stream by stream, large ones in a sweep.
func TestCapturesArePeeled(t *testing.T) {
	t.Parallel()
	for _, filler := range []int{10, 5 << 20} {
		coded := base64.StdEncoding.EncodeToString([]byte("hello kvqzjxmn and more"))
		body := `{"m":"` + strings.Repeat("filler ", filler/7) + `","x":"` + base64.StdEncoding.EncodeToString([]byte("y: "+coded)) + `"}`
		stream := fmt.Sprintf("POST /up HTTP/1.1\r\nHost: a.example\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		name := captureFile(t, []byte(stream))
		code, out := tell("peel", "--find", "hello kvqzjxmn", name)
		if code != exitFound || !strings.Contains(out, "capture.pcap 10.0.0.1:2000>192.0.2.1:80:") || !strings.Contains(out, "base64 › base64") {
			t.Errorf("%d bytes: exit code %d\n%s", len(body), code, out)
		}
		if code, out := tell("peel", "--find", "nothing of this", name); code == exitFound {
			t.Errorf("%d bytes: exit code %d\n%s", len(body), code, out)
		}
	}
	name := captureFile(t, make([]byte, 5<<20))
	code, out := tell("peel", "--json", "--find", "hello kvqzjxmn", "--keys-from", name, name)
	if code != exitInconclusive || !strings.Contains(out, "keys and lists are not tried") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}
