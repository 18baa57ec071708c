package verify_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/verify"
)

// masker takes values out of one entry, as docs/format.md says.
type masker struct {
	t     testing.TB
	as    map[string]string // by pointer: what stands in place, as JSON
	salts map[string]string
}

// mask returns a line with values taken out.
func mask(t testing.TB, line []byte, as map[string]string) []byte {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	var entry map[string]any
	if err := dec.Decode(&entry); err != nil {
		t.Fatal(err)
	}
	salt, err := base64.StdEncoding.DecodeString(entry["salt"].(string))
	if err != nil {
		t.Fatal(err)
	}
	delete(entry, "salt")
	m := &masker{t, as, map[string]string{}}
	out := m.value("", entry, salt).(map[string]any)
	out["salts"] = m.salts
	return maskedJSON(t, out)
}

// maskedJSON is canonical JSON with masked values, which the writer refuses:
// they go by another name of the same length meanwhile.
func maskedJSON(t testing.TB, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	raw = jsonOf(t, bytes.ReplaceAll(raw, []byte(`"~masked":`), []byte(`"~masket":`)))
	return bytes.ReplaceAll(raw, []byte(`"~masket":`), []byte(`"~masked":`))
}

func (m *masker) value(pointer string, v any, salt []byte) any {
	if as, ok := m.as[pointer]; ok {
		hash, err := casefile.Commit(jsonOf(m.t, v), salt)
		if err != nil {
			m.t.Fatal(err)
		}
		return map[string]any{format.MaskedMember: map[string]any{"as": json.RawMessage(as), "hash": hash[:]}}
	}
	if !m.touches(pointer) {
		m.salts[pointer] = base64.StdEncoding.EncodeToString(salt)
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		for k, part := range v {
			escaped := strings.NewReplacer("~", "~0", "/", "~1").Replace(k)
			v[k] = m.value(pointer+"/"+escaped, part, casefile.Derive(salt, k))
		}
	case []any:
		for i, part := range v {
			v[i] = m.value(fmt.Sprintf("%s/%d", pointer, i), part, casefile.Derive(salt, fmt.Sprint(i)))
		}
	}
	return v
}

func (m *masker) touches(pointer string) bool {
	for masked := range m.as {
		if strings.HasPrefix(masked, pointer+"/") {
			return true
		}
	}
	return false
}

// redact turns the case into a redacted copy: as tells what is taken out of
// which line (from 1).
func (f *forge) redact(as map[int]map[string]string, sentences string) {
	f.lines(func(lines [][]byte) [][]byte {
		for n, values := range as {
			lines[n-1] = append(mask(f.t, lines[n-1], values), '\n')
		}
		return lines
	})
	f.signRedaction(sentences)
}

func (f *forge) signRedaction(sentences string) {
	digest := strings.TrimPrefix(string(telltale.DigestOf(f.read("log/entries.jsonl"))), "sha256:")
	text := fmt.Sprintf("telltale/redacted/%s\n%d\n%s\n%s\n%s\n%s", f.id, f.n, f.root(), digest, strings.TrimSuffix(f.public, "\n"), sentences)
	f.write("redacted", f.signed(text))
}

// withoutThird is a redacted copy of an ordinary case: the first message's
// text and its blobs are gone, and the packet file.
func withoutThird(t testing.TB) *forge {
	f := ordinary(t)
	f.redact(map[int]map[string]string{
		5:  {"/body/text": `"masked-1"`, "/body/canary": `{"latin":"","cjk":""}`},
		6:  {"/body/typed": `"masked-1"`, "/body/got": `"masked-1"`},
		7:  {"/body/messages/0/bytes": `""`},
		8:  {"/body/bytes": `""`, "/body/steps/0": `"sha256:` + strings.Repeat("0", 64) + `"`},
		15: {"/body/digest": `""`},
	}, "values of the rule \"people\": 4\n")
	for _, d := range []telltale.Digest{f.rec.Flows[0].Messages[0].Bytes, f.rec.Layers[0].Bytes} {
		f.remove(blobName(d))
	}
	f.remove("capture/proxy-1.pcapng")
	return f
}

func TestRedactedCopyHolds(t *testing.T) {
	t.Parallel()
	f := withoutThird(t)
	r := holds(t, f.dir, verify.Options{})
	if !r.Redacted || r.Masked != 8 || r.Blobs != 2 || r.Captures != 0 || r.Record.Probes[0].Text != "masked-1" {
		t.Errorf("%+v", *r)
	}
	for _, want := range []string{
		`redacted: values of the rule "people": 4`, "1 of 2 layers were not taken off again", "were not derived again: 7 values",
	} {
		if !says(r.Notes, want) {
			t.Errorf("%v, want %q", r.Notes, want)
		}
	}
}

// Anyone may give away a copy; the reader is told that it was somebody else.
func TestACopyByAnotherKeyHolds(t *testing.T) {
	t.Parallel()
	f, other := withoutThird(t), forgeBy(t, 2)
	f.signer, f.public = other.signer, other.public
	f.signRedaction("all of it\n")
	r := holds(t, f.dir, verify.Options{})
	if !says(r.Notes, "another key than the case's: "+other.public) || !says(r.Notes, "redacted: all of it") {
		t.Errorf("%v", r.Notes)
	}
}

func TestDamageToRedactedCopiesIsNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want string
		do   func(f *forge)
	}{
		{"redacted: missing: 8 values of the log are masked", func(f *forge) { f.remove("redacted") }},
		{"redacted: the signature does not hold", func(f *forge) { f.replaced("redacted", "people", "plants") }},
		{"redacted: the log is not the one that was signed", func(f *forge) { f.replaced("log/entries.jsonl", "masked-1", "masked-2") }},
		{"redacted: is signed by \"tester\" with another key", func(f *forge) {
			f.replaced("redacted", "\n"+strings.TrimSuffix(f.public, "\n"), "\n"+forgeBy(f.t, 2).public)
		}},
		{"redacted: its fifth line is no public key", func(f *forge) { f.replaced("redacted", "+", "-") }},
		{"redacted: is of another case", func(f *forge) {
			f.id = "fedcba9876543210"
			f.signRedaction("")
		}},
		{"redacted: is over 1 entries, the log has", func(f *forge) {
			f.write("redacted", f.signed(fmt.Sprintf("telltale/redacted/%s\n1\n%s\nx\n", f.id, f.rootAt(1))))
		}},
		{"checkpoints/00000014: the first 14 lines of the log are not those", func(f *forge) {
			hash := f.read("log/entries.jsonl")
			at := bytes.Index(hash, []byte(`"hash":"`)) + len(`"hash":"`)
			c := byte('A')
			if hash[at] == c {
				c = 'B'
			}
			hash[at] = c
			f.write("log/entries.jsonl", hash)
		}},
		{"log/entries.jsonl:5: there is a salt for \"/body/none\", which needs none", func(f *forge) {
			f.replaced("log/entries.jsonl", `"salts":{"/at"`, `"salts":{"/body/none":"AAAAAAAAAAAAAAAAAAAAAA==","/at"`)
			f.sortSalts(5)
		}},
		{"log/entries.jsonl:5: offset", func(f *forge) { f.dropSalt(5, "/body/from") }},
		{"log/entries.jsonl:5: offset", func(f *forge) {
			f.replaced("log/entries.jsonl", `{"~masked":{"as":"masked-1",`, `{"~masked":{"as": "masked-1",`)
		}},
		{"a masked value has more members", func(f *forge) {
			f.replaced("log/entries.jsonl", `"}},"to":"bob"`, `"},"more":1},"to":"bob"`)
		}},
		{"is there although its digest was taken out", func(f *forge) { f.write("capture/proxy-1.pcapng", []byte("packets")) }},
		{"goes on", func(f *forge) {
			f.add(format.TypeResume, "telltale test")
			f.redact(map[int]map[string]string{5: {"/body/text": `"masked-1"`}}, "")
		}},
	} {
		t.Run(tt.want, func(t *testing.T) {
			t.Parallel()
			f := withoutThird(t)
			tt.do(f)
			named(t, f.dir, verify.Options{}, tt.want)
		})
	}
}

// salts changes the salts of a line.
func (f *forge) salts(n int, do func(salts map[string]any)) {
	f.lines(func(lines [][]byte) [][]byte {
		var entry map[string]any
		dec := json.NewDecoder(bytes.NewReader(lines[n-1]))
		dec.UseNumber()
		if err := dec.Decode(&entry); err != nil {
			f.t.Fatal(err)
		}
		do(entry["salts"].(map[string]any))
		lines[n-1] = append(maskedJSON(f.t, entry), '\n')
		return lines
	})
}

func (f *forge) sortSalts(n int) { f.salts(n, func(map[string]any) {}) }

func (f *forge) dropSalt(n int, pointer string) {
	f.salts(n, func(s map[string]any) { delete(s, pointer) })
}

// Whatever is taken out of an entry, its commitment stays.
func TestMaskingKeepsCommitments(t *testing.T) {
	t.Parallel()
	f := ordinary(t)
	lines := bytes.Split(bytes.TrimSpace(f.read("log/entries.jsonl")), []byte("\n"))
	tried := 0
	for _, line := range lines {
		want, err := verify.LeafOf(line)
		if err != nil {
			t.Fatal(err)
		}
		for _, pointer := range pointersOf(t, line) {
			got, err := verify.LeafOf(mask(t, line, map[string]string{pointer: "null"}))
			tried++
			// What cannot be decoded with null in its place is another matter.
			if err == nil && got != want {
				t.Errorf("%s taken out of %s changes its leaf", pointer, line)
			}
			if err != nil && !strings.Contains(err.Error(), "which cannot be") && !strings.Contains(err.Error(), "does not read") {
				t.Errorf("%s taken out of %.80s: %v", pointer, line, err)
			}
		}
	}
	if tried < 200 {
		t.Errorf("only %d values were tried", tried)
	}
}

// pointersOf lists every value of an entry but the entry itself and its salt.
func pointersOf(t testing.TB, line []byte) []string {
	t.Helper()
	var entry map[string]any
	if err := json.Unmarshal(line, &entry); err != nil {
		t.Fatal(err)
	}
	delete(entry, "salt")
	var out []string
	var walk func(pointer string, v any)
	walk = func(pointer string, v any) {
		if pointer != "" {
			out = append(out, pointer)
		}
		switch v := v.(type) {
		case map[string]any:
			for k, part := range v {
				walk(pointer+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(k), part)
			}
		case []any:
			for i, part := range v {
				walk(fmt.Sprintf("%s/%d", pointer, i), part)
			}
		}
	}
	walk("", entry)
	slices.Sort(out)
	return out
}
