package main

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/rc4"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"example.org/telltale/internal/peel"
)

// program makes something like an executable: machine code and tables, in
// which bytes repeat, strings, zeros, and compressed parts.
func (c *corpus) program(size int) []byte {
	var b []byte
	opcodes := c.noise(48)
	for len(b) < size {
		n := 1<<12 + c.r.IntN(1<<15)
		switch k := c.r.IntN(20); {
		case k < 9: // few different bytes, some operands
			for range n {
				x := opcodes[c.r.IntN(16+c.r.IntN(32))]
				if c.r.IntN(5) == 0 {
					x = byte(c.r.Uint32())
				}
				b = append(b, x)
			}
		case k < 13: // a table of addresses
			at := uint32(0x400000 + c.r.IntN(1<<20))
			for range n / 8 {
				at += uint32(c.r.IntN(200))
				b = append(b, byte(at), byte(at>>8), byte(at>>16), byte(at>>24), 0, 0, 0, 0)
			}
		case k < 16: // strings
			from := c.r.IntN(len(c.prose) - n)
			for _, x := range []byte(c.prose[from : from+n]) {
				if x == ' ' && c.r.IntN(3) == 0 {
					x = 0
				}
				b = append(b, x)
			}
		case k < 17:
			b = append(b, make([]byte, n)...)
		default:
			b = append(b, c.noise(n)...)
		}
	}
	return b[:size]
}

// scanRow searches a whole program for keys that are not in it. The baseline
// is one loop of the standard library over a sample of places: each key of
// 16, 24 and 32 bytes through ECB, CBC (two places of the IV) and CTR (two),
// DES, and RC4.
func scanRow(size int) row {
	c := newCorpus(5)
	file := c.program(size)
	job := peel.Job{
		Bytes:    c.noise(240),
		Needles:  []peel.Needle{{Probe: "1", Text: "kvqzjxmnwb"}},
		KeyFiles: []peel.KeyFile{{Name: "program", Bytes: file}},
	}
	opener := peel.New(peel.All())
	runtime.UnlockOSThread()
	from, before := time.Now(), usedByAll()
	r := opener.Open(context.Background(), job)
	took, cpu := time.Since(from), usedByAll()-before
	runtime.LockOSThread()
	if len(r.Finds) > 0 {
		panic(fmt.Sprintf("a find in random bytes: %+v", r.Finds))
	}
	base := beside(3, func() float64 { return rate(scanSample, func() { standardScan(file, job.Bytes, c.r) }) })[0]
	whole := float64(50<<20) / float64(size)
	skipped := ""
	for _, n := range r.Notes {
		if n.Kind == peel.NoteLimit {
			skipped = "; left out: " + n.Detail
		}
	}
	return row{fmt.Sprintf("keys at every place of a program of %d MB", size>>20),
		fmt.Sprintf("%.1f s, CPU %.1f s; 50 MB on two cores: %.0f s of CPU each%s", took.Seconds(), cpu.Seconds(), cpu.Seconds()*whole/2, skipped),
		fmt.Sprintf("crypto/*, six ciphers alone: %.0f s", 50*(1<<20)/base/2), fmt.Sprintf("%.1fx", float64(size)/cpu.Seconds()/base), "60 s", "15 s"}
}

const scanSample = 1 << 11

// standardScan tests the keys at some places of a file, one by one.
func standardScan(file, sealed []byte, r *rand.Rand) {
	head, out := make([]byte, 32), make([]byte, 16)
	likely := 0
	look := func(b []byte) {
		if !slices.ContainsFunc(b, func(c byte) bool { return c < 9 }) {
			likely++
		}
	}
	for range scanSample {
		at := r.IntN(len(file) - 32)
		for _, n := range []int{16, 24, 32} {
			block, _ := aes.NewCipher(file[at : at+n])
			block.Decrypt(out, sealed)
			look(out)
			block.Decrypt(out, sealed[16:])
			look(out)
			for _, iv := range [][]byte{make([]byte, 16), sealed[:16]} {
				cipher.NewCTR(block, iv).XORKeyStream(head[:16], sealed[16:32])
				look(head[:16])
			}
		}
		block, _ := des.NewCipher(file[at : at+8])
		for i := range 2 {
			block.Decrypt(out, sealed[8*i:])
			look(out[:8])
		}
		stream, _ := rc4.NewCipher(file[at : at+16])
		stream.XORKeyStream(head[:16], sealed[:16])
		look(head[:16])
	}
}
