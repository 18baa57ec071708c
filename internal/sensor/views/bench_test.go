package views_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
	"example.org/telltale/internal/sensor/views"
)

// nobody is a Recorder that keeps nothing.
type nobody struct{}

func (nobody) Keep([]byte) (telltale.Digest, error) { return "x", nil }
func (nobody) Record(telltale.Flow) error           { return nil }

// BenchmarkExchange: a request and an answer of 1 KB on one connection.
func BenchmarkExchange(b *testing.B) {
	v := views.New(views.Config{Recorder: nobody{}})
	tp, err := v.Open(tape.Conn{ID: "c", Transport: "tcp", Host: "a.test"})
	if err != nil {
		b.Fatal(err)
	}
	at := time.Now()
	ask := []byte("GET /a HTTP/1.1\r\nHost: a.test\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n")
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n" + strings.Repeat("x", 1024))
	b.ReportAllocs()
	for b.Loop() {
		_ = tp.Octets(true, at, ask)
		_ = tp.Octets(false, at, answer)
	}
	if err := v.Finish(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkUpload: a long body in pieces of 64 KB.
func BenchmarkUpload(b *testing.B) {
	v := views.New(views.Config{Recorder: nobody{}})
	tp, err := v.Open(tape.Conn{ID: "c", Transport: "tcp", Host: "a.test"})
	if err != nil {
		b.Fatal(err)
	}
	at, piece := time.Now(), make([]byte, 64<<10)
	_ = tp.Octets(true, at, fmt.Appendf(nil, "PUT /a HTTP/1.1\r\nContent-Length: %d\r\n\r\n", int64(1)<<50))
	b.SetBytes(int64(len(piece)))
	b.ReportAllocs()
	for b.Loop() {
		_ = tp.Octets(true, at, piece)
	}
}
