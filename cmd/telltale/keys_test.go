package main

import (
	"archive/zip"
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// inArchive writes an archive with a file deep in it that holds a key, and a
// message that the key opens.
func inArchive(t *testing.T) (archive, message string, key []byte) {
	t.Helper()
	key = []byte("\x8f\x13\xc2\x5e\x07\xa9\x4b\xd0\x36\xfb\x61\xe4\x1d\x98\x75\xaa")
	pack := func(name string, b []byte) []byte {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		f, err := w.Create(name)
		mustDo(t, err)
		_, err = f.Write(b)
		mustDo(t, err)
		mustDo(t, w.Close())
		return out.Bytes()
	}
	inner := append(append([]byte(strings.Repeat("words of a program\x00\x00", 20)), "\x00\x00\x00\x00"...), key...)
	inner = append(inner, make([]byte, 40)...)
	archive, message = filepath.Join(t.TempDir(), "app.apk"), filepath.Join(t.TempDir(), "sealed")
	mustDo(t, os.WriteFile(archive, pack("lib/inner.jar", pack("K.class", inner)), 0o600))
	block, err := aes.NewCipher(key)
	mustDo(t, err)
	plain := []byte("from alice to bob: hello kvqzjxmn, and so on....")
	for i := 0; i+16 <= len(plain); i += 16 {
		block.Encrypt(plain[i:], plain[i:])
	}
	mustDo(t, os.WriteFile(message, plain, 0o600))
	return archive, message, key
}

func TestKeysInsideArchivesAreNamed(t *testing.T) {
	t.Parallel()
	archive, _, key := inArchive(t)
	code, out := tell("keys", "--json", archive)
	if code != exitFound {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	found := false
	for line := range strings.Lines(out) {
		var k keyLine
		if err := json.Unmarshal([]byte(line), &k); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if k.Key == hex.EncodeToString(key) {
			found = true
			if k.Part != "lib/inner.jar!/K.class" || k.Offset != 404 || k.Form != "raw" || k.File != archive {
				t.Errorf("%+v", k)
			}
		}
	}
	if !found {
		t.Errorf("the key is not among\n%s", out)
	}
}
