// Package imports reads what others captured, and hands it on as connections
// with their octets, like those of the gateway: captures (pcap and pcapng,
// TLS opened with embedded secrets or key logs), HAR files and mitmproxy
// dumps.
//
// Files are hostile and damaged. What cannot be read is named with its place,
// and reading goes on behind it. Memory does not grow with the file, except
// for HAR files, which are one JSON value.
package imports

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"example.org/telltale"
	"example.org/telltale/internal/flow/tlsdecrypt"
	"example.org/telltale/internal/sensor/tape"
)

// maxNotes bounds what is said of one file.
const maxNotes = 200

// Note is one thing that could not be read.
type Note struct {
	File string `json:"file"`
	// Offset in the file, -1 if it is about the whole.
	Offset int64  `json:"offset"`
	What   string `json:"what"`
}

func (n Note) String() string {
	if n.Offset < 0 {
		return n.File + ": " + n.What
	}
	return fmt.Sprintf("%s: offset %d: %s", n.File, n.Offset, n.What)
}

// Kind is what a file was taken for.
type Kind string

// The kinds.
const (
	KindCapture Kind = "capture"
	KindHAR     Kind = "har"
	KindMitm    Kind = "mitmproxy"
)

// Summary is what was in a file.
type Summary struct {
	File  string `json:"file"`
	Kind  Kind   `json:"kind"`
	Flows int    `json:"flows"`
	// Packets of a capture.
	Packets int `json:"packets,omitempty"`
	// Opened connections had their TLS taken off, Opaque ones not.
	Opened int `json:"opened"`
	Opaque int `json:"opaque"`
	// Missing octets, where it is known how many.
	Missing int64  `json:"missing,omitempty"`
	Notes   []Note `json:"notes,omitempty"`
	// NotesLeft were too many.
	NotesLeft int `json:"notes_left,omitempty"`
}

// Importer reads files into a sink, one after the other. It is used from one
// goroutine.
type Importer struct {
	sink    tape.Sink
	keys    *tlsdecrypt.Keys
	flows   int
	file    string
	summary Summary
	err     error // of the sink: nothing more can be kept
	writers writers
	// names by address, as answered in the captures.
	names map[string]string
}

// New begins an import into a sink. keys may be added to between files.
func New(sink tape.Sink, keys *tlsdecrypt.Keys) *Importer {
	return &Importer{sink: sink, keys: keys, names: map[string]string{}}
}

// ErrUnknown is what File says of files that are none of the kinds.
var ErrUnknown = errors.New("neither a capture (pcap, pcapng) nor a HAR file nor a mitmproxy dump")

// File reads a file of any kind. The error is for a file that is none of
// them, for one that cannot be read, and for a sink that takes no more.
func (m *Importer) File(ctx context.Context, name string) (Summary, error) {
	f, err := os.Open(name)
	if err != nil {
		return Summary{}, err
	}
	defer f.Close()
	return m.Read(ctx, name, f)
}

// Read reads a file that is open; name is what notes call it.
func (m *Importer) Read(ctx context.Context, name string, f io.ReadSeeker) (Summary, error) {
	m.file, m.summary = name, Summary{File: name}
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return m.summary, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return m.summary, err
	}
	switch m.summary.Kind = kindOf(head[:n]); m.summary.Kind {
	case KindCapture:
		err = m.capture(ctx, f)
	case KindHAR:
		err = m.har(ctx, f)
	case KindMitm:
		err = m.mitm(ctx, bufio.NewReaderSize(f, 1<<18))
	default:
		err = fmt.Errorf("%s: %w", name, ErrUnknown)
	}
	return m.summary, errors.Join(err, m.err)
}

func (m *Importer) note(at int64, format string, args ...any) {
	if len(m.summary.Notes) == maxNotes {
		m.summary.NotesLeft++
		return
	}
	m.summary.Notes = append(m.summary.Notes, Note{m.file, at, fmt.Sprintf(format, args...)})
}

// nextID gives a connection its name.
func (m *Importer) nextID() string {
	m.flows++
	m.summary.Flows++
	return fmt.Sprintf("c%06d", m.flows)
}

// Coverage is what an import can see and what it cannot.
func Coverage() []telltale.Coverage {
	const sensor = "import"
	return []telltale.Coverage{
		{Sensor: sensor, Sees: true, What: "the packets and exchanges that the imported files hold: TCP, UDP, DNS, ICMP"},
		{Sensor: sensor, Sees: true, What: "the content of TLS connections whose secrets are in the files or in a key log"},
		{Sensor: sensor, What: "what the program that captured did not see or did not keep: other networks, lost packets, the time before and after"},
		{Sensor: sensor, What: "the content of TLS connections without secrets, and of QUIC"},
		{Sensor: sensor, What: "whether the files are whole and true: they are taken as they are"},
		{Sensor: sensor, What: "which program sent what, unless the capture says so"},
	}
}
