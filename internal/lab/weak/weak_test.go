package weak_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"example.org/telltale/internal/lab/weak"
)

func boxes() []weak.Box {
	des, aes := []byte("X7sRUjL\x00"), []byte("0123456789abcdef0123456789abcdef")
	return []weak.Box{
		{}, {Scheme: weak.XORChain},
		{Scheme: weak.DES, Key: des}, {Scheme: weak.DES, Key: des, Zero: true},
		{Scheme: weak.AES, Key: aes}, {Scheme: weak.AES, Key: aes, Zero: true},
	}
}

func TestSealOpens(t *testing.T) {
	t.Parallel()
	for _, box := range boxes() {
		rapid.Check(t, func(t *rapid.T) {
			plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
			if box.Zero { // text never ends in a zero byte
				plain = append(plain, 'x')
			}
			sealed, err := box.Seal(plain)
			if err != nil {
				t.Fatal(err)
			}
			got, err := box.Open(sealed)
			if err != nil || !bytes.Equal(got, plain) {
				t.Fatalf("%s: Open(Seal(%x)) = %x, %v", box.Scheme, plain, got, err)
			}
		})
	}
}

// The first two lines are worked by hand from the published formula.
func TestChainIsThePublishedOne(t *testing.T) {
	t.Parallel()
	cases := []struct{ plain, sealed string }{
		{"", ""},
		{"a", "\xa1"},         // ('a'+0x68)^0x68 = 0xc9^0x68 = 0xa1
		{"aa", "\xa1\x6a"},    // (0x61+0xa1)^0x68 = 0x02^0x68 = 0x6a
		{"\x00\x00", "\x00h"}, // (0+0x68)^0x68 = 0, then (0+0)^0x68
	}
	box := weak.Box{Scheme: weak.XORChain}
	for _, c := range cases {
		if got, err := box.Seal([]byte(c.plain)); err != nil || string(got) != c.sealed {
			t.Errorf("Seal(%q) = %q, %v, want %q", c.plain, got, err, c.sealed)
		}
	}
}

func TestHalfAChainOpensButForOneByte(t *testing.T) {
	t.Parallel()
	box := weak.Box{Scheme: weak.XORChain}
	plain := []byte("first line\nsecond line\n")
	sealed, _ := box.Seal(plain)
	got, _ := box.Open(sealed[11:])
	if !bytes.Equal(got[1:], plain[12:]) {
		t.Errorf("second half = %q, want %q after its first byte", got, plain[12:])
	}
}

func TestEqualBlocksShow(t *testing.T) {
	t.Parallel()
	box := boxes()[2]
	sealed, _ := box.Seal(bytes.Repeat([]byte("same 8 b"), 2))
	if !bytes.Equal(sealed[:8], sealed[8:16]) {
		t.Error("equal blocks differ: this is not ECB")
	}
}

func TestWrongKeysAndBytesAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := (weak.Box{Scheme: weak.DES, Key: []byte("short")}).Seal(nil); err == nil {
		t.Error("DES took a key of 5 bytes")
	}
	box := boxes()[2]
	for _, sealed := range []string{"", "1234567", "12345678"} {
		if _, err := box.Open([]byte(sealed)); !errors.Is(err, weak.ErrSealed) {
			t.Errorf("Open(%q): %v, want ErrSealed", sealed, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte("12345678"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, box := range boxes() {
			if plain, err := box.Open(b); err == nil && len(plain) > len(b) {
				t.Errorf("%s: %d bytes opened to %d", box.Scheme, len(b), len(plain))
			}
		}
	})
}
