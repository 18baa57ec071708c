package peel

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"testing"
)

func unhexed(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSM4Vector: GB/T 32907-2016, appendix A.
func TestSM4Vector(t *testing.T) {
	t.Parallel()
	key := unhexed(t, "0123456789abcdeffedcba9876543210")
	block, err := newSM4(key)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, 16)
	block.Encrypt(out, key)
	if want := unhexed(t, "681edf34d206965e86b3e94f536e4246"); !bytes.Equal(out, want) {
		t.Errorf("got %x, want %x", out, want)
	}
	block.Decrypt(out, out)
	if !bytes.Equal(out, key) {
		t.Errorf("decrypted to %x", out)
	}
}

// TestTEAVectors: the all-zero vectors of TEA and XTEA, and that decryption
// undoes encryption in both byte orders.
func TestTEAVectors(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		xtea bool
		want string
	}{{false, "41ea3a0a94baa940"}, {true, "dee9d4d8f7131ed9"}} {
		for _, order := range []binary.ByteOrder{binary.BigEndian, binary.LittleEndian} {
			block, err := newTEA(make([]byte, 16), 32, order, v.xtea)
			if err != nil {
				t.Fatal(err)
			}
			out := make([]byte, 8)
			block.Encrypt(out, out)
			if order == binary.ByteOrder(binary.BigEndian) && hex.EncodeToString(out) != v.want {
				t.Errorf("xtea %v: got %x, want %s", v.xtea, out, v.want)
			}
			block.Decrypt(out, out)
			if !bytes.Equal(out, make([]byte, 8)) {
				t.Errorf("xtea %v: decrypted to %x", v.xtea, out)
			}
		}
	}
}

// TestXXTEAVector: key and text of zeros, two words.
func TestXXTEAVector(t *testing.T) {
	t.Parallel()
	got, err := openXXTEA(make([]byte, 16), unhexed(t, "ab043705808c5d57"))
	if err != nil || !bytes.Equal(got, make([]byte, 8)) && len(got) != 0 {
		t.Errorf("got %x, %v", got, err)
	}
}
