package pcapng

import (
	"encoding/binary"
	"math"
	"net/netip"
)

// Options of blocks.
const (
	optEnd         = 0
	optComment     = 1
	optName        = 2 // if_name
	optDescription = 3 // if_description
	optApplication = 4 // shb_userappl
	optResolution  = 9 // if_tsresol
)

// name is one entry of a Name Resolution Block.
type name struct {
	addr netip.Addr
	text string
}

// block is one block in the making, little-endian.
type block struct{ b []byte }

// begin starts a block in old memory. Its length follows in end.
func begin(b []byte, kind uint32) block {
	b = binary.LittleEndian.AppendUint32(b[:0], kind)
	return block{binary.LittleEndian.AppendUint32(b, 0)}
}

func (k *block) u16(v uint16) { k.b = binary.LittleEndian.AppendUint16(k.b, v) }
func (k *block) u32(v uint32) { k.b = binary.LittleEndian.AppendUint32(k.b, v) }

// octets appends b and fills up to a multiple of four.
func (k *block) octets(b []byte) {
	k.b = append(k.b, b...)
	for range -len(b) & 3 {
		k.b = append(k.b, 0)
	}
}

// option appends an option unless it is empty. What is longer than an option
// can be is cut.
func (k *block) option(code uint16, text string) {
	if text == "" {
		return
	}
	text = text[:min(len(text), math.MaxUint16-3)]
	k.u16(code)
	k.u16(uint16(len(text)))
	k.octets([]byte(text))
}

// end closes the options, if there were any since mark, and the block.
func (k *block) end(mark int) []byte {
	if len(k.b) > mark {
		k.u32(optEnd)
	}
	length := uint32(len(k.b) + 4)
	k.u32(length)
	binary.LittleEndian.PutUint32(k.b[4:], length)
	return k.b
}

// section is the block that begins a file.
func section(application string, comments []string) []byte {
	k := begin(nil, blockSection)
	k.u32(orderMagic)
	k.u16(1) // version 1.0
	k.u16(0)
	k.octets([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) // length not known
	mark := len(k.b)
	for _, c := range comments {
		k.option(optComment, c)
	}
	k.option(optApplication, application)
	return k.end(mark)
}

// describe is the block of an interface. Times are in nanoseconds.
func describe(i Interface) []byte {
	k := begin(nil, blockInterface)
	k.u16(i.Link)
	k.u16(0)
	k.u32(0) // packets are never cut
	mark := len(k.b)
	for _, c := range i.Comments {
		k.option(optComment, c)
	}
	k.option(optName, i.Name)
	k.option(optDescription, i.Description)
	k.option(optResolution, "\x09")
	return k.end(mark)
}

// appendPacket opts an Enhanced Packet Block into old memory.
func appendPacket(b []byte, p Packet) []byte {
	k := begin(b, blockEnhanced)
	at := uint64(p.At.UnixNano())
	k.u32(uint32(p.Interface))
	k.u32(uint32(at >> 32))
	k.u32(uint32(at))
	k.u32(uint32(len(p.Data)))
	k.u32(uint32(max(p.Size, len(p.Data))))
	k.octets(p.Data)
	mark := len(k.b)
	for _, c := range p.Comments {
		k.option(optComment, c)
	}
	return k.end(mark)
}

// secrets is a Decryption Secrets Block.
func secrets(kind uint32, data []byte) []byte {
	k := begin(nil, blockSecrets)
	k.u32(kind)
	k.u32(uint32(len(data)))
	k.octets(data)
	return k.end(len(k.b))
}

// Records of a Name Resolution Block.
const (
	nameEnd = iota
	nameIPv4
	nameIPv6
)

// names is a Name Resolution Block.
func names(all []name) []byte {
	k := begin(nil, blockNames)
	for _, n := range all {
		text := n.text[:min(len(n.text), 255)]
		kind := uint16(nameIPv4)
		if n.addr.Is6() {
			kind = nameIPv6
		}
		b := append(append(n.addr.AsSlice(), text...), 0)
		k.u16(kind)
		k.u16(uint16(len(b)))
		k.octets(b)
	}
	k.u32(nameEnd)
	return k.end(len(k.b))
}
