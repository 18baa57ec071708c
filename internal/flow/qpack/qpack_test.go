package qpack_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"golang.org/x/net/http2/hpack"

	"example.org/telltale/internal/flow/qpack"
)

func octets(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lines reads a block as "name: value|...".
func lines(table *qpack.Table, block []byte) (string, error) {
	var all []string
	err := table.Read(block, func(name, value string) { all = append(all, name+": "+value) })
	return strings.Join(all, "|"), err
}

// The examples of RFC 9204, appendix B: a table that is filled, referred to
// before and after the base, duplicated from and emptied.
func TestExamplesOfTheRFC(t *testing.T) {
	t.Parallel()
	table := qpack.New(qpack.Limits{})
	table.Allow(220)
	steps := []struct {
		encoder, block, want string
		needs                uint64
	}{
		{"", "0000 510b 2f69 6e64 6578 2e68 746d 6c", ":path: /index.html", 0},
		{"3fbd01 c00f 7777 772e 6578 616d 706c 652e 636f 6d c10c 2f73 616d 706c 652f 7061 7468", "0381 10 11", ":authority: www.example.com|:path: /sample/path", 2},
		{"4a63 7573 746f 6d2d 6b65 790c 6375 7374 6f6d 2d76 616c 7565", "", "", 0},
		{"02", "0500 80 c1 81", ":authority: www.example.com|:path: /|custom-key: custom-value", 4},
		{"810d 6375 7374 6f6d 2d76 616c 7565 32", "0600 80", "custom-key: custom-value2", 5},
	}
	for i, s := range steps {
		encoder := octets(t, s.encoder)
		for n := range encoder { // one by one
			if err := table.Octets(encoder[n : n+1]); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
		}
		if s.block == "" {
			continue
		}
		block := octets(t, s.block)
		got, err := lines(table, block)
		if needs, bad := table.Needs(block); err != nil || bad != nil || got != s.want || needs != s.needs {
			t.Errorf("step %d: %q of %d, %v; want %q of %d", i, got, needs, err, s.want, s.needs)
		}
	}
	if n := table.Inserted(); n != 5 {
		t.Errorf("%d entries, want 5", n)
	}
}

// A block that comes before its entries says how many it waits for.
func TestBlockBeforeItsEntries(t *testing.T) {
	t.Parallel()
	table := qpack.New(qpack.Limits{})
	table.Allow(4096)
	block := octets(t, "0200 80") // needs one entry, and is it
	if n, err := table.Needs(block); n != 1 || err != nil {
		t.Fatalf("needs %d, %v", n, err)
	}
	if _, err := lines(table, block); err == nil {
		t.Error("it is read without the entry")
	}
	if err := table.Octets(append(octets(t, "3fe11f"), insert("token", "0123")...)); err != nil {
		t.Fatal(err)
	}
	if got, err := lines(table, block); got != "token: 0123" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// insert is the instruction that inserts a field with a literal name, the
// name plain and the value in Huffman's code.
func insert(name, value string) []byte {
	b := append([]byte{0x40 | byte(len(name))}, name...)
	packed := hpack.AppendHuffmanString(nil, value)
	return append(append(b, 0x80|byte(len(packed))), packed...)
}

// Numbers wrap around: after many entries the required count is told modulo
// twice as many as fit.
func TestCountsWrapAround(t *testing.T) {
	t.Parallel()
	table := qpack.New(qpack.Limits{})
	table.Allow(128) // room for three entries of this size; four as they are counted
	if err := table.Octets(octets(t, "3f61")); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		value := strings.Repeat("x", i%7)
		if err := table.Octets(insert("n", value)); err != nil {
			t.Fatal(err)
		}
		block := []byte{byte((i+1)%8 + 1), 0, 0x80}
		if got, err := lines(table, block); err != nil || got != "n: "+value {
			t.Fatalf("entry %d: %q, %v", i, got, err)
		}
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ encoder, block string }{
		"a capacity that was not allowed":     {"3fff7f", ""},
		"an entry larger than the table":      {"3f01 c0 7f" + strings.Repeat("00", 128), ""},
		"a duplicate of nothing":              {"05", ""},
		"a name of nothing":                   {"3fbd01 8500", ""},
		"a static entry that is not there":    {"3fbd01 ff7f00", ""},
		"a string that is too long":           {"3fbd01 c0 7fffffff7f", ""},
		"a number without end":                {"3fffffffffffffffffffff", ""},
		"a block that ends early":             {"", "0000 51"},
		"a block without a base":              {"", "00"},
		"a base before all":                   {"3fbd01 c00161", "0281 80"},
		"an index beyond the table":           {"3fbd01 c00161", "0200 85"},
		"an index behind the base, of none":   {"3fbd01 c00161", "0200 13"},
		"a block that needs more than fits":   {"", "ff7f 00"},
		"a static index that is not there":    {"", "0000 ff50"},
		"a code of Huffman that is not there": {"", "0000 51 84ffffffff"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table := qpack.New(qpack.Limits{})
			table.Allow(220)
			err := table.Octets(octets(t, c.encoder))
			if c.block != "" {
				if err != nil {
					t.Fatal(err)
				}
				_, err = lines(table, octets(t, c.block))
			}
			if err == nil {
				t.Error("want an error")
			}
		})
	}
}

func FuzzTable(f *testing.F) {
	f.Add(octets(f, "3fbd01c00f7777772e6578616d706c652e636f6dc10c2f73616d706c652f70617468"), octets(f, "03811011"))
	f.Add(octets(f, "3fbd014a637573746f6d2d6b65790c637573746f6d2d76616c756502"), octets(f, "050080c181"))
	f.Add([]byte{}, octets(f, "0000510b2f696e6465782e68746d6c"))
	f.Fuzz(func(t *testing.T, encoder, block []byte) {
		whole, single := qpack.New(qpack.Limits{Text: 4096}), qpack.New(qpack.Limits{Text: 4096})
		whole.Allow(4096)
		single.Allow(4096)
		err := whole.Octets(encoder)
		var apart error
		for i := range encoder {
			apart = single.Octets(encoder[i : i+1])
		}
		if len(encoder) > 0 && (err == nil) != (apart == nil) {
			t.Fatalf("whole %v, octet by octet %v", err, apart)
		}
		got, err := lines(whole, block)
		if again, bad := lines(single, block); got != again || (err == nil) != (bad == nil) {
			t.Fatalf("%q %v, octet by octet %q %v", got, err, again, bad)
		}
		n := 0
		if _ = whole.Read(block, func(string, string) { n++ }); n > len(block) {
			t.Fatalf("%d lines of %d octets", n, len(block))
		}
	})
}
