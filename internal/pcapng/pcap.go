package pcapng

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	fileHeader   = 24
	recordHeader = 16
	// maxPacket is more than what any program that captures keeps of one.
	maxPacket = 1 << 20
)

// fileHeader reads the head of a pcap file.
func (r *Reader) fileHeader() error {
	b, err := r.take(fileHeader)
	if err != nil {
		return fmt.Errorf("pcap: %d bytes, a header has %d", len(b), fileHeader)
	}
	r.order = binary.BigEndian
	if b[0] == 0xd4 || b[0] == 0x4d {
		r.order = binary.LittleEndian
	}
	r.nanos = r.order.Uint32(b) == 0xa1b23c4d
	r.link = uint16(r.order.Uint32(b[20:])) // above are hints about checksums of frames
	if major := r.order.Uint16(b[4:]); major != 2 {
		r.note(0, "pcap version %d.%d, read as 2.4", major, r.order.Uint16(b[6:]))
	}
	return nil
}

func (r *Reader) nextRecord() (Packet, error) {
	for {
		at := r.at
		h, err := r.peek(recordHeader)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				return Packet{}, err
			}
			if len(h) > 0 {
				r.truncated = true
				r.note(at, "the capture ends within the head of a packet")
				err = r.skip(int64(len(h)))
			}
			return Packet{}, errors.Join(io.EOF, err)
		}
		sec, frac, kept, size := r.order.Uint32(h), r.order.Uint32(h[4:]), r.order.Uint32(h[8:]), r.order.Uint32(h[12:])
		possible, err := r.possible(int(kept))
		if err != nil {
			return Packet{}, err
		}
		if !possible {
			if err := r.skip(1); err != nil {
				return Packet{}, err
			}
			if err := r.search(at, 1, r.plausible); err != nil {
				return Packet{}, err
			}
			continue
		}
		p := Packet{At: r.recordTime(sec, frac), Link: r.link, Size: int(size), Offset: at}
		b, err := r.take(recordHeader + int(kept))
		if err != nil && !errors.Is(err, io.EOF) {
			return Packet{}, err
		}
		p.Data = b[recordHeader:]
		if err != nil {
			r.truncated = true
			r.note(at, "the capture ends within a packet: %d of %d bytes", len(p.Data), kept)
		}
		return p, nil
	}
}

// possible is whether a packet of that length can be read as it stands: what
// goes beyond the end of the file and has packets in it is damaged.
func (r *Reader) possible(kept int) (bool, error) {
	if kept > maxPacket {
		return false, nil
	}
	b, err := r.peek(min(recordHeader+kept, readBuffer))
	if errors.Is(err, io.EOF) {
		return !among(b[1:], 1, r.plausible), nil
	}
	return true, err
}

// plausible is what a place must look like to go on there after damage: like
// the heads of two records, near the last one in time.
func (r *Reader) plausible(b []byte) bool {
	for range 2 {
		if len(b) < recordHeader {
			return false
		}
		sec, frac := r.order.Uint32(b), r.order.Uint32(b[4:])
		kept, size := r.order.Uint32(b[8:]), r.order.Uint32(b[12:])
		const day = 86400
		if r.seen && (sec+day < r.last || sec > r.last+day) || frac >= 1e9 || !r.nanos && frac >= 1e6 ||
			kept == 0 || kept > size || size > maxPacket || kept > uint32(readBuffer/8) {
			return false
		}
		if b = b[min(recordHeader+int(kept), len(b)):]; len(b) == 0 {
			return true
		}
	}
	return true
}

func (r *Reader) recordTime(sec, frac uint32) time.Time {
	r.last, r.seen = sec, true
	nanos := int64(frac)
	if !r.nanos {
		nanos *= 1000
	}
	return time.Unix(int64(sec), nanos).UTC()
}
