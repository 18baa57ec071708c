//go:build amd64 || arm64

package sandbox

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The ring is memory shared with the kernel: slots of one frame each. A plain
// packet socket would lose frames, since the memory that an ordinary user's
// socket may hold is that of a few frames of this size.
const (
	slotSize = 1 << 16 // a frame of MTU octets and the kernel's headers
	slots    = 256
)

// ringRequest is struct tpacket_req of the kernel.
func ringRequest() *unix.TpacketReq {
	return &unix.TpacketReq{Block_size: slotSize, Block_nr: slots, Frame_size: slotSize, Frame_nr: slots}
}

// ringOn makes a packet socket put its frames into a ring.
func ringOn(fd int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V2); err != nil {
		return err
	}
	return unix.SetsockoptTpacketReq(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, ringRequest())
}

// ring is the owner's end of a veth link.
type ring struct {
	file *os.File
	// header is what each frame to the program begins with, up to the
	// protocol.
	header [12]byte

	mu     sync.Mutex // guards what follows
	memory []byte
	next   int // the slot that the kernel fills next
	closed bool
}

func openRing(fd int, about linkNotice) (Link, error) {
	memory, err := unix.Mmap(fd, 0, slotSize*slots, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("packet ring: %w", err)
	}
	r := &ring{file: os.NewFile(uintptr(fd), LinkName), memory: memory}
	copy(r.header[:6], about.App)
	copy(r.header[6:], about.Gateway)
	return r, nil
}

// SyscallConn gives access to the packet socket.
func (r *ring) SyscallConn() (syscall.RawConn, error) { return r.file.SyscallConn() }

// Read takes the next IP packet out of the ring; frames of other protocols
// are passed over.
func (r *ring) Read(b []byte) (int, error) {
	conn, err := r.file.SyscallConn()
	if err != nil {
		return 0, err
	}
	n, short := 0, false
	err = conn.Read(func(uintptr) bool {
		var ok bool
		n, short, ok = r.take(b)
		return ok
	})
	switch {
	case err != nil:
		return 0, err
	case short:
		return 0, io.ErrShortBuffer
	case n == 0:
		return 0, os.ErrClosed
	}
	return n, nil
}

// take copies the next packet to b; ok is false if there is none yet.
func (r *ring) take(b []byte) (n int, short, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.closed {
		slot := r.memory[r.next*slotSize : (r.next+1)*slotSize]
		header := (*unix.Tpacket2Hdr)(unsafe.Pointer(&slot[0]))
		if atomic.LoadUint32(&header.Status)&unix.TP_STATUS_USER == 0 {
			return 0, false, false
		}
		packet := ipPacket(slot, header)
		short = len(packet) > len(b)
		n = copy(b, packet)
		atomic.StoreUint32(&header.Status, unix.TP_STATUS_KERNEL)
		r.next = (r.next + 1) % slots
		if n > 0 {
			return n, short, true
		}
	}
	return 0, false, true
}

// ipPacket is the packet in a slot; nil if the frame is of another protocol.
func ipPacket(slot []byte, header *unix.Tpacket2Hdr) []byte {
	start, end := int(header.Mac), int(header.Mac)+int(header.Snaplen)
	if header.Snaplen != header.Len || header.Snaplen < 14 || end > len(slot) {
		return nil
	}
	frame := slot[start:end]
	switch binary.BigEndian.Uint16(frame[12:]) {
	case unix.ETH_P_IP, unix.ETH_P_IPV6:
		return frame[14:]
	}
	return nil
}

// Write sends one IP packet to the program.
func (r *ring) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, io.ErrShortWrite
	}
	protocol := uint16(unix.ETH_P_IP)
	if b[0]>>4 == 6 {
		protocol = unix.ETH_P_IPV6
	}
	header := binary.BigEndian.AppendUint16(append(make([]byte, 0, 14), r.header[:]...), protocol)
	conn, err := r.file.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = conn.Write(func(fd uintptr) bool {
		_, failed = unix.Writev(int(fd), [][]byte{header, b})
		return failed != unix.EAGAIN //nolint:errorlint // the plain number
	})
	runtime.KeepAlive(b)
	if err == nil {
		err = failed
	}
	if err != nil {
		return 0, fmt.Errorf("link: %w", err)
	}
	return len(b), nil
}

// Close ends the link and gives the ring's memory back.
func (r *ring) Close() error {
	err := r.file.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return err
	}
	r.closed = true
	memory := r.memory
	r.memory = nil
	if unmapErr := unix.Munmap(memory); err == nil {
		err = unmapErr
	}
	return err
}
