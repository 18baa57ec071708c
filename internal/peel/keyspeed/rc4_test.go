package keyspeed

import (
	"crypto/rc4"
	"math/rand/v2"
	"testing"
)

func TestRC4EqualsTheStandardLibrary(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	var c RC4
	for n := 1; n <= 256; n++ {
		var keys [Streams][]byte
		for s := range keys {
			keys[s] = make([]byte, n)
			noise(r, keys[s])
			c.Put(s, keys[s])
		}
		c.Schedule()
		var got [Streams][40]byte
		for i := range 40 {
			for s, b := range c.Next() {
				got[s][i] = b
			}
		}
		for s, key := range keys {
			var want [40]byte
			standard, err := rc4.NewCipher(key)
			if err != nil {
				t.Fatal(err)
			}
			if standard.XORKeyStream(want[:], want[:]); want != got[s] {
				t.Fatalf("key %x: stream %x, want %x", key, got[s], want)
			}
		}
	}
}

func BenchmarkRC4(b *testing.B) {
	r := rand.New(rand.NewPCG(4, 4))
	file := make([]byte, 1<<12)
	noise(r, file)
	b.Run("in turn", func(b *testing.B) {
		var c RC4
		keys := 0
		for b.Loop() {
			for i := 0; i < 1<<10; i += Streams {
				for s := range Streams {
					c.Put(s, file[i+s:i+s+16])
				}
				c.Schedule()
				for range 16 {
					c.Next()
				}
			}
			keys += 1 << 10
		}
		b.ReportMetric(float64(keys)/b.Elapsed().Seconds()/1e6, "Mkeys/s")
	})
	b.Run("crypto-rc4", func(b *testing.B) {
		keys := 0
		var out [16]byte
		for b.Loop() {
			for i := range 1 << 10 {
				c, _ := rc4.NewCipher(file[i : i+16])
				c.XORKeyStream(out[:], out[:])
			}
			keys += 1 << 10
		}
		b.ReportMetric(float64(keys)/b.Elapsed().Seconds()/1e6, "Mkeys/s")
	})
}
