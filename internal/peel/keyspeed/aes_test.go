package keyspeed

import (
	"crypto/aes"
	"fmt"
	"math/rand/v2"
	"testing"
)

func levels() []level {
	var out []level
	for l := portable; l <= best(); l++ {
		out = append(out, l)
	}
	return out
}

func noise(r *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(r.Uint32())
	}
}

// TestAESEqualsTheStandardLibrary at every level of this processor.
func TestAESEqualsTheStandardLibrary(t *testing.T) {
	t.Parallel()
	for _, l := range levels() {
		for _, size := range []int{16, 24, 32} {
			t.Run(fmt.Sprintf("%d/%d", l, size), func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(uint64(l), uint64(size)))
				a := &AES{level: l}
				for range 200 {
					file := make([]byte, Lanes-1+size)
					noise(r, file)
					a.PutEach(file, size)
					a.Expand(size)
					var in, enc, dec Blocks
					for i := range in {
						noise(r, in[i][:])
					}
					a.Encrypt(&enc, &in)
					a.Decrypt(&dec, &in)
					for i := range in {
						equalAES(t, file[i:i+size], [3][16]byte{in[i], enc[i], dec[i]})
					}
				}
			})
		}
	}
}

func equalAES(t *testing.T, key []byte, got [3][16]byte) {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	var want [16]byte
	if block.Encrypt(want[:], got[0][:]); want != got[1] {
		t.Fatalf("key %x: encrypted %x, want %x", key, got[1], want)
	}
	if block.Decrypt(want[:], got[0][:]); want != got[2] {
		t.Fatalf("key %x: decrypted %x, want %x", key, got[2], want)
	}
}

// TestPutSetsOneLane and leaves the others.
func TestPutSetsOneLane(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	a := NewAES()
	for _, size := range []int{16, 24, 32} {
		keys := make([][]byte, Lanes)
		for i := range keys {
			keys[i] = make([]byte, size)
			noise(r, keys[i])
			a.Put(i, keys[i])
		}
		a.Expand(size)
		var in, enc, dec Blocks
		in.Fill([]byte("sixteen bytes it"))
		a.Encrypt(&enc, &in)
		a.Decrypt(&dec, &in)
		for i := range in {
			equalAES(t, keys[i], [3][16]byte{in[i], enc[i], dec[i]})
		}
	}
}

func BenchmarkAES128KnownBlock(b *testing.B) {
	r := rand.New(rand.NewPCG(4, 4))
	file := make([]byte, 1<<16)
	noise(r, file)
	var in, out Blocks
	noise(r, in[0][:])
	in.Fill(in[0][:])
	want := [16]byte{1}
	for _, l := range levels() {
		b.Run(fmt.Sprint(l), func(b *testing.B) {
			a := &AES{level: l}
			keys, hits := 0, 0
			for b.Loop() {
				for i := 0; i+32 <= len(file); i += Lanes {
					a.PutEach(file[i:], 16)
					a.Expand(16)
					a.Encrypt(&out, &in)
					for j := range out {
						if out[j] == want {
							hits++
						}
					}
				}
				keys += len(file) - 32
			}
			b.ReportMetric(float64(keys)/b.Elapsed().Seconds()/1e6, "Mkeys/s")
		})
	}
	b.Run("crypto-aes", func(b *testing.B) {
		keys, hits := 0, 0
		for b.Loop() {
			for i := range 1 << 12 {
				c, _ := aes.NewCipher(file[i : i+16])
				if c.Encrypt(out[0][:], in[0][:]); out[0] == want {
					hits++
				}
			}
			keys += 1 << 12
		}
		b.ReportMetric(float64(keys)/b.Elapsed().Seconds()/1e6, "Mkeys/s")
	})
}
