package verify_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/verify"
)

func TestCanonicalForm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text  string
		right bool
	}{
		{`{"a":1,"b":[true,false,null,"x"]}`, true},
		{`{"b":1,"a":1}`, false},
		{`{"a":1,"a":1}`, false},
		{`{"a": 1}`, false},
		{` 1`, false},
		{`1 `, false},
		{`[1,]`, false},
		{`[,1]`, false},
		{`{"a":1,}`, false},
		{`{"":0,"a":1}`, true},
		{`"\u001f\b\t\n\f\r\"\\"`, true},
		{`"\u0008"`, false},
		{`"\u001F"`, false},
		{`"\u0041"`, false},
		{`"\/"`, false},
		{`"/<>&` + "\u2028\u2029\x7f" + `"`, true},
		{`"\u2028"`, false},
		{"\"\xff\"", false},
		{"\"\xed\xa0\x80\"", false},
		{"\"a\nb\"", false},
		{`"open`, false},
		// Characters beyond the basic plane come before U+E000 in UTF-16.
		{"{\"\U0001F600\":1,\"\uFFFD\":2}", true},
		{"{\"\uFFFD\":2,\"\U0001F600\":1}", false},
		{`0`, true}, {`-0`, false}, {`00`, false}, {`-`, false}, {`-1`, true}, {`+1`, false},
		{`18446744073709551615`, true}, {`123456789012345678901234567890`, true},
		{`1.0`, false}, {`1.5`, true}, {`-1.5`, true}, {`0.000001`, true}, {`1e-7`, true}, {`1e-07`, false}, {`0.0000001`, false},
		{`1e+21`, true}, {`1e21`, false}, {`1E+21`, false}, {`1.5e+300`, true}, {`1e+999`, false}, {`1e+3`, false}, {`.5`, false}, {`5e-324`, true},
		{`0.1`, true}, {`0.10`, false}, {`1-2`, false}, {`0.30000000000000004`, true},
		{`true`, true}, {`truex`, false}, {`tru`, false}, {`nul`, false}, {`NaN`, false}, {``, false},
		{strings.Repeat("[", 100) + strings.Repeat("]", 100), true},
		{strings.Repeat("[", 101) + strings.Repeat("]", 101), false},
	} {
		if _, err := verify.Canonical([]byte(tt.text), [16]byte{}); (err == nil) != tt.right {
			t.Errorf("%.60s: %v, canonical %v", tt.text, err, tt.right)
		}
	}
}

// value draws any JSON value.
func value(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 6).Draw(t, "kind") - max(0, 2-depth) {
		case 5:
			return rapid.SliceOfN(value(depth-1), 0, 4).Draw(t, "array")
		case 6:
			return rapid.MapOfN(rapid.String(), value(depth-1), 0, 4).Draw(t, "object")
		case 4:
			f := rapid.Float64().Draw(t, "float")
			if math.IsNaN(f) || math.IsInf(f, 0) {
				return nil
			}
			return f
		case 3:
			return rapid.Int64().Draw(t, "integer")
		case 2:
			return rapid.Bool().Draw(t, "word")
		}
		return rapid.String().Draw(t, "text")
	})
}

// The writer and this reader agree on form and commitment of all values.
func TestWriterAndReaderAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw, err := json.Marshal(value(3).Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		canonical, err := casefile.Canonical(raw)
		if err != nil {
			t.Fatal(err)
		}
		salt := sha256.Sum256(raw)
		want, err := casefile.Commit(raw, salt[:16])
		if err != nil {
			t.Fatal(err)
		}
		got, err := verify.Canonical(canonical, [16]byte(salt[:16]))
		if err != nil || got != want {
			t.Fatalf("%s: %x and %x, %v", canonical, got, want, err)
		}
		// Nothing but the canonical form of a text is taken for one.
		if _, err := verify.Canonical(raw, [16]byte(salt[:16])); (err == nil) != bytes.Equal(raw, canonical) {
			t.Fatalf("%s is taken: %v", raw, err)
		}
	})
}

// The tree is that of RFC 6962, as another implementation has it.
func TestTreeOfAnySize(t *testing.T) {
	t.Parallel()
	var leaves [][32]byte
	var hashes []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			out[i] = hashes[index]
		}
		return out, nil
	})
	for n := range int64(300) {
		record := fmt.Append(nil, n)
		leaves = append(leaves, verify.Leaf(record))
		more, err := tlog.StoredHashes(n, record, read)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
		want, err := tlog.TreeHash(n+1, read)
		if err != nil {
			t.Fatal(err)
		}
		if verify.Root(leaves) != [32]byte(want) {
			t.Fatalf("the root over %d records is another", n+1)
		}
	}
}
