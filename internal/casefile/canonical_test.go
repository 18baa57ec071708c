package casefile_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"example.org/telltale/internal/casefile"
)

func TestCanonicalForm(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		// RFC 8785, section 3.2.2.
		`{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
		  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
		  "literals": [null, true, false]}`: `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		// RFC 8785, section 3.2.3.
		`{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}`: "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}",
		// Integers keep all their digits.
		` 12345678901234567890123 `: `12345678901234567890123`,
		`-0`:                        `0`, `-0.0`: `0`, `1.0`: `1`, `1e2`: `100`, `5e-324`: `5e-324`, `1e21`: `1e+21`, `123456789012345680000.0`: `123456789012345680000`,
		`0.000001`: `0.000001`, `1e-7`: `1e-7`, `-1E-10`: `-1e-10`, `1e-100`: `1e-100`,
		`"\b\t\n\f\r\u0000\u001F\u007f<>&"`: "\"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f<>&\"",
		"\"\\u2028\u2029\"":                 "\"\u2028\u2029\"",
		`[ ]`:                               `[]`, `{ }`: `{}`, `[{"b":[],"a":{}},[]]`: `[{"a":{},"b":[]},[]]`,
		`{"":1,"a":{"\n":{"b":2,"a":1}}}`: `{"":1,"a":{"\n":{"a":1,"b":2}}}`,
		nested(100):                       nested(100),
	} {
		got, err := casefile.Canonical([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%.80s: %s, %v; want %s", in, got, err, want)
		}
		if again, err := casefile.Canonical(got); err != nil || !bytes.Equal(again, got) {
			t.Errorf("%.80s: again %s, %v", got, again, err)
		}
	}
}

func nested(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

func TestCanonicalRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		``, ` `, `{`, `[`, `"`, `"\`, `"\u12`, `"\ud800"`, `"\ud800\u0041"`, `"\udc00"`, `"\x"`, "\"\x00\"", "\"\xff\"", "\"\xed\xa0\x80\"",
		`01`, `-`, `+1`, `1.`, `.5`, `1e`, `1e+`, `1e400`, `--1`, `0x1`, `NaN`, `nul`, `truex`, `1 2`, `[1,]`, `[,1]`, `[1 2]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{a:1}`, `{"a":1 "b":2}`,
		`{"a":1,"b":2,"a":3}`, `{"\u0061":1,"a":2}`, `{"~masked":1}`, `[{"~masked":{"as":1,"hash":""}}]`, nested(101), strings.Repeat("[", 1<<20), strings.Repeat(`{"a":`, 1<<20),
	} {
		if got, err := casefile.Canonical([]byte(in)); err == nil {
			t.Errorf("%.80q became %.80q, want an error", in, got)
		}
	}
}

// FuzzCanonical compares with encoding/json: what both read is the same, and
// the canonical form is canonical.
func FuzzCanonical(f *testing.F) {
	f.Add([]byte(`{"b":[1,2.50,"\u00e9\ud83d\ude00"],"a":{"c":null}}`))
	f.Add([]byte(`{"�":1,"�":2}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := casefile.Canonical(in)
		if err != nil {
			return
		}
		if !json.Valid(in) || !json.Valid(got) {
			t.Fatalf("%q is no JSON and became %q", in, got)
		}
		var before, after any
		if json.Unmarshal(in, &before) != nil {
			return // an integer that no float64 holds
		}
		must(t, json.Unmarshal(got, &after))
		if a, b := mustMarshal(t, before), mustMarshal(t, after); !bytes.Equal(a, b) {
			t.Errorf("%q and %q differ: %s, %s", in, got, a, b)
		}
		again, err := casefile.Canonical(got)
		if err != nil || !bytes.Equal(again, got) {
			t.Errorf("%q became %q, %v", got, again, err)
		}
		checkCommit(t, got)
	})
}

func mustMarshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	must(t, err)
	return bytes.ReplaceAll(b, []byte("-0"), []byte("0"))
}

// TestCommitIsWhatTheDocumentSays computes commitments of random values as
// docs/format.md describes them, over decoded values.
func TestCommitIsWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		raw, err := json.Marshal(anyValue(r, 4))
		if err != nil {
			r.Fatal(err)
		}
		canonical, err := casefile.Canonical(raw)
		if err != nil {
			r.Fatal(err)
		}
		checkCommit(r, canonical)
	})
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func checkCommit(t failer, canonical []byte) {
	t.Helper()
	salt := sha256.Sum256(canonical)
	got, err := casefile.Commit(canonical, salt[:16])
	dec := json.NewDecoder(bytes.NewReader(canonical))
	dec.UseNumber()
	var v any
	if err == nil {
		err = dec.Decode(&v)
	}
	if want := commit(v, salt[:16]); err != nil || got != want {
		t.Fatalf("%s: commitment %x, %v; want %x", canonical, got, err, want)
	}
}

// commit is the document word for word.
func commit(v any, salt []byte) [32]byte {
	var parts []byte
	switch v := v.(type) {
	case []any:
		parts = []byte{0x11}
		for i, item := range v {
			c := commit(item, casefile.Derive(salt, strconv.Itoa(i)))
			parts = append(parts, c[:]...)
		}
	case map[string]any:
		parts = []byte{0x12}
		for _, k := range sortedUTF16(v) {
			name, c := sha256.Sum256([]byte(k)), commit(v[k], casefile.Derive(salt, k))
			parts = append(append(parts, name[:]...), c[:]...)
		}
	default:
		parts = append([]byte{0x10}, salt...)
		parts = append(parts, scalar(v)...)
	}
	return sha256.Sum256(parts)
}

func scalar(v any) []byte {
	if n, ok := v.(json.Number); ok {
		return []byte(n) // as it stands in the canonical form
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	s := strings.TrimSuffix(b.String(), "\n")
	return []byte(strings.NewReplacer(`\\`, `\\`, `\u2028`, "\u2028", `\u2029`, "\u2029").Replace(s))
}

func sortedUTF16(v map[string]any) []string {
	var names []string
	for k := range v {
		names = append(names, k)
	}
	for i := range names {
		for j := i; j > 0 && before(names[j], names[j-1]); j-- {
			names[j], names[j-1] = names[j-1], names[j]
		}
	}
	return names
}

func before(a, b string) bool {
	x, y := utf16.Encode([]rune(a)), utf16.Encode([]rune(b))
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return x[i] < y[i]
		}
	}
	return len(x) < len(y)
}

func anyValue(r *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 6).Draw(r, "kind")
	if depth == 0 {
		kind %= 5
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(r, "bool")
	case 2:
		return rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).Draw(r, "float")
	case 3:
		return rapid.Uint64().Draw(r, "integer")
	case 4:
		return rapid.String().Draw(r, "string")
	case 5:
		out := make([]any, rapid.IntRange(0, 4).Draw(r, "items"))
		for i := range out {
			out[i] = anyValue(r, depth-1)
		}
		return out
	}
	out := map[string]any{}
	for range rapid.IntRange(0, 5).Draw(r, "members") {
		out[rapid.StringOf(rapid.RuneFrom([]rune("ab\n\"\\\ue000\uffee😀𝒳é"))).Draw(r, "name")] = anyValue(r, depth-1)
	}
	return out
}

// A commitment that was computed by another program from the document.
func TestCommitVector(t *testing.T) {
	t.Parallel()
	got, err := casefile.Commit([]byte(`{"b":[1,"x"],"a":null}`), []byte("0123456789abcdef"))
	must(t, err)
	const want = "01c02adc07f93a72a7bd04e84564729fd409f4bc6ec5d458393d89d83c40ba76 IwuHPlyeJRir61I7I56PzQ=="
	if s := fmt.Sprintf("%x %s", got, base64.StdEncoding.EncodeToString(casefile.Derive([]byte("0123456789abcdef"), "a"))); s != want {
		t.Errorf("commitment and salt %s, want %s", s, want)
	}
}
