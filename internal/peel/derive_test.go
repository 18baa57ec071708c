package peel_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/peel"
)

const thePassword = "h0rse battery"

// passwordList is a list of keys that the password is one of.
func passwordList(t *testing.T, password string) []peel.Key {
	t.Helper()
	var lines []string
	for i := range 60 {
		lines = append(lines, fmt.Sprintf("not-this-%d", i*i))
	}
	lines = slices.Insert(lines, 33, password)
	keys, err := peel.ReadKeys("list", strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// TestOpenSSLMessages: what openssl wrote, with the key that it prints.
func TestOpenSSLMessages(t *testing.T) {
	t.Parallel()
	for i, c := range []struct{ cipher, key, b64 string }{
		{"aes-256-cbc", "9f77236a211d86502c9eea9e5f20171c8d1710a2fcaf53700f2e77b8837fbff8", "U2FsdGVkX18BKm4WQ+GwqgQ20Xtw8iIVA1l3TsYZ2wF2sr925JH+4EJTTsteoe9EMrtthkSiWBa+BTXWKQKkyHA+wh6MO0i1gLgb14MH2VE="},
		{"aes-128-cbc", "7c090a9c8594bfde23a2d22aceb070bb", "U2FsdGVkX1+Z5bPXpsORdr876EiQhsYGW5x6TXL+YyNVaQThX+8qP0ygmftYhh8ktDJweTA83L3hXhYpsWDs1TajSsqdShfHJH+aWfU6tjU="},
		{"3des-cbc", "00e6d12e299ff692238cb9b95cecf83d56b0004165acf3fc", "U2FsdGVkX1/ttjjLoVk++JsgKaYRkXkHQbVHZfQnXMfT6MFwKvI18R0z0SITtt+HBVuvuF8c6LguFXO95eBIKaxtbyxvaP9G"},
		{"aes-256-cbc", "f12d1cd137097a2855cd17c361b0eeca798dd88fe04342b0eb47c485ada1bb89", "U2FsdGVkX1/LUYiLT/sHroJDKFM/BY3QgzEXXyyjljO/68eEFZuAo1wV1j4IVWZe0y6U7EXcG8/vmLWmbdWXVZuHukOpS6x45T26BPTt7og="},
		{"aes-192-ctr", "6b769357ddcca3f0312cba3e20306176ac79f02f419a64cc", "U2FsdGVkX19RHPofeh5+XV2EmKbjaRV9QlmCikEfLdColpAs5hjN2ktjLvLKrdbnI0iKQ88qMKRfpYLObOSlNUvI9+o="},
		{"des-cbc", "6533431c9ef372f1", "U2FsdGVkX1+umCS2o/DkE9dmF5DWzWp3trZloDsSTZDtYOy1vz/WQS1cXf1QOo/P5ibcG6XGHu6MrBV8F305RFV7BcrQWnkg"},
		{"aes-256-ecb", "d8797094dfef4bd920fd04361d316002279b0e83cf493b3b96693b94e605ac97", "U2FsdGVkX1+h+BYU8rfZiOIBgpYr6zbfHxznbckRpf062Vb9IKP7L/pb0JUqtavqFuo/zjfsBldPvidwe2sK9MH0IUq/gL26iVoJPy1DefM="},
	} {
		t.Run(c.cipher, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && i > 2 {
				t.Skip("the first three do for a short run")
			}
			job := peel.Job{Bytes: []byte(`{"v":2,"data":"` + c.b64 + `"}`), Needles: markNeedles(), Keys: passwordList(t, thePassword)}
			f := opensWith(t, job, c.key)
			if !within([]string{"base64", "openssl"}, f.Path) || !strings.HasPrefix(f.Path[len(f.Path)-1], c.cipher) || string(f.Bytes) != marked {
				t.Errorf("path %q, text %q", f.Path, f.Bytes)
			}
			if !strings.HasPrefix(f.Key.Source, "list (") {
				t.Errorf("source %q", f.Key.Source)
			}
			job.Keys = passwordList(t, "h0rse batterY")
			if got := open(t, job); len(got.Finds) > 0 || len(got.Rests) != 1 {
				t.Errorf("without the password: finds %+v, rests %+v", got.Finds, got.Rests)
			}
			job.Keys, job.KeyFiles = nil, []peel.KeyFile{{Name: "client", Bytes: inNoise(thePassword)}}
			if f := opensWith(t, job, c.key); !strings.HasPrefix(f.Key.Source, "client+0x") {
				t.Errorf("source %q", f.Key.Source)
			}
		})
	}
}

// inNoise puts a text, as programs have it, among other bytes.
func inNoise(text string) []byte {
	r := rand.New(rand.NewPCG(8, 1))
	b := make([]byte, 20_000)
	for i := range b {
		b[i] = byte(r.IntN(256))
	}
	copy(b[10_001:], "\x00"+text+"\x00")
	return b
}

// opensWith opens a job and checks the key, and that the path leads back.
func opensWith(t *testing.T, job peel.Job, key string) peel.Find {
	t.Helper()
	got := open(t, job)
	if len(got.Finds) != 1 || got.Finds[0].Key == nil {
		t.Fatalf("%d finds, rests %+v", len(got.Finds), got.Rests)
	}
	f := got.Finds[0]
	if hex.EncodeToString(f.Key.Bytes) != key {
		t.Errorf("key %x, want %s", f.Key.Bytes, key)
	}
	again, err := peel.Retrace(f.Path, &peel.Key{Bytes: f.Key.Bytes}, f.Steps[0], func(b []byte) bool { return bytes.Equal(b, f.Bytes) })
	if err != nil || !bytes.Equal(again, f.Bytes) {
		t.Errorf("path %q: %v", f.Path, err)
	}
	return f
}

// TestDerivedKeys: PBKDF2 with salts and IVs from several places.
func TestDerivedKeys(t *testing.T) {
	t.Parallel()
	random := func(n int) []byte {
		r := rand.New(rand.NewPCG(uint64(n), 77))
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.IntN(256))
		}
		return b
	}
	salt, iv := random(12), random(16)
	plain := []byte("kvqzjxmnwb, said in so many words that it fills some blocks...")
	for name, c := range map[string]struct {
		derive func() []byte
		wrap   func(ciphertext []byte) []byte
		iv     int // 0: zero, 1: stated beside, 2: made with the key
	}{
		"no salt, 1000 rounds": {func() []byte { return pb(t, false, nil, 1000) }, func(c []byte) []byte { return c }, 0},
		"made IV":              {func() []byte { return pb(t, false, []byte("salt"), 1000) }, func(c []byte) []byte { return b64(c) }, 2},
		"salt and IV beside": {func() []byte { return pb(t, true, salt, 4096) }, func(c []byte) []byte {
			return fmt.Appendf(nil, `{"s":"%x","iv":"%s","ct":"%s"}`, salt, b64(iv), b64(c))
		}, 1},
		"salt in front": {func() []byte { return pb(t, true, random(16), 2048) }, func(c []byte) []byte { return slices.Concat(random(16), c) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := c.derive()
			use := [][]byte{make([]byte, 16), iv, made[32:]}[c.iv]
			block, err := aes.NewCipher(made[:32])
			if err != nil {
				t.Fatal(err)
			}
			n := 16 - len(plain)%16
			b := append(slices.Clone(plain), bytes.Repeat([]byte{byte(n)}, n)...)
			cipher.NewCBCEncrypter(block, use).CryptBlocks(b, b)
			job := peel.Job{Bytes: c.wrap(b), Needles: markNeedles(), Keys: passwordList(t, thePassword), Passwords: true}
			if f := opensWith(t, job, hex.EncodeToString(made[:32])); string(f.Bytes) != string(plain) {
				t.Errorf("path %q: %q", f.Path, f.Bytes)
			}
		})
	}
}

func pb(t *testing.T, wide bool, salt []byte, rounds int) []byte {
	t.Helper()
	h := sha1.New
	if wide {
		h = sha256.New
	}
	b, err := pbkdf2.Key(h, thePassword, salt, rounds, 48)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
