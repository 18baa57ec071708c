package peel

import (
	"context"
	"crypto/cipher"
	"crypto/md5"
	"math/rand/v2"
	"strings"
	"testing"
)

const scanText = `{"m":"a message that says kvqzjxmnwb, and a little more of it"} `

func noiseBytes(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func scanInput(b []byte) Input {
	cribs := NewCribs([]Needle{{Text: "kvqzjxmnwb", Probe: "1"}}, nil)
	return Input{Bytes: b, Cribs: cribs, Shape: ShapeOf(b), Context: context.Background(), Sure: 1, Limit: 1 << 20}
}

// TestEveryLockOpens: what is sealed with a block cipher in ECB is opened by
// its key among others, and opens again from the coat alone.
func TestEveryLockOpens(t *testing.T) {
	t.Parallel()
	for _, l := range locks() {
		n := 16
		if l.keys != nil {
			n = l.keys[0]
		}
		key := noiseBytes(uint64(n), n)
		block, err := l.make(key)
		if err != nil {
			t.Fatal(err)
		}
		b := []byte(scanText[:len(scanText)/16*16])
		for i := 0; i < len(b); i += l.size {
			block.Encrypt(b[i:], b[i:])
		}
		in := scanInput(b)
		in.Keys = []Key{{noiseBytes(99, n), "wrong"}, {key, "right"}}
		got := keyedPeeler{}.Peel(in)
		if len(got) == 0 || got[0].Key.Source != "right" || !strings.HasPrefix(got[0].Coats[0], l.name+"-ecb") {
			t.Errorf("%s: %d candidates", l.name, len(got))
			continue
		}
		if again, err := Replay(got[0].Coats, got[0].Key, b); err != nil || string(again) != string(got[0].Bytes) {
			t.Errorf("%s: replay: %v", l.name, err)
		}
	}
}

// TestScanFindsKeys: raw bytes at an odd place, and the MD5 of a string.
func TestScanFindsKeys(t *testing.T) {
	t.Parallel()
	raw := noiseBytes(5, 16)
	sum := md5.Sum([]byte("secret words"))
	for _, key := range [][]byte{raw, sum[:]} {
		file := noiseBytes(6, 30_001)
		copy(file[12_345:], raw)
		copy(file[20_001:], "\x00secret words\x00")
		block, err := locks()[0].make(key)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, len(scanText))
		cipher.NewCTR(block, make([]byte, 16)).XORKeyStream(b, []byte(scanText))
		job := Job{Bytes: b, Needles: []Needle{{Text: "kvqzjxmnwb", Probe: "1"}}, KeyFiles: []KeyFile{{"file", file}}}
		r := New(All()).Open(context.Background(), job)
		if len(r.Finds) != 1 || r.Finds[0].Key == nil || string(r.Finds[0].Key.Bytes) != string(key) {
			t.Errorf("key %x: finds %+v", key, r.Finds)
		}
	}
}

// FuzzKeyTexts: no file breaks the reading of its texts.
func FuzzKeyTexts(f *testing.F) {
	f.Add([]byte("a=1; key=\"c2VjcmV0IHdvcmRz\"\x00s\x00e\x00c\x00r\x00e\x00t\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<12 {
			return
		}
		for _, derived := range []bool{false, true} {
			keyTexts(b, derived, func(key []byte, _ string, offset int) {
				if len(key) == 0 || len(key) > 4*keyMost || offset < 0 || offset > len(b) {
					t.Errorf("key of %d bytes at %d", len(key), offset)
				}
			})
		}
	})
}

// FuzzOpenings: hostile ciphertext and hostile coats end in an error or in
// bytes, never worse.
func FuzzOpenings(f *testing.F) {
	f.Add("tea-ecb:le", []byte("0123456789abcdef"), []byte("0123456789abcdef"))
	f.Add("aes-128-ctr:iv=000102030405060708090a0b0c0d0e0f", []byte("0123456789abcdef"), []byte("0123456789abcdef"))
	f.Add("aes-128-gcm:iv=000102030405060708090a0b", []byte("0123456789abcdef"), []byte("0123456789abcdef0"))
	f.Add("qqtea", []byte("0123456789abcdef"), []byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, coat string, key, b []byte) {
		if len(b) > 1<<12 || len(key) == 0 {
			return
		}
		if plain, err := replayCipher(coat, &Key{Bytes: key}, b); err == nil && len(plain) > len(b) {
			t.Errorf("%s: %d bytes of %d", coat, len(plain), len(b))
		}
	})
}
