package mask_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"example.org/telltale/internal/redact/mask"
)

// line is an entry as the format's document has it.
const line = `{"at":"2026-11-22T05:47:22.8Z","body":{"a/b":["Ada","Bo",7],"empty":{},"from":"Ada","n":12345678901234567890,"~":null},"n":3,"salt":"AAECAwQFBgcICQoLDA0ODw==","type":"probe"}`

// The commitment is computed by hand, from the words of the document.
func TestCommitmentIsWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	small := `{"at":"2026-11-22T05:47:22Z","body":["x"],"n":0,"salt":"AAECAwQFBgcICQoLDA0ODw==","type":"a"}`
	salt, err := base64.StdEncoding.DecodeString("AAECAwQFBgcICQoLDA0ODw==")
	if err != nil {
		t.Fatal(err)
	}
	hash := func(parts ...[]byte) []byte {
		sum := sha256.Sum256(bytes.Join(parts, nil))
		return sum[:]
	}
	derive := func(salt []byte, name string) []byte { return hash([]byte{0x13}, salt, []byte(name))[:16] }
	scalar := func(name, raw string) []byte { return hash([]byte{0x10}, derive(salt, name), []byte(raw)) }
	element := hash([]byte{0x10}, derive(derive(salt, "body"), "0"), []byte(`"x"`))
	name := func(s string) []byte { return hash([]byte(s)) }
	want := hash([]byte{0x12},
		name("at"), scalar("at", `"2026-11-22T05:47:22Z"`),
		name("body"), hash([]byte{0x11}, element),
		name("n"), scalar("n", "0"),
		name("type"), scalar("type", `"a"`))
	if got := commitmentOf(t, small); !bytes.Equal(got[:], want) {
		t.Errorf("commitment %x, want %x", got, want)
	}
}

func commitmentOf(t testing.TB, line string) mask.Hash {
	t.Helper()
	e, err := mask.ParseEntry([]byte(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	h, err := e.Commitment()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return h
}

func TestMaskedLine(t *testing.T) {
	t.Parallel()
	e, err := mask.ParseEntry([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	masked, err := e.Mask(map[string][]byte{"/body/from": []byte(`"masked-1"`), "/body/a~1b/0": []byte(`"masked-1"`)})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(masked, []byte("Ada")) {
		t.Errorf("what was masked is still there: %s", masked)
	}
	if commitmentOf(t, string(masked)) != commitmentOf(t, line) {
		t.Error("the masked entry has another commitment")
	}
	again, err := mask.ParseEntry(masked)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Mask(map[string][]byte{"/body/a~1b/1": []byte("null")}); err == nil {
		t.Error("an entry was masked twice")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(masked, &members); err != nil {
		t.Fatal(err)
	}
	var salts map[string]string
	if err := json.Unmarshal(members["salts"], &salts); err != nil {
		t.Fatal(err)
	}
	for _, pointer := range []string{"/at", "/n", "/type", "/body/a~1b/1", "/body/a~1b/2", "/body/empty", "/body/n", "/body/~0"} {
		if salts[pointer] == "" {
			t.Errorf("no salt for %q", pointer)
		}
		delete(salts, pointer)
	}
	if len(salts) > 0 {
		t.Errorf("salts of other values: %v", salts)
	}
}

func TestPointersThatLeadNowhereAreRefused(t *testing.T) {
	t.Parallel()
	for _, pointer := range []string{"/body/a/b", "/body/a~1b/3", "/salt", "/body/~", "body"} {
		e, err := mask.ParseEntry([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Mask(map[string][]byte{pointer: []byte("null")}); err == nil {
			t.Errorf("%q was masked", pointer)
		}
	}
}

func TestWhatIsNoEntryIsRefused(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{
		``, `[]`, `{}`, `{"salt":"AAECAwQFBgcICQoLDA0ODw==","salts":{}}`, `{"salt":"AAEC"}`, `{ "salt":"AAECAwQFBgcICQoLDA0ODw=="}`,
		`{"a": 1,"salt":"AAECAwQFBgcICQoLDA0ODw=="}`, `{"a":[1 ],"salt":"AAECAwQFBgcICQoLDA0ODw=="}`, line + " ", `{"salts":[]}`,
		`{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `,"salt":"AAECAwQFBgcICQoLDA0ODw=="}`,
	} {
		if _, err := mask.ParseEntry([]byte(wrong)); err == nil {
			t.Errorf("%.80q was read as an entry", wrong)
		}
	}
	for _, wrong := range []string{
		`{"a":1,"salts":{"/b":"AAECAwQFBgcICQoLDA0ODw=="}}`,
		`{"a":1,"salts":{}}`,
		`{"a":{"~masked":{"as":1}},"salts":{}}`,
		`{"a":{"~masked":{"as":1,"hash":"AAEC"}},"salts":{}}`,
	} {
		e, err := mask.ParseEntry([]byte(wrong))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Commitment(); err == nil {
			t.Errorf("%q has a commitment", wrong)
		}
	}
}

// canonical writes a made-up value in canonical form.
func canonical(v any) []byte {
	switch v := v.(type) {
	case map[string]any:
		var parts []string
		names := slices.SortedFunc(maps.Keys(v), func(a, b string) int {
			return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
		})
		for _, name := range names {
			parts = append(parts, string(mask.Quote(name))+":"+string(canonical(v[name])))
		}
		return []byte("{" + strings.Join(parts, ",") + "}")
	case []any:
		var parts []string
		for _, value := range v {
			parts = append(parts, string(canonical(value)))
		}
		return []byte("[" + strings.Join(parts, ",") + "]")
	case string:
		return mask.Quote(v)
	}
	return fmt.Append(nil, v)
}

// values makes up JSON values.
func values(depth int) *rapid.Generator[any] {
	leaves := []*rapid.Generator[any]{
		rapid.Custom(func(t *rapid.T) any { return rapid.String().Draw(t, "text") }),
		rapid.Custom(func(t *rapid.T) any { return rapid.Int64().Draw(t, "number") }),
		rapid.Custom(func(t *rapid.T) any { return rapid.Bool().Draw(t, "truth") }),
	}
	if depth == 0 {
		return rapid.OneOf(leaves...)
	}
	return rapid.OneOf(append(leaves,
		rapid.Custom(func(t *rapid.T) any { return rapid.SliceOfN(values(depth-1), 0, 4).Draw(t, "array") }),
		rapid.Custom(func(t *rapid.T) any {
			return rapid.MapOfN(rapid.StringMatching(`[a-z/~]{0,4}`), values(depth-1), 0, 4).Draw(t, "object")
		}))...)
}

func TestMaskingKeepsTheCommitment(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		salt := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "salt")
		body := canonical(values(4).Draw(t, "body"))
		line := fmt.Sprintf(`{"at":"2026-11-22T05:47:22Z","body":%s,"n":0,"salt":"%s","type":"x"}`, body, base64.StdEncoding.EncodeToString(salt))
		e, err := mask.ParseEntry([]byte(line))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		want, err := e.Commitment()
		if err != nil {
			t.Fatal(err)
		}
		as := map[string][]byte{}
		e.Root().Walk(func(pointer string, _ *mask.Value) bool {
			if pointer != "" && rapid.IntRange(0, 3).Draw(t, "mask "+pointer) == 0 {
				as[pointer] = []byte("null")
				return false
			}
			return true
		})
		if len(as) == 0 {
			return
		}
		masked, err := e.Mask(as)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		after, err := mask.ParseEntry(masked)
		if err != nil {
			t.Fatalf("%s: %v", masked, err)
		}
		if got, err := after.Commitment(); err != nil || got != want {
			t.Fatalf("%s became %s: %v", line, masked, err)
		}
	})
}

func FuzzParseEntry(f *testing.F) {
	f.Add([]byte(line))
	f.Add([]byte(`{"a":{"~masked":{"as":1,"hash":"AAEC"}},"salts":{}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := mask.ParseEntry(b)
		if err != nil {
			return
		}
		before, err := e.Commitment()
		if err != nil || !e.Whole() || len(e.Root().Values) == 0 {
			return
		}
		v := e.Root()
		masked, err := e.Mask(map[string][]byte{"/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(v.Names[0]): []byte("null")})
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		again, err := mask.ParseEntry(masked)
		if err != nil {
			t.Fatalf("%q became %q: %v", b, masked, err)
		}
		if after, err := again.Commitment(); err != nil || after != before {
			t.Fatalf("%q became %q: %v", b, masked, err)
		}
	})
}
