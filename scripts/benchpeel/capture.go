package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"example.org/telltale/internal/flow/reassemble"
	"example.org/telltale/internal/peel/match"
	"example.org/telltale/internal/peel/sweep"
)

// captureRow plants 1,000 canaries in a capture and looks for them.
func captureRow(size int) (r row, err error) {
	dir, err := os.MkdirTemp("", "benchpeel")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	name := filepath.Join(dir, "capture.pcap")
	c := newCorpus(4)
	needles := c.canaries(1000)
	if err := writeCapture(name, c, size, needles); err != nil {
		return r, err
	}
	runtime.UnlockOSThread()
	defer runtime.LockOSThread()
	cpu := usedByAll()
	found, took, peak, err := searchCapture(name, needles)
	if err != nil {
		return r, err
	}
	cpu = usedByAll() - cpu
	r = row{what: fmt.Sprintf("capture of %d MB, 1,000 copies of %d kinds", size>>20, len(plants())), must: "all, 5x", goal: "all, 10x, <= 128 MB"}
	r.ours = fmt.Sprintf("%d found, %.2f s, CPU %.2f s, %.0f MB", found, took.Seconds(), cpu.Seconds(), peak)
	base, wall, otherCPU, err := otherTools(dir, name, needles)
	if err != nil {
		r.base = err.Error()
		return r, nil
	}
	r.base = fmt.Sprintf("tshark export and yara: %d found, %.1f s, CPU %.1f s", base, wall.Seconds(), otherCPU.Seconds())
	r.ratio = fmt.Sprintf("%.1fx, CPU %.1fx", wall.Seconds()/took.Seconds(), otherCPU.Seconds()/cpu.Seconds())
	return r, nil
}

// searchCapture returns how many needles were found, and the peak of the
// memory that the runtime held.
func searchCapture(name string, needles []match.Needle) (found int, took time.Duration, peak float64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, 0, 0, err
	}
	defer f.Close()
	runtime.GC()
	ctx, stop := context.WithCancel(context.Background())
	peaks := make(chan float64)
	go watchMemory(ctx, peaks)
	from := time.Now()
	s := sweep.New(needles, runtime.GOMAXPROCS(0))
	_, err = reassemble.Read(f, func(d reassemble.Direction) reassemble.Stream { return s.Stream(d.From.String()) })
	finds, _ := s.Close()
	took = time.Since(from)
	stop()
	seen := map[int]bool{}
	for _, f := range finds {
		seen[f.Needle] = true
	}
	return len(seen), took, <-peaks, err
}

func watchMemory(ctx context.Context, peaks chan<- float64) {
	most := 0.0
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, float64(m.HeapInuse+m.StackInuse)/1e6)
		select {
		case <-ctx.Done():
			peaks <- most
			return
		case <-tick.C:
		}
	}
}

// writeCapture writes traffic as packets: segments of 1,448 bytes, with
// answers to each, eight exchanges a connection.
func writeCapture(name string, c *corpus, size int, needles []match.Needle) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(f, 1<<20)
	w := pcapgo.NewWriter(buffered)
	if err := w.WriteFileHeader(65536, layers.LinkTypeEthernet); err != nil {
		return err
	}
	p := packeter{w: w}
	c.exchanges(size, needles, p.exchange)
	p.flags(0x11) // FIN
	return errors.Join(p.err, buffered.Flush(), f.Close())
}

type packeter struct {
	w         *pcapgo.Writer
	n         int // exchanges
	packets   int
	seq       [2]uint32 // up and down
	err       error
	b         []byte
	addresses [2][4]byte
	port      uint16
}

const segmentSize = 1448

func (p *packeter) exchange(e exchange) {
	if p.n%8 == 0 {
		if p.n > 0 {
			p.flags(0x11)
		}
		k := p.n / 8
		p.addresses = [2][4]byte{{10, 0, byte(k >> 8), byte(k)}, {192, 0, 2, byte(k % 50)}}
		p.port = uint16(20000 + k%16384)
		p.seq = [2]uint32{uint32(k) * 7919, uint32(k) * 104729}
		p.flags(0x02) // SYN
	}
	p.n++
	p.stream(0, e.up, e.cut)
	p.stream(1, e.down, e.cut)
}

// flags sends a segment with SYN or FIN on both sides.
func (p *packeter) flags(f byte) {
	for side := range 2 {
		p.packet(side, f|0x10*byte(side), nil)
		p.seq[side]++
	}
}

// stream sends one side's bytes; a segment ends at cut.
func (p *packeter) stream(side int, b []byte, cut int) {
	at := 0
	for len(b) > at {
		n := min(segmentSize, len(b)-at)
		if cut > at && cut < at+n {
			n = cut - at
		}
		p.packet(side, 0x10, b[at:at+n])
		p.seq[side] += uint32(n)
		if at += n; at/n%2 == 0 {
			p.packet(1-side, 0x10, nil)
		}
	}
}

func (p *packeter) packet(side int, flags byte, data []byte) {
	be := binary.BigEndian
	b := append(p.b[:0], 2, 0, 0, 0, 0, byte(2-side), 2, 0, 0, 0, 0, byte(1+side), 8, 0)
	b = append(b, 0x45, 0)
	b = be.AppendUint16(b, uint16(40+len(data)))
	b = append(b, 0, 0, 0x40, 0, 64, 6, 0, 0)
	b = append(b, p.addresses[side][:]...)
	b = append(b, p.addresses[1-side][:]...)
	be.PutUint16(b[24:], ^sum(0, b[14:34]))
	ports := [2]uint16{p.port, 80}
	b = be.AppendUint16(b, ports[side])
	b = be.AppendUint16(b, ports[1-side])
	b = be.AppendUint32(b, p.seq[side])
	b = be.AppendUint32(b, p.seq[1-side])
	b = append(b, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0)
	b = append(b, data...)
	be.PutUint16(b[50:], ^sum(sumWords(6+uint32(len(b)-34), b[26:34]), b[34:]))
	p.b = b
	p.packets++
	at := time.Unix(1_700_000_000, int64(p.packets)*20_000)
	if err := p.w.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(b), Length: len(b)}, b); err != nil && p.err == nil {
		p.err = err
	}
}

// sum is the check sum of IP and TCP.
func sum(s uint32, b []byte) uint16 {
	s = sumWords(s, b)
	for s>>16 != 0 {
		s = s&0xffff + s>>16
	}
	return uint16(s)
}

func sumWords(s uint32, b []byte) uint32 {
	for ; len(b) > 1; b = b[2:] {
		s += uint32(b[0])<<8 | uint32(b[1])
	}
	if len(b) == 1 {
		s += uint32(b[0]) << 8
	}
	return s
}

// otherTools does what one does without this program: tshark writes the
// objects of HTTP, yara looks through them. It returns the time that went by
// and the processor time.
func otherTools(dir, name string, needles []match.Needle) (found int, took, cpu time.Duration, err error) {
	for _, tool := range []string{"tshark", "yara"} {
		if _, err := exec.LookPath(tool); err != nil {
			return 0, 0, 0, fmt.Errorf("%s is not installed", tool)
		}
	}
	rules := filepath.Join(dir, "rules.yar")
	if err := os.WriteFile(rules, []byte(yaraRules(needles)), 0o600); err != nil {
		return 0, 0, 0, err
	}
	objects := filepath.Join(dir, "objects")
	from := time.Now()
	seen := map[string]bool{}
	for _, args := range [][]string{{"tshark", "-n", "-q", "-r", name, "--export-objects", "http," + objects}, {"yara", "-r", "-w", "-p", "1", rules, objects}} {
		cmd := exec.CommandContext(context.Background(), args[0], args[1:]...)
		out, err := cmd.Output()
		if err != nil {
			return 0, 0, 0, fmt.Errorf("%s: %w", args[0], err)
		}
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		for line := range strings.Lines(string(out)) {
			rule, _, _ := strings.Cut(line, " ")
			seen[rule] = true
		}
	}
	return len(seen), time.Since(from), cpu, nil
}

// yaraRules has a rule for each needle, with yara's own modifiers where they
// fit and the other codings written out.
func yaraRules(needles []match.Needle) string {
	var b strings.Builder
	for i, n := range needles {
		fmt.Fprintf(&b, "rule c%d {\nstrings:\n", i)
		quoted := yaraText(n.Text)
		fmt.Fprintf(&b, "$a = \"%s\" ascii wide\n$b = \"%s\" base64 base64wide\n", quoted, quoted)
		for j, kind := range []string{"utf-16le", "utf-16be", "gb18030", "hex", "HEX", "percent", "percent all", "json-u", "json-u all"} {
			fmt.Fprintf(&b, "$k%d = { % x }\n", j, coded(kind, n.Text))
		}
		b.WriteString("condition: any of them\n}\n")
	}
	return b.String()
}

// yaraText writes the bytes of a string as yara wants them.
func yaraText(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if s[i] < 0x80 {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, `\x%02x`, s[i])
		}
	}
	return b.String()
}
