package proxy_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"example.org/telltale/internal/sensor/proxy"
	"example.org/telltale/internal/sensor/sensortest"
)

// captured posts over HTTP and over HTTPS and returns the capture.
func captured(t *testing.T) (file []byte) {
	t.Helper()
	var first, second bytes.Buffer
	server, trust := secure(t)
	r := start(t, server.Listener.Addr().String(), trust, func(c *proxy.Config) { c.Capture = &first })
	clear := start(t, mirror(t), func(c *proxy.Config) { c.Capture = &second })
	post := func(r *rig, url string) {
		resp, err := client(t, r.env).Post(url, "text/plain", strings.NewReader(strings.Repeat("the message ", 4000)))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	post(r, "https://example.com/up")
	r.stop()
	a := clear.dial()
	a.say("GET http://a1.tom.test/clear HTTP/1.1\r\nHost: a1.tom.test\r\n\r\n")
	a.hear("HTTP/1.1 200 OK\r\n")
	_ = a.Close()
	clear.stop()
	// A resumed run appends to the file of the first.
	return append(first.Bytes(), second.Bytes()...)
}

// stream is one direction of a connection.
type stream struct {
	next     uint32
	syn, fin bool
	bytes    []byte
}

func TestCaptureIsWellFormed(t *testing.T) {
	t.Parallel()
	file := captured(t)
	if !bytes.Contains(file, []byte("CLIENT_TRAFFIC_SECRET_0 ")) {
		t.Error("no TLS secrets in the capture")
	}
	in, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		t.Fatal(err)
	}
	streams := map[gopacket.Flow]*stream{}
	for {
		data, info, err := in.ReadPacketData()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if info.Timestamp.IsZero() || info.Length != len(data) {
			t.Fatalf("packet info %+v", info)
		}
		follow(t, streams, data)
	}
	if len(streams) != 4 {
		t.Errorf("%d directions, want 4", len(streams))
	}
	request := false
	for _, s := range streams {
		request = request || bytes.HasPrefix(s.bytes, []byte("GET http://a1.tom.test/clear HTTP/1.1\r\n"))
		if !s.syn || !s.fin || len(s.bytes) == 0 {
			t.Errorf("stream of %d bytes, begin %v, end %v", len(s.bytes), s.syn, s.fin)
		}
	}
	if !request {
		t.Error("the request in clear is not in the capture")
	}
}

// follow checks one packet and adds it to its stream.
func follow(t *testing.T, streams map[gopacket.Flow]*stream, data []byte) {
	t.Helper()
	packet := gopacket.NewPacket(data, layers.LayerTypeIPv4, gopacket.Default)
	tcp, ok := packet.TransportLayer().(*layers.TCP)
	if !ok || packet.ErrorLayer() != nil {
		t.Fatalf("no TCP: %v", packet.ErrorLayer())
	}
	pseudo := append(append([]byte{}, data[12:20]...), 0, 6, byte((len(data)-20)>>8), byte(len(data)-20))
	if ones(data[:20]) != 0xffff || ones(append(pseudo, data[20:]...)) != 0xffff {
		t.Fatal("a checksum is wrong")
	}
	id := tcp.TransportFlow()
	s := streams[id]
	if s == nil {
		s = &stream{next: tcp.Seq}
		streams[id] = s
	}
	if tcp.Seq != s.next {
		t.Fatalf("sequence %d, want %d", tcp.Seq, s.next)
	}
	if back := streams[id.Reverse()]; tcp.ACK && back != nil && tcp.Ack > back.next {
		t.Fatalf("acknowledges %d of %d", tcp.Ack, back.next)
	}
	s.bytes = append(s.bytes, tcp.Payload...)
	s.next += uint32(len(tcp.Payload))
	if tcp.SYN || tcp.FIN {
		s.next++
	}
	s.syn, s.fin = s.syn || tcp.SYN, s.fin || tcp.FIN
}

// ones is the ones' complement sum of RFC 1071.
func ones(b []byte) uint32 {
	if len(b)%2 == 1 {
		b = append(b[:len(b):len(b)], 0)
	}
	var sum uint32
	for ; len(b) > 0; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
		sum = sum>>16 + sum&0xffff
	}
	return sum
}

// TestCaptureOpensInWireshark needs tshark. Without it, the test is skipped,
// unless TELLTALE_REQUIRE_REAL is set.
func TestCaptureOpensInWireshark(t *testing.T) {
	t.Parallel()
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") == "1" {
			t.Fatal("tshark is missing: install it, or unset TELLTALE_REQUIRE_REAL")
		}
		t.Skip("no tshark: not checked that captures open decrypted in Wireshark and hold no malformed packet")
	}
	file := filepath.Join(t.TempDir(), "proxy.pcapng")
	capture := captured(t)
	if err := os.WriteFile(file, capture, 0o600); err != nil {
		t.Fatal(err)
	}
	always := []string{"-r", file, "-2", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"}
	ask := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), tshark, slices.Concat(always, args)...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("tshark %q: %v", args, err)
		}
		return string(out)
	}
	if bad := ask("-Y", `_ws.malformed || tcp.checksum.status == "Bad" || tcp.analysis.lost_segment || tcp.analysis.retransmission || tcp.analysis.ack_lost_segment`); bad != "" {
		t.Errorf("bad packets:\n%s", bad)
	}
	got := ask("-Y", "http.request", "-T", "fields", "-e", "http.request.method", "-e", "http.request.uri", "-e", "http.file_data")
	for _, want := range []string{"/up", "the message the message", "/clear"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q among the requests that tshark sees:\n%.2000s", want, got)
		}
	}
}

// disk is a writer with little room.
type disk struct{ room int }

func (d *disk) Write(b []byte) (int, error) {
	if d.room -= len(b); d.room < 0 {
		return 0, errors.New("disk full")
	}
	return len(b), nil
}

func TestCaptureOnFullDisk(t *testing.T) {
	t.Parallel()
	if _, err := proxy.New(proxy.Config{Dir: t.TempDir(), Capture: &disk{}}); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("a capture that cannot begin: %v", err)
	}
	p, err := proxy.New(proxy.Config{Dir: t.TempDir(), Capture: &disk{room: 600}})
	if err != nil {
		t.Fatal(err)
	}
	env, err := p.Start(t.Context(), &sensortest.Recorder{})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client(t, env).Get("http://" + mirror(t) + "/")
	if err == nil {
		_ = resp.Body.Close()
	}
	p.Quiet(t.Context())
	if err := p.Failed(); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("while it should watch it says %v, want the capture's error", err)
	}
	if err := p.Stop(t.Context()); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("stop returns %v, want the capture's error", err)
	}
}
