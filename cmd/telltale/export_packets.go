package main

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/flow/packets"
	"example.org/telltale/internal/pcapng"
)

// exportPackets copies the packet files of a case, which make one file of
// several sections, or writes packets made of its flows.
func (a *app) exportPackets(w io.Writer, reader *casefile.Reader) error {
	files, err := filepath.Glob(filepath.Join(reader.Dir, "capture", "*.pcapng"))
	if err != nil {
		return err
	}
	slices.Sort(files)
	for _, name := range files {
		if err := copyFile(w, name); err != nil {
			return err
		}
	}
	if len(files) > 0 {
		return nil
	}
	out, err := pcapng.NewWriter(w, pcapng.Options{
		Application: "telltale " + telltale.Version,
		Comments:    []string{"Packets made of the flows of a case, TLS taken off: not as they were on the wire."},
		Interfaces:  []pcapng.Interface{{Name: "case", Link: pcapng.LinkRaw}},
		Delay:       time.Hour, // closed at once
	})
	if err != nil {
		return err
	}
	maker := &packetMaker{out: out, reader: reader, made: map[string]netip.Addr{}}
	err = errors.Join(maker.all(reader.Record.Flows), out.Close())
	if err == nil && maker.left > 0 {
		fmt.Fprintf(a.stderr, "%d flows without any octet that was kept were left out\n", maker.left)
	}
	return err
}

func copyFile(w io.Writer, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// packetMaker writes flows as packets, those of one connection as one.
type packetMaker struct {
	out    *pcapng.Writer
	reader *casefile.Reader
	// made are addresses for hosts whose own are not known (RFC 2544).
	made map[string]netip.Addr
	port uint16
	left int
}

// all writes the flows by connections, in the order in which those began.
func (m *packetMaker) all(flows []telltale.Flow) error {
	byConn := map[string][]*telltale.Flow{}
	var order []string
	for i := range flows {
		f := &flows[i]
		key := f.Conn
		if key == "" {
			key = "\x00" + f.ID
		}
		key += "\x00" + f.Client + "\x00" + f.Server
		if byConn[key] == nil {
			order = append(order, key)
		}
		byConn[key] = append(byConn[key], f)
	}
	for _, key := range order {
		if err := m.connection(byConn[key]); err != nil {
			return err
		}
	}
	return nil
}

// connection writes the flows of one connection. What the sensor said to the
// server in the app's place is left out: it is the same again.
func (m *packetMaker) connection(flows []*telltale.Flow) error {
	client, server := m.ends(flows[0])
	datagrams := isDatagram(flows[0])
	stream := packets.NewStream(client, server)
	begun := false
	for _, f := range flows {
		comment := "flow " + f.ID + " " + f.Protocol + " " + f.Host
		for _, msg := range f.Messages {
			if msg.Leg != telltale.LegApp || msg.Bytes == "" {
				continue
			}
			b, err := m.reader.Blob(msg.Bytes)
			if err != nil {
				return err
			}
			var segments []packets.Segment
			if !begun && !datagrams {
				segments = stream.Open()
			}
			begun = true
			if datagrams {
				err = m.datagram(client, server, msg, b, comment)
			} else {
				err = m.segments(msg.At, append(segments, stream.Data(msg.Out, b)...), comment)
			}
			if err != nil {
				return err
			}
			comment = ""
		}
	}
	if !begun {
		m.left += len(flows)
		return nil
	}
	if datagrams {
		return nil
	}
	end := flows[len(flows)-1].End
	return m.segments(end, append(stream.End(true), stream.End(false)...), "")
}

func isDatagram(f *telltale.Flow) bool {
	switch f.Protocol {
	case "udp", "dns", "icmp":
		return true
	case "quic": // once opened, it is streams
		return f.Visibility != telltale.Intercepted
	}
	return false
}

// datagram writes a message as one; what is too long for one is cut.
func (m *packetMaker) datagram(client, server netip.AddrPort, msg telltale.Message, b []byte, comment string) error {
	b = b[:min(len(b), 65507)]
	if !msg.Out {
		client, server = server, client
	}
	return m.out.Packet(pcapng.Packet{At: msg.At, Data: packets.Datagram(client, server, b), Comments: comments(comment)})
}

func (m *packetMaker) segments(at time.Time, all []packets.Segment, comment string) error {
	for _, s := range all {
		if err := m.out.Packet(pcapng.Packet{At: at, Data: s.Packet(), Comments: comments(comment)}); err != nil {
			return err
		}
		comment = ""
	}
	return nil
}

func comments(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// ends are the addresses of a flow, made up where they are not known.
func (m *packetMaker) ends(f *telltale.Flow) (client, server netip.AddrPort) {
	client, err1 := netip.ParseAddrPort(f.Client)
	server, err2 := netip.ParseAddrPort(f.Server)
	if err2 != nil {
		server = netip.AddrPortFrom(m.addr(f.Host), uint16(f.Port))
	}
	if err1 != nil || client.Addr().Unmap().Is4() != server.Addr().Unmap().Is4() {
		m.port++
		client = netip.AddrPortFrom(m.addr("client"), 10000+m.port%50000)
		if server.Addr().Unmap().Is6() {
			client = netip.AddrPortFrom(netip.AddrFrom16([16]byte{0xfd, 0x74, 0x65, 0x6c, 15: 1}), client.Port())
		}
	}
	return plainEnd(client), plainEnd(server)
}

func plainEnd(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// addr is the address of a name: its own, or one of 198.18.0.0/15.
func (m *packetMaker) addr(host string) netip.Addr {
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return a
	}
	if a, ok := m.made[host]; ok {
		return a
	}
	n := len(m.made) + 1
	a := netip.AddrFrom4([4]byte{198, 18 + byte(n>>16)&1, byte(n >> 8), byte(n)})
	m.made[host] = a
	m.out.Name(a, host)
	return a
}
