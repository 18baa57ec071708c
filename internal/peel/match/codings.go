package match

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf16"
)

// Coding is one way in which bytes are written as ASCII.
type Coding struct {
	Name string
	// Write returns the ways that text may stand in a longer one; of base64,
	// the signs that do not depend on what is beside it.
	Write func(text string) []string
}

// Codings are the ways of writing that [CompileCoded] looks for.
func Codings() []Coding {
	return []Coding{
		{"hex", func(s string) []string {
			h := hex.EncodeToString([]byte(s))
			return []string{h, strings.ToUpper(h)}
		}},
		{"base64", base64Cores},
		{"percent", percents},
		{"json-u", jsonEscapes},
	}
}

// CompileCoded prepares needles as [Compile] does, without the altered forms,
// and in every one of [Codings]: about eleven patterns for a needle. It is for
// a first pass over large captures, before anything is decoded.
func CompileCoded(needles []Needle) *Set {
	c := collector{index: map[string]int{}}
	c.addCharsets(needles)
	for _, coding := range Codings() {
		for i, n := range needles {
			for _, text := range coding.Write(n.Text) {
				if text != n.Text {
					c.add(i, coding.Name, []byte(text))
				}
			}
		}
	}
	return build(c.patterns)
}

// base64Cores returns the signs of s in base64 (RFC 4648) at each of the three
// alignments, in both alphabets.
func base64Cores(s string) []string {
	var out []string
	for before := range 3 {
		coded := base64.StdEncoding.EncodeToString(append(make([]byte, before), s...))
		from := (before*8 + 5) / 6
		until := (before + len(s)) * 8 / 6
		core := coded[from:until]
		out = append(out, core)
		if url := strings.NewReplacer("+", "-", "/", "_").Replace(core); url != core {
			out = append(out, url)
		}
	}
	return out
}

// percents returns percent-encoded text: all bytes, or all that are not
// unreserved (RFC 3986, section 2.3), in both cases of hex.
func percents(s string) []string {
	var out []string
	for _, format := range []string{"%%%02X", "%%%02x"} {
		var all, some strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&all, format, s[i])
			if unreserved(s[i]) {
				some.WriteByte(s[i])
			} else {
				fmt.Fprintf(&some, format, s[i])
			}
		}
		out = append(out, all.String(), some.String())
	}
	return out
}

func unreserved(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("-._~", c) >= 0
}

// jsonEscapes returns text with \u escapes (RFC 8259, section 7) for all
// characters, or for all beyond ASCII, in both cases of hex.
func jsonEscapes(s string) []string {
	var out []string
	for _, format := range []string{`\u%04x`, `\u%04X`} {
		var all, some strings.Builder
		for _, r := range s {
			for _, u := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&all, format, u)
				if r >= 0x80 {
					fmt.Fprintf(&some, format, u)
				}
			}
			if r < 0x80 {
				some.WriteRune(r)
			}
		}
		out = append(out, all.String(), some.String())
	}
	return out
}
