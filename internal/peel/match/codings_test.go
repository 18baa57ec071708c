package match_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.org/telltale/internal/peel/match"
)

// TestCodedNeedlesAreFound: what the standard library writes, with other text
// on both sides, is found in every coding.
func TestCodedNeedlesAreFound(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	ns := needles(r, 500)
	set := match.CompileCoded(ns)
	codings := map[string]func(string) string{
		"hex":     func(s string) string { return hex.EncodeToString([]byte(s)) },
		"base64":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"percent": url.QueryEscape,
		"json-u":  func(s string) string { return strings.Trim(strconv.QuoteToASCII(s), `"`) },
	}
	for n, needle := range ns {
		if strings.Contains(needle.Text, " ") {
			continue // QueryEscape writes + for it
		}
		for name, write := range codings {
			for before := range 4 {
				text := "0123"[:before] + needle.Text
				coded := []byte("..... " + write(text+"ab") + " .....")
				hits := set.Find(coded, 0)
				if !slices.ContainsFunc(hits, func(h match.Hit) bool {
					return h.Needle == n && (h.Form == name || write(text) == text && h.Form == match.UTF8)
				}) {
					t.Fatalf("%s of %q in %s: %+v", name, text, coded, hits)
				}
			}
		}
	}
}

func TestUpperCaseCodings(t *testing.T) {
	t.Parallel()
	set := match.CompileCoded([]match.Needle{{Text: "竹米羊mno牛果花"}})
	for form, text := range map[string]string{
		"hex":     strings.ToUpper(hex.EncodeToString([]byte("竹米羊mno牛果花"))),
		"json-u":  `\u7AF9\u7C73\u7F8Amno\u725B\u679C\u82B1`,
		"percent": strings.ToLower(url.QueryEscape("竹米羊")) + "mno" + strings.ToLower(url.QueryEscape("牛果花")),
	} {
		if hits := set.Find([]byte(text), 0); len(hits) != 1 || hits[0].Form != form || hits[0].Len != len(text) {
			t.Errorf("%s: %+v in %s", form, hits, text)
		}
	}
}

// TestEveryPlaceOfEveryLength: needles of each length are found once at each
// place, whatever the lengths of the others are.
func TestEveryPlaceOfEveryLength(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	for least := match.MinLen; least < 20; least++ {
		var ns []match.Needle
		for n := least; n < 90; n++ {
			ns = append(ns, match.Needle{Text: randomText(r, n)})
		}
		set := match.CompileExact(ns)
		for n, needle := range ns {
			at := r.IntN(40)
			b := slices.Concat([]byte(randomText(r, at)), []byte(needle.Text), []byte(randomText(r, r.IntN(20))))
			want := []match.Hit{{Needle: n, Form: match.UTF8, At: at, Len: len(needle.Text)}}
			if hits := set.Find(b, 0); !slices.Equal(hits, want) {
				t.Fatalf("shortest %d: needle of %d bytes at %d: %+v", least, len(needle.Text), at, hits)
			}
		}
	}
}

func randomText(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.IntN(256))
	}
	return string(b)
}

// FuzzFind: hits are where they say, and agree with a plain search.
func FuzzFind(f *testing.F) {
	f.Add([]byte("abcdefgh"), []byte("xxabcdefgh"))
	f.Fuzz(func(t *testing.T, needle, b []byte) {
		if len(needle) > 1<<10 || len(b) > 1<<12 || len(needle) < match.MinLen {
			return
		}
		set := match.CompileExact([]match.Needle{{Text: string(needle)}, {Text: "another needle"}, {Text: string(needle[1:]) + "?"}})
		hits := set.Find(b, 0)
		first := slices.IndexFunc(hits, func(h match.Hit) bool { return h.Needle == 0 })
		if (first >= 0) != bytes.Contains(b, needle) {
			t.Errorf("%q in %q: %+v", needle, b, hits)
		}
		for _, h := range hits {
			if h.At < 0 || h.At+h.Len > len(b) {
				t.Errorf("a hit outside: %+v", h)
			}
		}
	})
}
