package keyspeed

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"testing"
)

// TestPBKDF2 holds every way of computing against the standard library.
func TestPBKDF2(t *testing.T) {
	t.Parallel()
	var passwords [][]byte
	for i := range 37 {
		passwords = append(passwords, bytes.Repeat([]byte{byte('a' + i)}, 5*i))
	}
	for _, h := range []Hash{MD5, SHA1, SHA256, SHA512} {
		for _, rounds := range []int{1, 2, 3, 100} {
			for _, n := range []int{16, 20, 33, 48} {
				salt := bytes.Repeat([]byte("salt"), rounds)
				for i, got := range PBKDF2(h, passwords, salt, rounds, n) {
					if want := pbkdf2Slow(h, passwords[i], salt, rounds, n); !bytes.Equal(got, want) {
						t.Fatalf("%s, %d rounds, %d bytes of password %d: %x, want %x", h, rounds, n, i, got, want)
					}
				}
			}
		}
	}
}

// TestEVP: what `openssl enc -P` prints.
func TestEVP(t *testing.T) {
	t.Parallel()
	const want = "c9e5a1bd216dbe1317e230cef48f38ee7f0e17ad64022144bccec4a1aa2879abe24b32bbbc4ef02ecbcb6576523ad893"
	salt := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	if got := hex.EncodeToString(EVP(MD5, []byte("secret"), salt, 48)); got != want {
		t.Error(got)
	}
	if got := EVP(SHA256, []byte("secret"), nil, 16); hex.EncodeToString(got) != "2bb80d537b1da3e38bd30361aa855686" {
		t.Errorf("%x", got)
	}
}

func BenchmarkPBKDF2(b *testing.B) {
	var passwords [][]byte
	for i := range 64 {
		passwords = append(passwords, []byte(fmt.Sprint("password", i)))
	}
	for _, h := range []Hash{SHA1, SHA256} {
		b.Run(h.String(), func(b *testing.B) {
			for b.Loop() {
				PBKDF2(h, passwords, []byte("salt"), 1000, 32)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*64*1000), "ns/round")
		})
		b.Run(h.String()+"/baseline", func(b *testing.B) {
			for b.Loop() {
				for _, p := range passwords {
					pbkdf2Slow(h, p, []byte("salt"), 1000, 32)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*64*1000), "ns/round")
		})
	}
}
