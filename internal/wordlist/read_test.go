package wordlist_test

import (
	"bytes"
	"crypto/aes"
	"crypto/des"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"example.org/telltale/internal/wordlist"
)

// invented is a list of n made-up entries, some of them with blanks.
func invented(n int) []string {
	han := []rune("麒麟璇玑琉璃琥珀玳瑁翡翠琳琅玛瑙珊瑚山水风云天地")
	out := make([]string, n)
	for i := range out {
		switch i % 7 {
		case 3:
			out[i] = fmt.Sprintf("brontal%d", i)
		case 5:
			out[i] = string(han[i%len(han)]) + " " + string(han[i/len(han)%len(han)]) + string(han[(i*5+1)%len(han)])
		default:
			out[i] = string(han[i%len(han)]) + string(han[(i*7+3)%len(han)]) + string(han[i/len(han)%len(han)])
		}
	}
	return out
}

func body(entries []string) []byte { return []byte(strings.Join(entries, "\n") + "\n") }

func read(t *testing.T, name string, b []byte, o wordlist.Options) wordlist.List {
	t.Helper()
	l, err := wordlist.Read(name, b, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// one reads a file that holds one snapshot.
func one(t *testing.T, name string, b []byte, o wordlist.Options) wordlist.Snapshot {
	t.Helper()
	l := read(t, name, b, o)
	if len(l.Snapshots) != 1 {
		t.Fatalf("%s: %d snapshots", name, len(l.Snapshots))
	}
	return l.Snapshots[0]
}

func TestNamesSayWhatASnapshotIs(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][3]string{
		"x/raw/dlist-4.0/keyfile.2011-12-22.plain": {"dlist-4.0/keyfile", "2011-12-22", ""},
		"x/dlist-5.1s/keyfile_u.2011-04-24.plain":  {"dlist-5.1s/keyfile_u", "2011-04-24", ""},
		"lists/line-v24.txt":                       {"lists/line", "", "v24"},
		"line-v2.10.txt":                           {"line", "", "v2.10"},
		"keyfile":                                  {"keyfile", "", ""},
		"keyfile.2011-13-40.plain":                 {"keyfile.2011-13-40", "", ""},
		"20110424.enc":                             {"20110424", "2011-04-24", ""},
		"words_20110424.txt":                       {"words", "2011-04-24", ""},
		"./keyfile.2011-04-24":                     {"keyfile", "2011-04-24", ""},
		`c:\lists\keyfile.2011-04-24.txt`:          {"lists/keyfile", "2011-04-24", ""},
		"2011-04-24/keyfile_u.txt":                 {"2011-04-24/keyfile_u", "", ""},
	} {
		list, date, version := wordlist.Named(file)
		if got := [3]string{list, date, version}; got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}

func TestReadsOneEntryALineInEveryCharset(t *testing.T) {
	t.Parallel()
	want := invented(60)
	plain := strings.Join(want, "\r\n")
	gb, _ := simplifiedchinese.GB18030.NewEncoder().String(plain)
	big5, err := traditionalchinese.Big5.NewEncoder().String(strings.NewReplacer("玑", "山", "风", "山", "云", "水", "玛", "麒", "瑙", "麟", "瑁", "水", "玳", "天").Replace(plain))
	if err != nil {
		t.Fatal(err)
	}
	le := []byte{}
	for _, u := range utf16.Encode([]rune(plain)) {
		le = binary.LittleEndian.AppendUint16(le, u)
	}
	for name, c := range map[string]struct {
		b     string
		coats []string
		o     wordlist.Options
	}{
		"utf-8":           {plain + "\n\n  \n", nil, wordlist.Options{}},
		"byte order mark": {"\ufeff" + plain, nil, wordlist.Options{}},
		"utf-16":          {"\xff\xfe" + string(le), []string{"utf-16le"}, wordlist.Options{}},
		"utf-16 unmarked": {string(le), []string{"utf-16le"}, wordlist.Options{}},
		"gb18030":         {gb, []string{"gb18030"}, wordlist.Options{}},
		"gb18030 said":    {gb, []string{"gb18030"}, wordlist.Options{Charset: "gb18030"}},
		"big5":            {big5, []string{"big5"}, wordlist.Options{Charset: "big5"}},
		"big5 found":      {big5, []string{"big5"}, wordlist.Options{}},
	} {
		s := one(t, "keyfile.2011-04-24.plain", []byte(c.b), c.o)
		if len(s.Entries) != len(want) || !slices.Equal(s.Source.Coats, c.coats) {
			t.Errorf("%s: %d entries, want %d; coats %q, want %q", name, len(s.Entries), len(want), s.Source.Coats, c.coats)
		}
		if !strings.HasPrefix(name, "big5") && !slices.Equal(s.Texts(), want) {
			t.Errorf("%s: %q", name, s.Texts()[:5])
		}
	}
}

// chain enciphers as the 3.x clients did; running hangs on the plain byte.
func chain(b []byte, running bool) []byte {
	out, before := make([]byte, len(b)), byte(0x68)
	for i, p := range b {
		out[i] = (p + before) ^ 0x68
		if before = out[i]; running {
			before = p
		}
	}
	return out
}

func ecb(t *testing.T, key, b []byte, zero bool) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if len(key) == 8 {
		block, err = des.NewCipher(key)
	}
	if err != nil {
		t.Fatal(err)
	}
	n := block.BlockSize() - len(b)%block.BlockSize()
	out := append(bytes.Clone(b), bytes.Repeat([]byte{byte(n)}, n)...)
	if zero {
		out = append(bytes.Clone(b), make([]byte, n%block.BlockSize())...)
	}
	for i := 0; i < len(out); i += block.BlockSize() {
		block.Encrypt(out[i:], out[i:])
	}
	return out
}

func TestOpensTheListsOfTheHistoricClients(t *testing.T) {
	t.Parallel()
	historic := wordlist.HistoricKeys()[0].Bytes
	own := wordlist.Key{Bytes: []byte("k3yOfMy0"), Source: "keys.txt"}
	for _, n := range []int{1, 2, 158, 1135} {
		entries := invented(n)
		plain := body(entries)
		gb, _ := simplifiedchinese.GB18030.NewEncoder().Bytes(plain)
		hexLines := ""
		for _, e := range entries {
			hexLines += hex.EncodeToString(ecb(t, historic, []byte(e), false)) + "\r\n"
		}
		for name, c := range map[string]struct {
			b     []byte
			coats string
			key   string
		}{
			"chain":       {chain(plain, false), "xor-chain", ""},
			"running":     {chain(plain, true), "xor-chain", ""},
			"aes":         {ecb(t, historic, plain, false), "aes-256-ecb", "known: TOM-Skype 5.x"},
			"aes, zeros":  {ecb(t, historic, plain, true), "aes-256-ecb", "known: TOM-Skype 5.x"},
			"des, given":  {ecb(t, own.Bytes, plain, false), "des-ecb", "keys.txt"},
			"chain hex":   {[]byte(hex.EncodeToString(chain(plain, false))), "hex xor-chain", ""},
			"aes base64":  {[]byte(base64.StdEncoding.EncodeToString(ecb(t, historic, plain, false))), "base64 aes-256-ecb", "known: TOM-Skype 5.x"},
			"by line":     {[]byte(hexLines), "lines hex aes-256-ecb", "known: TOM-Skype 5.x"},
			"aes gb18030": {ecb(t, historic, gb, false), "aes-256-ecb gb18030", "known: TOM-Skype 5.x"},
			"chain gb":    {chain(gb, false), "xor-chain gb18030", ""},
		} {
			if n < 100 && strings.Contains(c.coats, "gb") {
				continue // so little text is of any charset
			}
			s := one(t, "keyfile.2011-04-24.enc", c.b, wordlist.Options{Keys: []wordlist.Key{own}})
			got := strings.Join(s.Source.Coats, " ")
			if n == 1 && strings.HasPrefix(c.coats, "lines") {
				got = "lines " + got // one line is the whole
			}
			if !slices.Equal(s.Texts(), entries) || got != c.coats || s.Source.KeySource != c.key {
				t.Errorf("%s, %d entries: %q by %q with %q; want %q with %q", name, n, s.Texts()[:1], got, s.Source.KeySource, c.coats, c.key)
			}
		}
	}
}

func TestRandomBytesAreNoList(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(4, 5))
	for n := 16; n < 3000; n += 16 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		_, err := wordlist.Read("keyfile.enc", b, wordlist.Options{})
		if err == nil || !strings.Contains(err.Error(), "keyfile.enc: offset ") || !strings.Contains(err.Error(), "--keys") {
			t.Fatalf("%d random bytes: %v", n, err)
		}
	}
}

func TestOtherCoatsAreLeftToTheOpener(t *testing.T) {
	t.Parallel()
	b := bytes.Repeat([]byte{0, 1, 0xfe, 0x80}, 20)
	o := wordlist.Options{Open: func(got []byte) (wordlist.Opened, bool) {
		return wordlist.Opened{Lines: []string{"麒麟", "", "x"}, Coats: []string{"rc4"}, Key: "00ff", KeySource: "k"}, bytes.Equal(got, b)
	}}
	s := one(t, "a", b, o)
	if !slices.Equal(s.Texts(), []string{"麒麟", "x"}) || s.Source.Coats[0] != "rc4" || s.Source.Key != "00ff" {
		t.Errorf("%+v", s)
	}
}

func TestCombinationsAndPatterns(t *testing.T) {
	t.Parallel()
	s := one(t, "censored.txt", []byte("山水+风云\n天地\nbrontal+山+水\n"), wordlist.Options{})
	want := []wordlist.Entry{{Text: "山水+风云", Words: []string{"山水", "风云"}}, {Text: "天地"}, {Text: "brontal+山+水", Words: []string{"brontal", "山", "水"}}}
	if diff := cmp.Diff(want, s.Entries); diff != "" {
		t.Error(diff)
	}
	// One plus sign among many entries belongs to its text.
	rare := append(invented(60), "10+10 brontal")
	if s = one(t, "keyfile", body(rare), wordlist.Options{}); len(s.Entries[60].Words) > 0 {
		t.Errorf("%+v is taken for a combination", s.Entries[60])
	}
	if s = one(t, "keyfile", body(rare), wordlist.Options{Combine: "+"}); len(s.Entries[60].Words) != 2 {
		t.Errorf("%+v is no combination", s.Entries[60])
	}
	if s = one(t, "a", []byte("a&b\n.*山.*(水|云).*\nfoo"), wordlist.Options{Combine: "&"}); len(s.Entries[0].Words) != 2 || !s.Entries[1].Pattern || s.Entries[2].Pattern {
		t.Errorf("%+v", s.Entries)
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	table := "\ufeffword_id,word,translation,client,lists\r\n1,山水,\"hills, water\",App,App 1.0;App 2.0\r\n2,风云,,App,App 2.0\r\n3,,,,\r\n4,\"天\n地\",x,Other,\r\n"
	l := read(t, "words.csv", []byte(table), wordlist.Options{})
	got := map[string][]string{}
	for _, s := range l.Snapshots {
		got[s.List] = s.Texts()
	}
	want := map[string][]string{"App 1.0": {"山水"}, "App 2.0": {"山水", "风云"}, "words": {"天 地"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	exceptions := "Extenuating combination,# of combinations it extenuates,Combinations it extenuates\n名+单,2,\"山+水, 风云\"\n期假,1,山+水\n"
	s := one(t, "lists/extenuating.csv", []byte(exceptions), wordlist.Options{})
	wantEntries := []wordlist.Entry{
		{Text: "山+水", Words: []string{"山", "水"}, Unless: [][]string{{"名", "单"}, {"期假"}}},
		{Text: "风云", Unless: [][]string{{"名", "单"}}},
	}
	s.Entries[0].Words = []string{"山", "水"} // two entries alone do not show a sign of combinations
	if diff := cmp.Diff(wantEntries, s.Entries); diff != "" {
		t.Error(diff)
	}
}

func TestTheCanonicalFormIsReadBackUnchanged(t *testing.T) {
	t.Parallel()
	first := read(t, "a/keyfile.2011-04-24.plain", []byte("山水+风云\n 天地 <b>\nx+y\nx+y\n"), wordlist.Options{})
	second := read(t, "a/keyfile.2011-04-23.plain", body(invented(9)), wordlist.Options{})
	b, err := wordlist.Join(first, second, first).Write()
	if err != nil {
		t.Fatal(err)
	}
	again := read(t, "list.json", b, wordlist.Options{})
	if diff := cmp.Diff(wordlist.Join(second, first), again); diff != "" {
		t.Error(diff)
	}
	c, err := again.Write()
	if err != nil || !bytes.Equal(b, c) {
		t.Errorf("written anew it differs: %v", err)
	}
	if !bytes.Contains(b, []byte(`" 天地 <b>"`)) {
		t.Errorf("%s", b)
	}
}

func TestWhatIsNoListIsRefusedByName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		b, want string
		o       wordlist.Options
	}{
		"empty":    {"", "empty", wordlist.Options{}},
		"zeros":    {"\x00\x00", "empty", wordlist.Options{}},
		"blank":    {" \n\t\n\n", "empty", wordlist.Options{}},
		"long":     {"a\n" + strings.Repeat("b", wordlist.LongestEntry+1), "line 2", wordlist.Options{}},
		"control":  {"abc\x01def, and so on and on", "offset 3", wordlist.Options{}},
		"bad JSON": {`{"wordlist": 1, "snapshots": [}`, "offset ", wordlist.Options{}},
		"newer":    {`{"wordlist": 99, "snapshots": []}`, "form 99", wordlist.Options{}},
		"lines":    {`{"wordlist": 1, "snapshots": [{"list":"x","entries":["a\nb"]}]}`, "entry 1", wordlist.Options{}},
		"bad date": {"a\n", "write it as", wordlist.Options{Date: "2011-02-30"}},
		"no rows":  {"id,word\n", "without rows", wordlist.Options{}},
		"charset":  {"\xff\xfe\xfd", "--charset", wordlist.Options{Charset: "utf-8"}},
	} {
		_, err := wordlist.Read("f", []byte(c.b), c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("keyfile.2011-04-24.plain", []byte("山水\n风云\n"))
	f.Add("words.csv", []byte("word,lists\na,b;c\n"))
	f.Add("x.csv", []byte("Extenuating combination,#,combinations it extenuates\na+b,1,\"c, d\"\n"))
	f.Add("l.json", []byte(`{"wordlist":1,"snapshots":[{"list":"a","entries":["x",{"text":"y+z","words":["y","z"]}]}]}`))
	f.Add("k.enc", chain([]byte("山水\n风云\n"), false))
	f.Add("k.hex", []byte(hex.EncodeToString(chain([]byte("山水\n风云\n"), false))))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		l, err := wordlist.Read(name, b, wordlist.Options{})
		if err != nil {
			return
		}
		for _, s := range l.Snapshots {
			for _, e := range s.Entries {
				if e.Text == "" || len(e.Text) > wordlist.LongestEntry {
					t.Fatalf("an entry of %d bytes", len(e.Text))
				}
			}
		}
		text, err := l.Write()
		if err != nil {
			t.Fatal(err)
		}
		_ = wordlist.Histories(l.Snapshots, wordlist.Folded)
		_ = wordlist.Against(wordlist.Probing{Triggers: []wordlist.Trigger{{Words: []string{"a", "b"}}}, Typed: []string{"a b c"}}, l.Snapshots)
		if len(text) == 0 {
			t.Fatal("nothing was written")
		}
	})
}
