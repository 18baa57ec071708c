package reassemble

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"example.org/telltale/internal/pcapng"
)

const (
	// waitLimit bounds the bytes of one direction that wait for those before
	// them, waitTotal those of all.
	waitLimit = 1 << 20
	waitTotal = 16 << 20
	// segmentCost is the memory that a segment takes besides its bytes.
	segmentCost = 96
	// talkLimit bounds the conversations that are followed at a time, and
	// idlePackets is after how many packets one counts as idle.
	talkLimit   = 1 << 15
	idlePackets = 1 << 16
	// quiet is how long after its last packet a conversation of datagrams,
	// or one that was reset, is over.
	quiet = 2 * time.Minute
	// sweepEvery is after how many packets those are looked for, if the capture
	// has gone on for sweepAfter since.
	sweepEvery = 1 << 12
	sweepAfter = 10 * time.Second
)

// key names a conversation, whoever sends: the lesser end comes first.
type key struct {
	a, b     [16]byte
	pa, pb   uint16
	protocol byte
}

// table follows all conversations.
type table struct {
	options Options
	decoder decoder
	talks   map[key]*talk
	last    *talk // the one of the last packet
	waiting int
	tails   tails
	stats   Stats
	now     time.Time // of the last packet
	swept   time.Time
}

// talk is one conversation.
type talk struct {
	key     key
	number  int
	flip    bool // the client is the second end of the key
	conv    Conversation
	started bool
	over    bool // was closed; kept so that stragglers begin no new one
	start   Start
	finish  Finish
	halves  [2]half // from the key's first end, from its second
	seen    int     // packet that came last
}

// half is one direction of a conversation.
type half struct {
	known bool
	first uint32 // the sequence number of its first octet
	next  uint32 // the sequence number that comes next
	fin   bool   // finAt is where it ends
	finAt uint32
	ended bool
	// wait are segments from beyond a gap, in order.
	wait   []waiting
	amount int // bytes in them, with segmentCost for each
	// acked is what the other side had of this one beyond next; it was seen at
	// packet ackedAt (0: nothing is missing).
	acked   uint32
	ackedAt int
	tail    []byte // the last octets given, to compare copies with
}

type waiting struct {
	seq     uint32
	at      time.Time
	data    []byte
	missing int
}

func newTable(o Options) *table {
	return &table{options: o, talks: map[key]*talk{}}
}

// packet takes the packets in the order of the capture; false if nothing in
// it was wanted.
func (t *table) packet(p pcapng.Packet) bool {
	if p.At.After(t.now) {
		t.now = p.At
	}
	if t.stats.Packets%sweepEvery == 0 && t.now.Sub(t.swept) >= sweepAfter {
		t.swept = t.now
		t.sweep()
	}
	ip, ok := t.decoder.frame(p.Data, p.Link)
	if !ok {
		return false
	}
	switch {
	case ip.protocol == protocolTCP:
		return t.tcp(p, ip)
	case !t.options.Datagrams:
		return false
	case ip.protocol == protocolUDP:
		return t.udp(p, ip)
	case ip.protocol == protocolICMP, ip.protocol == protocolICMPv6:
		return t.icmp(p, ip)
	}
	return false
}

// keyOf returns the key of a packet, and whether the second end sent it.
func keyOf(ip packet, from, to uint16) (k key, second bool) {
	k = key{ip.from, ip.to, from, to, ip.protocol}
	if c := bytes.Compare(ip.from[:], ip.to[:]); c > 0 || c == 0 && from > to {
		return key{ip.to, ip.from, to, from, ip.protocol}, true
	}
	return k, false
}

func (t *table) find(k key) *talk {
	if t.last != nil && t.last.key == k {
		return t.last
	}
	one := t.talks[k]
	if one != nil {
		t.last = one
	}
	return one
}

// begin makes a conversation; fromClient tells whether the first packet is
// from its client.
func (t *table) begin(k key, second, fromClient bool, s Start) *talk {
	if len(t.talks) >= talkLimit {
		t.dropIdle()
	}
	t.stats.Streams++
	one := &talk{key: k, number: t.stats.Streams, flip: second == fromClient, start: s}
	one.start.Client, one.start.Server = end(k.a, k.pa), end(k.b, k.pb)
	if one.flip {
		one.start.Client, one.start.Server = one.start.Server, one.start.Client
	}
	one.seen = t.stats.Packets
	t.talks[k], t.last = one, one
	return one
}

func end(a [16]byte, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(a).Unmap(), port)
}

// open begins the conversation where it is handed to.
func (t *table) open(one *talk) {
	if !one.started {
		one.started = true
		one.start.Origin = &one.finish.Origin
		one.conv = t.options.Open(one.start)
	}
}

// close ends a conversation; what waits is given, gaps and all.
func (t *table) close(one *talk) {
	if one.over {
		return
	}
	for i := range one.halves {
		t.flush(one, i)
		t.tails.give(&one.halves[i])
	}
	one.over = true
	if one.conv != nil {
		one.conv.Close(one.finish)
		one.conv = nil
	}
}

func (t *table) drop(one *talk) {
	t.close(one)
	delete(t.talks, one.key)
	if t.last == one {
		t.last = nil
	}
}

// sweep ends what has been quiet for long.
func (t *table) sweep() {
	t.dropThose(func(one *talk) bool {
		return t.now.Sub(one.finish.At) > quiet && (one.over || one.finish.Reset || one.key.protocol != protocolTCP)
	})
}

// dropThose ends the conversations that fit, in the order they began.
func (t *table) dropThose(fits func(*talk) bool) {
	var all []*talk
	for _, one := range t.talks {
		if fits(one) {
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b *talk) int { return cmp.Compare(a.number, b.number) })
	for _, one := range all {
		t.drop(one)
	}
}

// dropIdle ends what is over, then what was silent for long, or else all.
func (t *table) dropIdle() {
	for _, fits := range []func(*talk) bool{
		func(one *talk) bool { return one.over },
		func(one *talk) bool { return t.stats.Packets-one.seen > idlePackets },
		func(one *talk) bool { return t.stats.Packets-one.seen > talkLimit/2 },
		func(*talk) bool { return true },
	} {
		t.dropThose(fits)
		if len(t.talks) < talkLimit*3/4 {
			return
		}
	}
}

// end closes everything.
func (t *table) end() { t.dropThose(func(*talk) bool { return true }) }

// touch notes a packet of a conversation.
func (t *table) touch(one *talk, p pcapng.Packet, fromClient bool) {
	one.seen = t.stats.Packets
	if p.At.After(one.finish.At) {
		one.finish.At = p.At
	}
	one.finish.Answered = one.finish.Answered || !fromClient
	if len(p.Comments) > 0 && one.finish.Origin.Comment == "" {
		one.finish.Origin.Comment = p.Comments[0]
	}
	if one.finish.Origin.App == "" && p.Link == pcapng.LinkEthernet {
		one.finish.Origin.App = trailer(p.Data)
	}
}

// trailer reads the name that PCAPdroid puts behind packets: magic, user id,
// 20 octets of name and a checksum, in a frame between addresses of zeros. It
// stands behind the IP packet: what stands at its end its sender chose.
func trailer(b []byte) string {
	const head, size, magic = 14, 32, 0x01072021
	if len(b) < head+20+size || binary.BigEndian.Uint32(b[len(b)-size:]) != magic || [12]byte(b) != [12]byte{} {
		return ""
	}
	ip := int(binary.BigEndian.Uint16(b[head+2:]))
	if b[head]>>4 == 6 {
		ip = 40 + int(binary.BigEndian.Uint16(b[head+4:]))
	}
	if ip == 0 || len(b) < head+ip+size {
		return ""
	}
	name, _, _ := bytes.Cut(b[len(b)-size+8:len(b)-4], []byte{0})
	return string(name)
}
