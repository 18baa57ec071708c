package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/pcapng"
	"example.org/telltale/internal/sensor/tape"
)

// maxRows bounds the destinations that a summary tells apart.
const maxRows = 1 << 12

// tally is a sink that counts, for the summary.
type tally struct {
	// capture is told what addresses are called; nil without one.
	capture *pcapng.Writer

	mu   sync.Mutex
	rows map[destination]*total
	more int64 // flows to destinations beyond maxRows
	// refused are the hosts whose connections passed unopened because the
	// program did not accept our certificate.
	refused map[string]bool
}

// destination is what one row of the summary is about.
type destination struct {
	host, proto string
	visibility  telltale.Visibility
}

type total struct {
	flows, failed int64
	out, in       int64
	processes     map[string]bool
}

func newTally() *tally { return &tally{rows: map[destination]*total{}, refused: map[string]bool{}} }

// Open counts a connection when it ends.
func (t *tally) Open(tape.Conn) (tape.Tape, error) { return &tallied{tally: t}, nil }

type tallied struct {
	tally   *tally
	out, in atomic.Int64
}

// Octets counts.
func (c *tallied) Octets(out bool, _ time.Time, b []byte) error {
	if out {
		c.out.Add(int64(len(b)))
	} else {
		c.in.Add(int64(len(b)))
	}
	return nil
}

// Close adds to the row of the destination.
func (c *tallied) Close(conn tape.Conn) error {
	t := c.tally
	host := conn.Host
	if conn.Proto != "dns" && t.capture != nil {
		t.capture.Name(conn.Dst.Addr(), host)
	}
	switch {
	case conn.Proto == "dns":
		host = "(name lookups)"
	case host == "" && conn.Dst.Addr().IsValid():
		host = conn.Dst.Addr().Unmap().String()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if conn.TLS != nil && conn.TLS.Refused && len(t.refused) < maxRows {
		t.refused[host] = true
	}
	key := destination{host, conn.Proto, conn.Visibility}
	row := t.rows[key]
	if row == nil {
		if len(t.rows) >= maxRows {
			t.more++
			return nil
		}
		row = &total{processes: map[string]bool{}}
		t.rows[key] = row
	}
	row.flows++
	row.out += c.out.Load()
	row.in += c.in.Load()
	if conn.Error != "" && c.in.Load() == 0 {
		row.failed++
	}
	if conn.Process.Name != "" && len(row.processes) < 100 {
		row.processes[conn.Process.Name] = true
	}
	return nil
}

// print writes the table, and what could not be seen.
func (t *tally) print(w io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rows) == 0 {
		fmt.Fprintln(w, "telltale: nothing was sent, nor tried to be.")
		return
	}
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "telltale: what was sent, in octets")
	fmt.Fprintln(table, "  host\tprotocol\tseen as\tflows\tfailed\tout\tin\tby")
	keys := make([]destination, 0, len(t.rows))
	for k := range t.rows {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b destination) int {
		return cmp.Or(cmp.Compare(t.rows[b].out, t.rows[a].out), strings.Compare(a.host, b.host), strings.Compare(a.proto, b.proto),
			strings.Compare(string(a.visibility), string(b.visibility)))
	})
	for _, k := range keys {
		row := t.rows[k]
		var by []string
		for p := range row.processes {
			by = append(by, fmt.Sprintf("%.30q", p))
		}
		slices.Sort(by)
		fmt.Fprintf(table, "  %s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n", printable(k.host), k.proto, k.visibility,
			row.flows, row.failed, row.out, row.in, strings.ReplaceAll(strings.Join(by, ", "), `"`, ""))
	}
	_ = table.Flush() // to standard error, where there is nobody else to tell
	if t.more > 0 {
		fmt.Fprintf(w, "and %d flows to further destinations\n", t.more)
	}
	t.printBlind(w, keys)
}

// printBlind says what was not seen.
func (t *tally) printBlind(w io.Writer, keys []destination) {
	var opaque int64
	for _, k := range keys {
		if k.visibility == telltale.Opaque {
			opaque += t.rows[k].flows
		}
	}
	if opaque > 0 {
		fmt.Fprintf(w, "not seen: the content of %d opaque flows; their sizes, times and destinations are recorded\n", opaque)
	}
	var hosts []string
	for h := range t.refused {
		hosts = append(hosts, printable(h))
	}
	if slices.Sort(hosts); len(hosts) > 0 {
		fmt.Fprintf(w, "not accepted: our certificate, for %s\n", strings.Join(hosts, ", "))
	}
	if t.capture != nil && t.capture.LeftOut() > 0 {
		fmt.Fprintf(w, "not kept: %d packets, beyond --pcap-limit; flows and octets are whole\n", t.capture.LeftOut())
	}
}

// printable keeps what a program has put into a name from steering the
// terminal.
func printable(text string) string {
	quoted := fmt.Sprintf("%.80q", text)
	return quoted[1 : len(quoted)-1]
}
