package peel

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
)

// dnsPeeler reads DNS messages (RFC 1035), one in a datagram or many behind
// their lengths: the texts of TXT and NULL records joined, "dns:txt", and
// what a tunnel writes into the names of many questions, "dns:labels".
type dnsPeeler struct{}

func (dnsPeeler) Name() string { return "dns" }

// dnsTraffic is what the messages carry.
type dnsTraffic struct {
	names [][][]byte // the labels of the first question of each message, once
	seen  map[string]bool
	texts [][]byte // the texts of each message joined
}

func (dnsPeeler) Peel(in Input) []Candidate {
	var t dnsTraffic
	if !t.stream(in.Bytes) {
		t = dnsTraffic{}
		if !t.message(in.Bytes) {
			return nil
		}
	}
	var out []Candidate
	if text := bytes.Join(t.texts, nil); len(text) >= shortestField {
		out = append(out, Candidate{Coats: []string{"dns:txt"}, Bytes: text, Score: 0.95, Whole: true, Part: true})
		for i, b := range t.texts {
			if len(t.texts) > 1 && len(b) >= shortestField && i < partLimit {
				out = append(out, Candidate{Coats: []string{"dns:txt-" + strconv.Itoa(i+1)}, Bytes: b, Score: 0.85, Whole: true, Part: true})
			}
		}
	}
	return append(out, t.labels()...)
}

// stream reads messages behind lengths of two bytes; nothing may be left but
// a message that is cut.
func (t *dnsTraffic) stream(b []byte) bool {
	count := 0
	for len(b) > 2 {
		size := int(binary.BigEndian.Uint16(b))
		if size < 12 || count == 0 && size > len(b)-2 {
			return false
		}
		if !t.message(b[2:min(2+size, len(b))]) && 2+size <= len(b) {
			return false
		}
		b = b[min(2+size, len(b)):]
		count++
	}
	return count > 0
}

// message reads one message; a wrong count or name ends it.
func (t *dnsTraffic) message(b []byte) bool {
	if len(b) < 17 || b[2]>>3&15 > 5 || b[3]&0x40 != 0 {
		return false
	}
	questions := int(binary.BigEndian.Uint16(b[4:]))
	records := int(binary.BigEndian.Uint16(b[6:])) + int(binary.BigEndian.Uint16(b[8:])) + int(binary.BigEndian.Uint16(b[10:]))
	if questions != 1 || records > 100 {
		return false
	}
	name, at, ok := dnsName(b, 12)
	if !ok || at+4 > len(b) || b[at] != 0 && b[at] != 0xff || b[at+2]&0x7f != 0 || b[at+3] == 0 {
		return false
	}
	// A question is sent again, for another type, and comes back in the answer.
	if whole := string(bytes.ToLower(bytes.Join(name, []byte(".")))); !t.seen[whole] {
		if t.seen == nil {
			t.seen = map[string]bool{}
		}
		t.seen[whole] = true
		t.names = append(t.names, name)
	}
	var texts []byte
	for at += 4; records > 0 && at < len(b); records-- {
		if _, at, ok = dnsName(b, at); !ok || at+10 > len(b) {
			break
		}
		kind, size := binary.BigEndian.Uint16(b[at:]), int(binary.BigEndian.Uint16(b[at+8:]))
		at += 10
		texts = append(texts, dnsText(kind, b[at:min(at+size, len(b))])...)
		at += size
	}
	if len(texts) > 0 {
		t.texts = append(t.texts, texts)
	}
	return true
}

// dnsText is what a record of a kind may carry as text.
func dnsText(kind uint16, data []byte) []byte {
	switch kind {
	case 10:
		return data
	case 16:
		var out []byte
		for len(data) > 0 {
			n := min(int(data[0]), len(data)-1)
			out = append(out, data[1:1+n]...)
			data = data[1+n:]
		}
		return out
	}
	return nil
}

// dnsName reads labels, and goes after one pointer at most.
func dnsName(b []byte, at int) (labels [][]byte, next int, ok bool) {
	for at < len(b) && len(labels) < 128 {
		n := int(b[at])
		switch {
		case n == 0:
			return labels, at + 1, true
		case n >= 0xc0:
			return labels, at + 2, at+2 <= len(b)
		case n > 63 || at+1+n > len(b):
			return nil, 0, false
		}
		labels = append(labels, b[at+1:at+1+n])
		at += 1 + n
	}
	return nil, 0, false
}

const dnsTail = 8 // labels tried as the domain of a tunnel

// labels joins the labels in front of the tunnel's domain. Where the domain
// begins is seen where the names differ; counters in front of it may belong
// to it, so a few splits are offered.
func (t *dnsTraffic) labels() []Candidate {
	same := t.sameTail()
	var out []Candidate
	seen := map[string]bool{}
	for _, lead := range []int{0, 1} {
		for tail := 1; tail < dnsTail; tail++ {
			joined := t.join(lead, tail)
			if len(joined) < 2*shortestField || seen[string(joined)] {
				continue
			}
			seen[string(joined)] = true
			score := 0.5
			switch {
			case lead == 0 && tail == same:
				score = 0.9
			case lead == 0 && tail == same+1:
				score = 0.85
			}
			coat := "dns:labels-" + strconv.Itoa(lead) + "-" + strconv.Itoa(tail)
			out = append(out, Candidate{Coats: []string{coat}, Bytes: joined, Score: score, Whole: true, Part: true})
		}
	}
	return out
}

// sameTail counts the labels at the end that all names share, and those in
// front of them that are only counters.
func (t *dnsTraffic) sameTail() int {
	tail := 0
	for {
		shared, counters := true, true
		var first string
		for i, name := range t.names {
			if tail >= len(name)-1 {
				return tail
			}
			label := strings.ToLower(string(name[len(name)-1-tail]))
			if i == 0 {
				first = label
			}
			shared = shared && label == first
			counters = counters && len(label) <= 5 && strings.Trim(label, digits) == ""
		}
		if !shared && !counters || len(t.names) == 1 && len(first) > 12 {
			return tail
		}
		tail++
	}
}

func (t *dnsTraffic) join(lead, tail int) []byte {
	var out []byte
	for _, name := range t.names {
		for i := lead; i < len(name)-tail; i++ {
			out = append(out, name[i]...)
		}
	}
	return out
}
