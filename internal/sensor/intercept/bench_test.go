package intercept_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/sensor/authority"
	"example.org/telltale/internal/sensor/intercept"
	"example.org/telltale/internal/sensor/tape"
)

// The benchmarks run the carrier in a process of its own, so that its CPU
// time can be told from that of the ends. The process prints its address and
// serves until its input ends; then it prints the CPU time it has used.

// TestCarrierProcess is that process.
func TestCarrierProcess(t *testing.T) {
	server, how := os.Getenv("TELLTALE_BENCH_SERVER"), os.Getenv("TELLTALE_BENCH_CARRIER")
	if server == "" {
		t.Skip("only for the benchmarks")
	}
	l := listen(t)
	fmt.Println("address", l.Addr())
	carry := plainRelay(server)
	if how == "intercept" {
		carry = interceptor(t, server, os.Getenv("TELLTALE_BENCH_DIR"))
	}
	go func() {
		for {
			app, err := l.Accept()
			if err != nil {
				return
			}
			go carry(app)
		}
	}()
	in := bufio.NewReader(os.Stdin)
	for {
		if _, err := in.ReadString('\n'); err != nil {
			return
		}
		fmt.Println("cpu", cpu())
	}
}

func plainRelay(server string) func(net.Conn) {
	return func(app net.Conn) {
		defer app.Close()
		up, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		defer up.Close()
		go func() {
			_, _ = io.Copy(struct{ io.Writer }{app}, struct{ io.Reader }{up})
			_ = app.Close()
		}()
		_, _ = io.Copy(struct{ io.Writer }{up}, struct{ io.Reader }{app})
	}
}

// nowhere is a sink that only counts: what keeping costs is measured where it
// is kept.
type nowhere struct{}

func (nowhere) Open(tape.Conn) (tape.Tape, error)    { return nowhere{}, nil }
func (nowhere) Octets(bool, time.Time, []byte) error { return nil }
func (nowhere) Close(tape.Conn) error                { return nil }

func interceptor(t *testing.T, server, dir string) func(net.Conn) {
	ca, err := authority.Load(authority.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	i, err := intercept.New(intercept.Config{Authority: ca, Sink: nowhere{}})
	if err != nil {
		t.Fatal(err)
	}
	return func(app net.Conn) {
		up, err := net.Dial("tcp", server)
		if err != nil {
			_ = app.Close()
			return
		}
		_ = i.Carry(context.Background(), app, intercept.Upstream{Conn: up, Mapped: true})
	}
}

// carrier is the process, seen from the benchmark.
type carrier struct {
	testing.TB
	addr string
	in   io.WriteCloser
	out  *bufio.Reader
}

func startCarrier(b testing.TB, how, server, dir string) *carrier {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestCarrierProcess$", "-test.v")
	cmd.Env = append(os.Environ(), "TELLTALE_BENCH_SERVER="+server, "TELLTALE_BENCH_CARRIER="+how, "TELLTALE_BENCH_DIR="+dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	c := &carrier{TB: b, in: in, out: bufio.NewReader(out)}
	b.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	c.addr = c.line("address")
	return c
}

func (c *carrier) line(word string) string {
	c.Helper()
	for {
		line, err := c.out.ReadString('\n')
		if err != nil {
			c.Fatal(err)
		}
		if rest, ok := strings.CutPrefix(line, word+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
}

// cpu is the process's CPU time so far, in seconds.
func (c *carrier) cpu() float64 {
	c.Helper()
	if _, err := io.WriteString(c.in, "cpu\n"); err != nil {
		c.Fatal(err)
	}
	s, err := strconv.ParseFloat(c.line("cpu"), 64)
	if err != nil {
		c.Fatal(err)
	}
	return s
}

// bench sets a server up that runs f under TLS, and a carrier before it.
func bench(b *testing.B, how string, f func(*end)) (*carrier, *tls.Config) {
	b.Helper()
	dir := b.TempDir()
	ca, err := authority.Load(authority.Config{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	server := script(b, serving(b, ca, nil, "bench.test"), f)
	return startCarrier(b, how, server, dir), &tls.Config{ServerName: "bench.test", RootCAs: pool(ca)}
}

func carriers(b *testing.B, f func(b *testing.B, how string)) {
	for _, how := range []string{"plain", "intercept"} {
		b.Run(how, func(b *testing.B) { f(b, how) })
	}
}

// BenchmarkRequests sends requests of 1 KB, answered by 1 KB, one after the
// other over one connection.
func BenchmarkRequests(b *testing.B) {
	carriers(b, func(b *testing.B, how string) {
		c, config := bench(b, how, echo)
		conn, err := tls.Dial("tcp", c.addr, config)
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		text := append([]byte("POST / HTTP/1.1\r\nHost: bench.test\r\n\r\n"), make([]byte, 1024)...)
		answer := make([]byte, len(text))
		before := c.cpu()
		for b.Loop() {
			if _, err := conn.Write(text); err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadFull(conn, answer); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric((c.cpu()-before)/float64(b.N)*1e4, "cpu-s/10k")
	})
}

// BenchmarkConnections makes a connection for each request.
func BenchmarkConnections(b *testing.B) {
	carriers(b, func(b *testing.B, how string) {
		c, config := bench(b, how, echo)
		before := c.cpu()
		for b.Loop() {
			conn, err := tls.Dial("tcp", c.addr, config)
			if err != nil {
				b.Fatal(err)
			}
			talk(b, conn).say("x")
			talk(b, conn).hear("x")
			_ = conn.Close()
		}
		b.ReportMetric((c.cpu()-before)/float64(b.N)*1e4, "cpu-s/10k")
	})
}

// BenchmarkUpload sends much over one connection.
func BenchmarkUpload(b *testing.B) {
	const size = 64 << 20
	carriers(b, func(b *testing.B, how string) {
		c, config := bench(b, how, func(e *end) {
			for {
				if _, err := io.CopyN(io.Discard, e.in, size); err != nil {
					return
				}
				e.say("got it")
			}
		})
		conn, err := tls.Dial("tcp", c.addr, config)
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		piece := make([]byte, 1<<20)
		b.SetBytes(size)
		before := c.cpu()
		for b.Loop() {
			for range size / len(piece) {
				if _, err := conn.Write(piece); err != nil {
					b.Fatal(err)
				}
			}
			talk(b, conn).hear("got it")
		}
		b.ReportMetric((c.cpu()-before)/float64(b.N)*(1<<30)/size, "cpu-s/GiB")
	})
}
