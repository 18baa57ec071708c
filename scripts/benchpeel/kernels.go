package main

import (
	"bytes"
	"crypto/aes"
	"crypto/des"
	"crypto/rc4"
	"fmt"

	"example.org/telltale/internal/peel/keyspeed"
)

const kernelRounds = 9

// kernelRows measures the kernels on keys at every place of random bytes.
func kernelRows() []row {
	file := newCorpus(2).noise(1 << 20)
	block := []byte("known plaintext!")
	var rows []row
	for _, k := range []struct {
		what, must, goal string
		ours, base       func([]byte, []byte) (hits, keys int)
	}{
		{"AES-128, known block", "3x", "19x", aesKnown, aesKnownBase},
		{"AES-128 decrypt, padding test", "2x", "6x", aesPadding, aesPaddingBase},
		{"DES", "17x", "50x", desKnown, desKnownBase},
		{"RC4", "1x", "2.3x", rc4Known, rc4KnownBase},
	} {
		measure := func(f func([]byte, []byte) (int, int)) func() float64 {
			return func() float64 {
				keys := 0
				from := used()
				for used()-from < kernelSlice {
					_, n := f(file, block)
					keys += n
				}
				return float64(keys) / (used() - from).Seconds()
			}
		}
		m := beside(kernelRounds, measure(k.ours), measure(k.base))
		rows = append(rows, row{k.what, fmt.Sprintf("%.1f Mkeys/s", m[0]/1e6), fmt.Sprintf("crypto/*: %.2f Mkeys/s", m[1]/1e6),
			fmt.Sprintf("%.1fx", m[0]/m[1]), k.must, k.goal})
	}
	return append(rows, xorRow(file))
}

const kernelSlice = 60e6 // nanoseconds

func aesKnown(file, block []byte) (hits, keys int) {
	a := keyspeed.NewAES()
	var in, out keyspeed.Blocks
	in.Fill(block)
	want := [16]byte{1}
	for i := 0; i+keyspeed.Lanes+15 <= len(file) && keys < 1<<18; i += keyspeed.Lanes {
		a.PutEach(file[i:], 16)
		a.Expand(16)
		a.Encrypt(&out, &in)
		for j := range out {
			if out[j] == want {
				hits++
			}
		}
		keys += keyspeed.Lanes
	}
	return hits, keys
}

func aesKnownBase(file, block []byte) (hits, keys int) {
	var out [16]byte
	want := [16]byte{1}
	for ; keys < 1<<14; keys++ {
		c, _ := aes.NewCipher(file[keys : keys+16])
		if c.Encrypt(out[:], block); out == want {
			hits++
		}
	}
	return hits, keys
}

// padded reports PKCS #7 padding.
func padded(b *[16]byte) bool {
	n := b[15]
	if n == 0 || n > 16 {
		return false
	}
	for _, c := range b[16-n:] {
		if c != n {
			return false
		}
	}
	return true
}

func aesPadding(file, block []byte) (hits, keys int) {
	a := keyspeed.NewAES()
	var in, out keyspeed.Blocks
	in.Fill(block)
	for i := 0; i+keyspeed.Lanes+15 <= len(file) && keys < 1<<18; i += keyspeed.Lanes {
		a.PutEach(file[i:], 16)
		a.Expand(16)
		a.Decrypt(&out, &in)
		for j := range out {
			if padded(&out[j]) {
				hits++
			}
		}
		keys += keyspeed.Lanes
	}
	return hits, keys
}

func aesPaddingBase(file, block []byte) (hits, keys int) {
	var out [16]byte
	for ; keys < 1<<14; keys++ {
		c, _ := aes.NewCipher(file[keys : keys+16])
		if c.Decrypt(out[:], block); padded(&out) {
			hits++
		}
	}
	return hits, keys
}

func desKnown(file, _ []byte) (hits, keys int) {
	d := keyspeed.NewDES()
	var out [keyspeed.Wide]uint64
	for i := 0; i+keyspeed.Wide+7 <= len(file) && keys < 1<<16; i += keyspeed.Wide {
		for j := range keyspeed.Wide {
			d.Put(j, file[i+j:i+j+8])
		}
		d.Prepare(8)
		d.Encrypt(&out, 0x0123456789abcdef)
		for _, o := range out {
			if o == 1 {
				hits++
			}
		}
		keys += keyspeed.Wide
	}
	return hits, keys
}

func desKnownBase(file, block []byte) (hits, keys int) {
	out, want := make([]byte, 8), make([]byte, 8)
	for ; keys < 1<<12; keys++ {
		c, _ := des.NewCipher(file[keys : keys+8])
		if c.Encrypt(out, block[:8]); bytes.Equal(out, want) {
			hits++
		}
	}
	return hits, keys
}

func rc4Known(file, _ []byte) (hits, keys int) {
	var c keyspeed.RC4
	for keys < 1<<14 {
		for s := range keyspeed.Streams {
			c.Put(s, file[keys+s:keys+s+16])
		}
		c.Schedule()
		var sum [keyspeed.Streams]byte
		for range 16 {
			for s, b := range c.Next() {
				sum[s] |= b
			}
		}
		for _, s := range sum {
			if s == 0 {
				hits++
			}
		}
		keys += keyspeed.Streams
	}
	return hits, keys
}

func rc4KnownBase(file, block []byte) (hits, keys int) {
	var out [16]byte
	for ; keys < 1<<12; keys++ {
		c, _ := rc4.NewCipher(file[keys : keys+16])
		if c.XORKeyStream(out[:], block); out == [16]byte{} {
			hits++
		}
	}
	return hits, keys
}

// xorRow: a repeating key of at least 16 bytes stands where the stream does.
func xorRow(file []byte) row {
	stream := []byte("0123456789abcdef")
	const times = 256
	m := beside(kernelRounds, func() float64 {
		return rate(times*len(file), func() {
			for range times {
				if bytes.Contains(file, stream) {
					panic("a stream in random bytes")
				}
			}
		})
	})
	return row{"XOR, known stream", fmt.Sprintf("%.1f GB/s", m[0]/1e9), "bytes.Index itself", "1.0x", "1x", ""}
}
