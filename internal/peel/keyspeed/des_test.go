package keyspeed

import (
	"crypto/cipher"
	"crypto/des"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// TestDESEqualsTheStandardLibrary for one key, and for EDE with two and three.
func TestDESEqualsTheStandardLibrary(t *testing.T) {
	t.Parallel()
	for _, l := range []level{portable, bestDES()} {
		equalDES(t, newDES(l), rand.New(rand.NewPCG(1, uint64(l))))
	}
}

func equalDES(t *testing.T, d *DES, r *rand.Rand) {
	t.Helper()
	for round := range 9 {
		size := 8 * (1 + round%3)
		keys := make([][24]byte, []int{Wide, 1, 65, 300}[round%4])
		for i := range keys {
			noise(r, keys[i][:])
			d.Put(i, keys[i][:size])
		}
		d.Prepare(size)
		in := r.Uint64()
		var enc, dec [Wide]uint64
		if size == 8 {
			d.Encrypt(&enc, in)
			d.Decrypt(&dec, in)
		} else {
			d.DecryptTriple(&dec, in)
		}
		for i := range keys {
			block := standardDES(t, keys[i][:size])
			var b, want [8]byte
			binary.BigEndian.PutUint64(b[:], in)
			if block.Decrypt(want[:], b[:]); binary.BigEndian.Uint64(want[:]) != dec[i] {
				t.Fatalf("key %x: decrypted %x, want %x", keys[i][:size], dec[i], want)
			}
			if block.Encrypt(want[:], b[:]); size == 8 && binary.BigEndian.Uint64(want[:]) != enc[i] {
				t.Fatalf("key %x: encrypted %x, want %x", keys[i][:size], enc[i], want)
			}
		}
	}
}

func standardDES(t *testing.T, key []byte) cipher.Block {
	t.Helper()
	make := des.NewTripleDESCipher
	switch len(key) {
	case 8:
		make = des.NewCipher
	case 16:
		key = append(key[:16:16], key[:8]...)
	}
	block, err := make(key)
	if err != nil {
		t.Fatal(err)
	}
	return block
}

func BenchmarkDES(b *testing.B) {
	r := rand.New(rand.NewPCG(4, 4))
	file := make([]byte, 1<<14)
	noise(r, file)
	var out [Wide]uint64
	b.Run("bits", func(b *testing.B) {
		d := NewDES()
		keys, hits := 0, 0
		for b.Loop() {
			for i := 0; i+Wide+7 <= len(file); i += Wide {
				for j := range Wide {
					d.Put(j, file[i+j:i+j+8])
				}
				d.Prepare(8)
				d.Decrypt(&out, 7)
				for _, o := range out {
					if o == 9 {
						hits++
					}
				}
				keys += Wide
			}
		}
		b.ReportMetric(float64(keys)/b.Elapsed().Seconds()/1e6, "Mkeys/s")
	})
	b.Run("crypto-des", func(b *testing.B) {
		keys := 0
		for b.Loop() {
			c, _ := des.NewCipher(file[keys&2047:][:8])
			c.Decrypt(file[3000:3008], file[3008:3016])
			keys++
		}
		b.ReportMetric(float64(keys)/b.Elapsed().Seconds()/1e6, "Mkeys/s")
	})
}
