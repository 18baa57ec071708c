package bench_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"example.org/telltale"
)

// randomBytes are n bytes that look like a key or a part of a program.
func randomBytes(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.IntN(256))
	}
	return b
}

// encipher makes copies that AES closes, in codebook mode or chained.
func encipher(t *testing.T, key []byte, codebook bool) func(string) string {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) string {
		pad := 16 - len(text)%16
		b := append([]byte(text), bytes.Repeat([]byte{byte(pad)}, pad)...)
		if !codebook {
			cipher.NewCBCEncrypter(block, make([]byte, 16)).CryptBlocks(b, b)
			return hex.EncodeToString(b)
		}
		for i := 0; i < len(b); i += 16 {
			block.Encrypt(b[i:], b[i:])
		}
		return hex.EncodeToString(b)
	}
}

// headed puts what changes from message to message in front, as many formats
// do: the canary.
func headed(seal func(string) string) func(string) string {
	return func(text string) string { return seal(text[len(text)-24:] + text[:len(text)-24]) }
}

func codebookFindings(rec *telltale.Record) []telltale.Finding {
	return slices.DeleteFunc(slices.Clone(rec.Findings), func(f telltale.Finding) bool {
		return f.Claim.Kind != telltale.KindWeak || f.Claim.Detail != telltale.WeakECB
	})
}

// A cipher whose key nobody has still shows its mode.
func TestCodebookWithoutAKey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		word     string
		codebook bool
		verdict  telltale.Verdict
	}{
		{"equal letters", "kkword " + strings.Repeat("m", 64), true, telltale.Supported},
		{"the same text behind a changing head", "kkword or some such thing, typed again", true, telltale.Inconclusive},
		{"chained", "kkword " + strings.Repeat("m", 64), false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &world{rules: filter().rules, copies: always, seal: headed(encipher(t, randomBytes(1, 16), tt.codebook))}
				rec := newBed(t, w, question(tt.word, "marblewood")).finish()
				found := codebookFindings(rec)
				switch {
				case tt.verdict == "" && len(found) > 0:
					t.Errorf("found %+v", found)
				case tt.verdict != "" && (len(found) != 1 || found[0].Verdict != tt.verdict || found[0].Claim.Host != collector):
					t.Errorf("found %+v, want %s", found, tt.verdict)
				case tt.verdict == telltale.Inconclusive && !strings.Contains(found[0].Statement, "64 equal letters"):
					t.Errorf("nothing is proposed: %s", found[0].Statement)
				}
				if tt.verdict != "" && !slices.ContainsFunc(rec.Findings, func(f telltale.Finding) bool {
					return slices.ContainsFunc(f.Coverage, func(c string) bool { return strings.Contains(c, "no key at hand") })
				}) {
					t.Errorf("no finding says that messages stayed shut: %+v", rec.Findings)
				}
			})
		})
	}
}

// A key that stands among the bytes of the program, with nothing around it, is
// found for what it opens.
func TestKeyAnywhereInTheApp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		program := randomBytes(2, 40_000)
		w := &world{rules: filter().rules, copies: always, seal: encipher(t, program[12_345:12_361], false)}
		q := question("kkword stands in this longer text", "marblewood")
		q.App.Files = []telltale.AppFile{{Path: "client.bin", Harvest: true}}
		b := newBed(t, w, q)
		b.files = map[string]string{"client.bin": string(program)}
		rec := b.finish()
		if len(rec.Layers) == 0 {
			t.Fatal("nothing was opened")
		}
		for _, l := range rec.Layers {
			if !strings.HasPrefix(l.KeySource, "app-file:client.bin") || l.Key != hex.EncodeToString(program[12_345:12_361]) {
				t.Errorf("path %q, key %s from %s", l.Path, l.Key, l.KeySource)
			}
		}
		if !supported(rec, telltale.KindCopy) {
			t.Errorf("no copy among %q", claims(rec))
		}
	})
}
