package pcapng_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/pcapgo"

	"example.org/telltale/internal/pcapng"
)

// start is a fixed moment.
func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 6789, time.UTC) }

func options() pcapng.Options {
	return pcapng.Options{
		Application: "telltale test", Comments: []string{"the section"},
		Interfaces: []pcapng.Interface{
			{Name: "box", Description: "the app's side", Link: pcapng.LinkRaw, Comments: []string{"curl -s https://a.test/"}},
			{Name: "other", Link: 1},
		},
	}
}

// datagram is an IPv4 UDP packet without checksums.
func datagram(payload string) []byte {
	b := make([]byte, 28, 28+len(payload))
	b[0], b[8], b[9] = 0x45, 64, 17
	binary.BigEndian.PutUint16(b[2:], uint16(28+len(payload)))
	copy(b[12:], []byte{198, 18, 0, 2, 198, 18, 0, 3})
	var sum uint32
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	binary.BigEndian.PutUint16(b[10:], ^uint16(sum+sum>>16))
	binary.BigEndian.PutUint16(b[20:], 4000)
	binary.BigEndian.PutUint16(b[22:], 4001)
	binary.BigEndian.PutUint16(b[24:], uint16(8+len(payload)))
	return append(b, payload...)
}

// write makes a capture of everything there is.
func write(t *testing.T) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := pcapng.NewWriter(&file, options())
	if err != nil {
		t.Fatal(err)
	}
	w.Name(netip.MustParseAddr("198.18.0.3"), "a.test")
	w.Name(netip.MustParseAddr("fd74:656c::3"), "b.test")
	w.Name(netip.MustParseAddr("198.18.0.3"), "a.test")
	must(t, w.Packet(pcapng.Packet{At: start(), Data: datagram("one"), Comments: []string{"pid 12 curl"}}))
	if _, err := w.Write([]byte("CLIENT_RANDOM aa bb\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("CLIENT_RANDOM cc dd")); err != nil {
		t.Fatal(err)
	}
	must(t, w.Packets(pcapng.Packet{At: start().Add(time.Second), Data: datagram("two"), Size: 4000},
		pcapng.Packet{At: start().Add(2 * time.Second), Data: datagram("three!")}))
	must(t, w.Close())
	must(t, w.Close())
	if err := w.Packet(pcapng.Packet{At: start()}); err == nil {
		t.Error("a packet was taken after Close")
	}
	return file.Bytes()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// read prints every whole block of a little-endian file, and counts the
// octets behind the last.
func read(t *testing.T, file []byte) (lines []string, torn int) {
	t.Helper()
	u := binary.LittleEndian.Uint32
	for len(file) >= 12 && len(file) >= int(u(file[4:])) {
		n := int(u(file[4:]))
		if n < 12 || u(file[n-4:]) != uint32(n) {
			t.Fatalf("block %q has a wrong length", file[:min(len(file), 40)])
		}
		lines = append(lines, describe(u(file), file[8:n-4]))
		file = file[n:]
	}
	return lines, len(file)
}

func describe(kind uint32, b []byte) string {
	u := binary.LittleEndian.Uint32
	switch kind {
	case 6:
		at := time.Unix(0, int64(u(b[4:]))<<32|int64(u(b[8:]))).UTC()
		n := int(u(b[12:]))
		return fmt.Sprintf("packet %d %s %q %d %q", u(b), at.Format(time.RFC3339Nano), b[20+28:20+n], u(b[16:]), b[20+n+(-n&3):])
	case 10:
		n := int(u(b[4:]))
		return fmt.Sprintf("secrets %x %q", u(b), b[8:8+n])
	}
	return fmt.Sprintf("%#x %q", kind, b)
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	got, torn := read(t, write(t))
	if torn != 0 {
		t.Errorf("%d octets behind the last block", torn)
	}
	want := []string{
		`0xa0d0d0a "M<+\x1a\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\v\x00the section\x00\x04\x00\r\x00telltale test\x00\x00\x00\x00\x00\x00\x00"`,
		`0x1 "e\x00\x00\x00\x00\x00\x00\x00\x01\x00\x17\x00curl -s https://a.test/\x00\x02\x00\x03\x00box\x00\x03\x00\x0e\x00the app's side\x00\x00\t\x00\x01\x00\t\x00\x00\x00\x00\x00\x00\x00"`,
		`0x1 "\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x05\x00other\x00\x00\x00\t\x00\x01\x00\t\x00\x00\x00\x00\x00\x00\x00"`,
		`0x4 "\x01\x00\v\x00\xc6\x12\x00\x03a.test\x00\x00\x02\x00\x17\x00\xfdtel\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03b.test\x00\x00\x00\x00\x00\x00"`,
		`packet 0 2026-01-02T03:04:05.000006789Z "one" 31 "\x01\x00\v\x00pid 12 curl\x00\x00\x00\x00\x00"`,
		`secrets 544c534b "CLIENT_RANDOM aa bb\nCLIENT_RANDOM cc dd\n"`,
		`packet 0 2026-01-02T03:04:06.000006789Z "two" 4000 ""`,
		`packet 0 2026-01-02T03:04:07.000006789Z "three!" 34 ""`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Secrets and names that wait are written before the next packet, together,
// and a flush that is late loses nothing.
func TestDelayedFlush(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	opts := options()
	opts.Delay = time.Hour
	w, err := pcapng.NewWriter(&file, opts)
	must(t, err)
	head := file.Len()
	must(t, w.Packet(pcapng.Packet{At: start(), Data: datagram("one")}))
	for _, line := range []string{"A 1 2\n", "B 1 2\n"} {
		if _, err := w.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	must(t, w.Packet(pcapng.Packet{At: start(), Data: datagram("two")}))
	if file.Len() != head {
		t.Error("a packet was flushed before its time")
	}
	must(t, w.Flush())
	got, _ := read(t, file.Bytes())
	if len(got) != 6 || got[4] != `secrets 544c534b "A 1 2\nB 1 2\n"` {
		t.Errorf("%q", got)
	}
	must(t, w.Close())
}

// A capture that was cut anywhere gives every whole packet before the cut.
func TestTornAnywhere(t *testing.T) {
	t.Parallel()
	file := write(t)
	whole := packets(t, file)
	seen := 0
	for n := range len(file) + 1 {
		got := packets(t, file[:n])
		if len(got) < seen || len(got) > seen+1 || !slices.Equal(got, whole[:len(got)]) {
			t.Fatalf("cut at %d: %q", n, got)
		}
		seen = len(got)
	}
	if seen != 3 {
		t.Errorf("%d packets, want 3", seen)
	}
}

// packets reads with a reader of others as far as it goes.
func packets(t *testing.T, file []byte) (all []string) {
	t.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.NgReaderOptions{WantMixedLinkType: true})
	for err == nil {
		var b []byte
		if b, _, err = r.ReadPacketData(); err == nil {
			all = append(all, string(b))
		}
	}
	return all
}

func TestLimitCountsWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	opts := options()
	opts.Limit = 70
	w, err := pcapng.NewWriter(&file, opts)
	must(t, err)
	for range 5 {
		must(t, w.Packet(pcapng.Packet{At: start(), Data: datagram("1234567")}))
	}
	got, _ := read(t, file.Bytes())
	if len(got) != 5 || w.LeftOut() != 3 {
		t.Errorf("%d blocks, %d left out: %q", len(got), w.LeftOut(), got)
	}
}

type full struct{ left int }

func (f *full) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errors.New("no space left")
	}
	return len(b), nil
}

func TestFirstErrorStays(t *testing.T) {
	t.Parallel()
	w, err := pcapng.NewWriter(&full{400}, options())
	must(t, err)
	for range 20 {
		err = w.Packet(pcapng.Packet{At: start(), Data: datagram("x")})
	}
	if err == nil || !strings.Contains(err.Error(), "no space left") || w.Err() == nil || w.Close() == nil {
		t.Errorf("the error is lost: %v", err)
	}
}

// Another reader takes the file for what it is.
func TestOtherReaderAgrees(t *testing.T) {
	t.Parallel()
	r, err := pcapgo.NewNgReader(bytes.NewReader(write(t)), pcapgo.NgReaderOptions{WantMixedLinkType: true})
	must(t, err)
	for _, want := range []string{"one", "two", "three!"} {
		b, info, err := r.ReadPacketData()
		must(t, err)
		if string(b[28:]) != want || info.Timestamp.Nanosecond() != 6789 {
			t.Errorf("got %q at %v, want %q", b, info.Timestamp, want)
		}
	}
}

func TestTsharkReadsComments(t *testing.T) {
	t.Parallel()
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") != "" {
			t.Fatal("tshark is missing")
		}
		t.Skip("tshark is not installed")
	}
	path := filepath.Join(t.TempDir(), "x.pcapng")
	must(t, os.WriteFile(path, write(t), 0o600))
	out, err := exec.Command(tshark, "-r", path, "-N", "n", "-T", "fields", "-e", "frame.comment", "-e", "udp.dstport", "-e", "frame.interface_name", "-e", "ip.dst_host").Output()
	must(t, err)
	want := "pid 12 curl\t4001\tbox\ta.test\n\t4001\tbox\ta.test\n\t4001\tbox\ta.test\n"
	if string(out) != want {
		t.Errorf("tshark says %q, want %q", out, want)
	}
}
