package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/flow/reassemble"
	"example.org/telltale/internal/pcapng"
	"example.org/telltale/internal/sensor/tape"
)

// capture reads a pcap or pcapng file: once for its secrets, which may stand
// behind the packets that they open, and once for its packets.
func (m *Importer) capture(ctx context.Context, f io.ReadSeeker) error {
	apps := origins{}
	if err := m.secrets(f, apps); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	n := 0
	stats, err := reassemble.Walk(f, reassemble.Options{
		Datagrams: true,
		Open:      func(s reassemble.Start) reassemble.Conversation { return m.talk(s, apps) },
		Stop: func() bool {
			n++
			return m.err != nil || n%1024 == 0 && ctx.Err() != nil
		},
	})
	m.summary.Packets, m.summary.Missing = stats.Packets, stats.Missing
	for _, note := range stats.Notes {
		m.place(note)
	}
	if stats.Missing > 0 {
		m.note(-1, "%d octets of the streams are missing", stats.Missing)
	}
	if stats.Unread > 0 {
		m.note(-1, "%d of %d packets were passed over: no IP, another protocol, or parts of packets that are not whole", stats.Unread, stats.Packets)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", m.file, err)
	}
	return ctx.Err()
}

// place notes what the reader of the file said, with its offset.
func (m *Importer) place(note string) {
	if rest, ok := strings.CutPrefix(note, "offset "); ok {
		number, what, _ := strings.Cut(rest, ": ")
		if at, err := strconv.ParseInt(number, 10, 64); err == nil {
			m.note(at, "%s", what)
			return
		}
	}
	m.note(-1, "%s", note)
}

// secrets reads the secrets of a pcapng file, and which programs it names:
// both may stand behind the packets that they are about.
func (m *Importer) secrets(f io.Reader, apps origins) error {
	r, err := pcapng.NewReader(f, pcapng.Hooks{Secrets: func(kind uint32, b []byte) {
		if kind == pcapng.SecretsTLS {
			m.keys.Add(b)
		}
	}, Custom: apps.take})
	if err != nil || !r.IsNG() {
		return nil // its own reader says what is wrong with it
	}
	for {
		_, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", m.file, err)
		}
	}
}

// talk begins a conversation of a capture.
func (m *Importer) talk(s reassemble.Start, apps origins) reassemble.Conversation {
	c := tape.Conn{
		Start: s.At, Src: s.Client, Dst: s.Server, Proto: s.Transport, Transport: s.Transport,
		Visibility: telltale.Clear, Host: m.names[s.Server.Addr().String()],
	}
	w := m.newWriter(c)
	w.whose = func() tape.Process { return apps.process(*s.Origin) }
	if s.Transport == "tcp" {
		return &stream{m: m, w: w, mid: !s.Handshake}
	}
	return &datagrams{m: m, w: w}
}

// failure is what went wrong with a conversation, in words.
func failure(f reassemble.Finish, transport string, octets bool) string {
	switch {
	case f.Unreachable != "" && !f.Answered:
		return f.Unreachable
	case f.Reset && !octets:
		return "connection refused"
	case f.Reset:
		return "connection reset"
	case !f.Answered && transport != "icmp":
		return "no answer"
	case f.Missing > 0:
		return fmt.Sprintf("%d octets are missing in the capture", f.Missing)
	}
	return ""
}
