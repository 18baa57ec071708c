package peel_test

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/peel"
)

// program is a file of words and tables with some bytes somewhere in it.
func program(size, at int, planted []byte) []byte {
	rnd := rand.New(rand.NewPCG(uint64(size), uint64(at)))
	words := strings.Fields("open close read write handler window message cannot find file invalid argument memory http server request response context index")
	var b bytes.Buffer
	for b.Len() < size {
		b.WriteString(words[rnd.IntN(len(words))])
		b.WriteByte(" \x00._"[rnd.IntN(4)])
		if rnd.IntN(4) == 0 {
			b.Write([]byte{0, 0, byte(rnd.IntN(8)), 0x48, 0x8b, byte(rnd.IntN(4)), 0, 0, 0, 0})
		}
	}
	out := b.Bytes()[:size]
	copy(out[at:], planted)
	return out
}

// found is the rank from 1 of a key among the candidates; 0 if it is missing.
func found(all []peel.KeyCandidate, key []byte) int {
	return 1 + slices.IndexFunc(all, func(k peel.KeyCandidate) bool { return bytes.Equal(k.Key, key) })
}

func TestCandidatesNameKeysAndReasons(t *testing.T) {
	t.Parallel()
	random := []byte("\x8f\x13\xc2\x5e\x07\xa9\x4b\xd0\x36\xfb\x61\xe4\x1d\x98\x75\xaa")
	digest := md5.Sum([]byte("Tr0ub4dor&3"))
	for name, c := range map[string]struct {
		planted string
		key     []byte
		form    string
		reason  string
		most    int
	}{
		"des text":     {"\x0032bnx23l\x00", []byte("32bnx23l"), "text", "a string of its own", 12},
		"des with NUL": {"\x00X7sRUjL\x00\x00", []byte("X7sRUjL\x00"), "text", "zero byte that ends it", 12},
		"utf-16le":     {"\x00\x00" + string(wide(key2011)) + "\x00\x00", wide(key2011), "utf-16le", "aes-256", 12},
		"hex":          {"\x00key=" + hex.EncodeToString(random) + "\x00", random, "hex", "bytes as different", 3},
		"base64":       {"\x00" + base64.StdEncoding.EncodeToString(random) + "\x00", random, "base64", "bytes as different", 3},
		"raw":          {strings.Repeat("\x00", 40) + string(random) + strings.Repeat("\x00", 40), random, "raw", "among others that are not", 12},
		"passphrase":   {"\x00secret\x00Tr0ub4dor&3\x00", digest[:], "md5", "passphrase", 120},
	} {
		file := program(40_000, 20_000, []byte(c.planted))
		all := peel.Candidates(file, 200)
		rank := found(all, c.key)
		if rank == 0 || rank > c.most {
			t.Errorf("%s: rank %d of %d, want %d at most", name, rank, len(all), c.most)
			continue
		}
		k := all[rank-1]
		if k.Form != c.form || !strings.Contains(strings.Join(k.Reasons, "; "), c.reason) {
			t.Errorf("%s: %s, for %q; want %s for %q", name, k.Form, k.Reasons, c.form, c.reason)
		}
		if first := bytes.Trim([]byte(c.planted), "\x00")[:1]; k.Offset < 20_000 || k.Offset > 20_100 || name == "utf-16le" && file[k.Offset] != first[0] {
			t.Errorf("%s: offset %d", name, k.Offset)
		}
	}
}

func TestCandidatesOfTheHistoricClient(t *testing.T) {
	t.Parallel()
	all := peel.Candidates(clientFile(), 30)
	for _, key := range []string{key2006, key2008, string(wide(key2011))} {
		if rank := found(all, []byte(key)); rank == 0 || rank > 10 {
			t.Errorf("%q: rank %d", key, rank)
		}
	}
}

// TestRoundKeysProveAKey plants the example of FIPS 197, appendix A.1.
func TestRoundKeysProveAKey(t *testing.T) {
	t.Parallel()
	key, _ := hex.DecodeString("2b7e151628aed2a6abf7158809cf4f3c")
	rounds, _ := hex.DecodeString("a0fafe1788542cb123a339392a6c7605f2c295f27a96b9435935807a7359f67f")
	file := program(30_000, 9_000, append(bytes.Clone(key), rounds...))
	all := peel.Candidates(file, 5)
	if found(all, key) != 1 || all[0].Score != 1 || all[0].Fits[0] != "aes-128" || all[0].Offset != 9_000 {
		t.Errorf("%+v", all[0])
	}
	long, _ := hex.DecodeString("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
	rounds, _ = hex.DecodeString("9ba354118e6925afa51a8b5f2067fcdea8b09c1a93d194cdbe49846eb75d5b9a")
	file = program(30_000, 9_000, append(bytes.Clone(long), rounds...))
	if all = peel.Candidates(file, 5); found(all, long) != 1 || all[0].Fits[0] != "aes-256" {
		t.Errorf("%+v", all[0])
	}
}

func TestCandidatesAreBoundedAndTheSameEachTime(t *testing.T) {
	t.Parallel()
	file := program(300_000, 0, nil)
	a, b := peel.Candidates(file, 50), peel.Candidates(file, 50)
	if len(a) > 50 || len(peel.Candidates(file, 0)) != 0 {
		t.Errorf("%d candidates", len(a))
	}
	if !slices.EqualFunc(a, b, func(x, y peel.KeyCandidate) bool { return bytes.Equal(x.Key, y.Key) && x.Score == y.Score }) {
		t.Error("they differ from one time to the next")
	}
}

func FuzzCandidates(f *testing.F) {
	f.Add(clientFile())
	f.Add([]byte("key=0123456789abcdef0123456789abcdef; \"secret\" 32bnx23l\x00"))
	f.Add(append(wide("some wide text"), 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, k := range peel.Candidates(b, 40) {
			if k.Offset < 0 || k.Offset >= len(b) || k.Score < 0 || k.Score > 1 || len(k.Key) == 0 || k.Form == "" || len(k.Reasons) == 0 {
				t.Fatalf("%+v", k)
			}
		}
	})
}
