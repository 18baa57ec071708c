package peel

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
)

// TestDigestVectors: GB/T 32905-2016, A.1 and A.2, and the test vectors of
// the BLAKE3 paper's repository for 0 and 3 bytes.
func TestDigestVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, sm3, blake3 string }{
		{"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0", "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"},
		{strings.Repeat("abcd", 16), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732", ""},
		{"", "", "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"},
	} {
		for _, k := range hashKinds() {
			want := map[string]string{"sm3": c.sm3, "blake3": c.blake3}[k.name]
			h := k.make()
			h.Write([]byte(c.in))
			if got := hex.EncodeToString(h.Sum(nil)); want != "" && got != want {
				t.Errorf("%s of %q: %s, want %s", k.name, c.in, got, want)
			}
		}
	}
}

// TestFindsDigests: of every kind, spelling and form, with a salt or cut.
func TestFindsDigests(t *testing.T) {
	t.Parallel()
	const text = "Kvqzjx Mnwb竹米"
	needles := []Needle{{Probe: "p", Text: text}, {Probe: "q", Text: "somethingelse"}}
	opener := New(All())
	find := func(what, value string) {
		t.Helper()
		b := []byte(`{"id":"0011","dev":"a81f3c99","h":"` + value + `","n":12}`)
		for _, f := range opener.Open(context.Background(), Job{Bytes: b, Needles: needles}).Finds {
			if f.Probes[0] == "p" && strings.HasPrefix(f.Path[len(f.Path)-1], "hash:") {
				return
			}
		}
		t.Errorf("%s: not found: %s", what, b)
	}
	forms := digestible(text, true)
	for i, k := range hashKinds() {
		sum := func(parts ...string) []byte {
			h := k.make()
			h.Write([]byte(strings.Join(parts, "")))
			return h.Sum(nil)
		}
		whole := sum(string(forms[i%len(forms)]))
		find(k.name, hex.EncodeToString(whole))
		find(k.name+" upper", fmt.Sprintf("%X", whole))
		find(k.name+" base64", base64.StdEncoding.EncodeToString(whole))
		find(k.name+" salted", hex.EncodeToString(sum("a81f3c99", ":", text)))
		if i < commonHashes {
			find(k.name+" cut", hex.EncodeToString(sum(text)[:8]))
		}
	}
	for _, k := range crcKinds() {
		find(k.name, fmt.Sprintf("%08x", crc32.Checksum([]byte(text), k.table)))
		find(k.name+" decimal", fmt.Sprint(crc32.Checksum([]byte(text), k.table)))
	}
}

// TestFindsDigestsWithKeys: a listed key, and a salt under a coding.
func TestFindsDigestsWithKeys(t *testing.T) {
	t.Parallel()
	needles := []Needle{{Probe: "p", Text: "kvqzjxmnwb"}}
	mac := hmac.New(sha1.New, []byte("k3ys3cret"))
	mac.Write([]byte(needles[0].Text))
	salted := sha256.Sum256([]byte("a81f3c99" + needles[0].Text))
	for what, c := range map[string]struct{ text, source string }{
		"hmac":   {`{"n":12,"h":"` + hex.EncodeToString(mac.Sum(nil)) + `"}`, "list"},
		"salted": {`{"dev":"a81f3c99","h":"` + hex.EncodeToString(salted[:]) + `"}`, SourceCapture},
	} {
		job := Job{Bytes: []byte(base64.StdEncoding.EncodeToString([]byte(c.text))), Needles: needles, Keys: []Key{{[]byte("other"), "list"}, {[]byte("k3ys3cret"), "list"}}}
		got := New(All()).Open(context.Background(), job)
		if len(got.Finds) != 1 || got.Finds[0].Key == nil || got.Finds[0].Key.Source != c.source {
			t.Errorf("%s: %+v", what, got.Finds)
		}
	}
}

func TestNormalFormsAreDistinct(t *testing.T) {
	t.Parallel()
	forms := digestible(" Ａbc é竹 ", true)
	for _, want := range []string{" Ａbc é竹 ", "Ａbc é竹", " ａbc é竹 ", " Abc é竹 ", "Ａbcé竹", " Ａbc é竹 \n"} {
		found := 0
		for _, f := range forms {
			if bytes.Equal(f, []byte(want)) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%q stands %d times among the forms", want, found)
		}
	}
}
