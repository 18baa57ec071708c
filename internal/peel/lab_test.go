package peel_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"

	"example.org/telltale"
	"example.org/telltale/internal/peel"
)

// These are the coats of the historic clients, made here anew.

func seal(block cipher.Block, plain []byte, zero bool) []byte {
	size := block.BlockSize()
	n := size - len(plain)%size
	out := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(n)}, n)...)
	if zero {
		out = append(bytes.Clone(plain), make([]byte, n%size)...)
	}
	for i := 0; i < len(out); i += size {
		block.Encrypt(out[i:], out[i:])
	}
	return out
}

func desSeal(t testing.TB, key string, plain []byte, zero bool) []byte {
	t.Helper()
	block, err := des.NewCipher([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return seal(block, plain, zero)
}

func aesSeal(t *testing.T, key, plain []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	return seal(block, plain, false)
}

func chain(plain []byte, k byte) []byte {
	out := make([]byte, len(plain))
	for i, prev := 0, k; i < len(plain); i++ {
		prev = (plain[i] + prev) ^ k
		out[i] = prev
	}
	return out
}

func wide(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func gb(t *testing.T, s string) []byte {
	t.Helper()
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	key2006 = "32bnx23l"
	key2008 = "X7sRUjL\x00"
	key2011 = "0sr TM#RWFD,a43 "
)

// clientFile is a client's resource file: strings between zero bytes.
func clientFile() []byte {
	var b bytes.Buffer
	b.WriteString("MZ\x90\x01\x02http://skypetools.tom.test/agent/newkeyfile/keyfile\x00\x00")
	b.WriteString(key2006 + "\x00" + key2008 + "\x003.8.4.150\x00")
	b.Write(wide(key2011))
	b.Write([]byte{0, 0, 0xff, 0xfe})
	b.Write(wide("keyfile_u"))
	b.Write([]byte{0, 0})
	return b.Bytes()
}

func request(target string) []byte {
	return []byte("GET " + target + " HTTP/1.1\r\nHost: a3.skype.tom.test\r\nUser-Agent: Mozilla/3.0 (compatible; Indy Library)\r\n\r\n")
}

func response(body []byte) []byte {
	head := fmt.Sprintf("HTTP/1.1 200 OK\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n", len(body))
	return append([]byte(head), body...)
}

// probes are n typed messages with the needles that the case would use.
func probes(n int, word string) ([]telltale.Probe, []peel.Needle) {
	var ps []telltale.Probe
	var needles []peel.Needle
	for i := range n {
		id := fmt.Sprintf("p%06d", i)
		c := telltale.NewCanary([]byte("test"), id)
		p := telltale.Probe{ID: id, Word: word, Text: word + " " + c.Latin + " " + c.CJK, Canary: c}
		ps = append(ps, p)
		needles = append(needles, peel.Needle{Probe: id, Text: c.Latin}, peel.Needle{Probe: id, Text: c.CJK}, peel.Needle{Probe: id, Text: p.Text})
	}
	return ps, needles
}

// open runs a job, and checks of every find that it can be verified.
func open(t *testing.T, job peel.Job) peel.Result {
	t.Helper()
	got := peel.New(peel.All()).Open(context.Background(), job)
	for _, f := range got.Finds {
		checkFind(t, job, f)
	}
	return got
}

func checkFind(t *testing.T, job peel.Job, f peel.Find) {
	t.Helper()
	if len(f.Steps) != len(f.Path) || f.Offset < 0 || f.Offset > len(job.Bytes) || f.Score <= 0 || f.Score > 1 {
		t.Fatalf("%d steps for path %q, offset %d of %d, score %v", len(f.Steps), f.Path, f.Offset, len(job.Bytes), f.Score)
	}
	first := job.Bytes
	if len(f.Steps) > 0 {
		first = f.Steps[0]
	}
	if !bytes.Contains(job.Bytes, first) {
		t.Errorf("path %q begins with bytes that are not in the job", f.Path)
	}
	if len(peel.CipherOf(f.Path)) > 1 {
		return // a find names only the last key
	}
	if _, err := peel.Retrace(f.Path, f.Key, first, func(b []byte) bool { return bytes.Equal(b, f.Bytes) }); err != nil {
		t.Errorf("path %q cannot be taken again: %v", f.Path, err)
	}
}

func TestOpensTheUploadsOfTheHistoricClients(t *testing.T) {
	t.Parallel()
	ps, needles := probes(300, "麒麟塔")
	keys := peel.Harvest("app-file:client.dat", clientFile(), 500)
	record := func(p telltale.Probe) string {
		return "alice\tbob\t" + p.Text + "\t4/24/2011 2:25:53 AM\t0"
	}
	batch := []byte(record(ps[10]) + "\n" + record(ps[11]))
	cases := []struct {
		name   string
		sealed string
		path   string
		key    string
		probes []string
	}{
		{"2008 gb18030", hex.EncodeToString(desSeal(t, key2006, gb(t, record(ps[7])), false)), "http query:r hex des-ecb gb18030", key2006, []string{"p000007"}},
		{"2008 zero padding", strings.ToUpper(hex.EncodeToString(desSeal(t, key2006, gb(t, record(ps[8])), true))), "http query:r hex des-ecb gb18030", key2006, []string{"p000008"}},
		{"2011 base64url", base64.RawURLEncoding.EncodeToString(desSeal(t, key2008, []byte(record(ps[9])), false)), "http query:r base64url des-ecb", key2008, []string{"p000009"}},
		{"sampled, two in one", hex.EncodeToString(desSeal(t, key2008, batch, false)), "http query:r hex des-ecb", key2008, []string{"p000010", "p000011"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := open(t, peel.Job{Bytes: request("/installer/agent/up?v=3&r=" + c.sealed), Needles: needles, Keys: keys})
			if len(got.Finds) == 0 {
				t.Fatalf("found nothing; notes %v", got.Notes)
			}
			f := got.Finds[0]
			if p := strings.Join(f.Path, " "); p != c.path && p != strings.Replace(c.path, "base64url", "base64", 1) {
				t.Errorf("path %q, want %q", p, c.path)
			}
			if !slices.Equal(f.Probes, c.probes) {
				t.Errorf("probes %q, want %q", f.Probes, c.probes)
			}
			if f.Key == nil || string(f.Key.Bytes) != c.key || f.Key.Source != "app-file:client.dat" {
				t.Errorf("key %+v, want %q of the client's file", f.Key, c.key)
			}
			if len(f.Steps) != len(f.Path) || !bytes.HasPrefix(f.Bytes, []byte("alice\tbob\t麒麟塔 ")) {
				t.Errorf("%d steps for %d coats; opened %q", len(f.Steps), len(f.Path), f.Bytes)
			}
			replayed, err := peel.Replay(f.Path, f.Key, f.Steps[0])
			if err != nil || !bytes.Equal(replayed, f.Bytes) {
				t.Errorf("Replay: %q, %v", replayed, err)
			}
			if len(got.Finds) > 1 {
				t.Errorf("%d finds, want one for one place: %q", len(got.Finds), got.Finds[1].Path)
			}
		})
	}
}

func TestWithoutTheKeyNothingIsFound(t *testing.T) {
	t.Parallel()
	ps, needles := probes(50, "麒麟塔")
	sealed := hex.EncodeToString(desSeal(t, key2006, []byte("alice\t"+ps[3].Text), false))
	keys := peel.Harvest("app-file:other.dat", []byte("some\x00other strings\x00of a program\x00entirely\x00"), 500)
	if got := open(t, peel.Job{Bytes: request("/up?r=" + sealed), Needles: needles, Keys: keys}); len(got.Finds) > 0 {
		t.Errorf("found %+v", got.Finds)
	}
}

func TestOpensAReadableBody(t *testing.T) {
	t.Parallel()
	ps, needles := probes(20, "hello")
	body := `{"token":"8b1a9953c4611296a827abf8c47804d7","sender":"alice","receiver":"bob","text":"` + ps[4].Text + `","time":"2030-01-01T10:00:00Z"}`
	msg := []byte(fmt.Sprintf("POST /report HTTP/1.1\r\nHost: sere.hiido.test\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	got := open(t, peel.Job{Bytes: msg, Needles: needles})
	if len(got.Finds) != 1 || strings.Join(got.Finds[0].Path, " ") != "http body" || got.Finds[0].Probes[0] != "p000004" {
		t.Fatalf("finds %+v", got.Finds)
	}
	if string(got.Finds[0].Bytes) != body {
		t.Errorf("opened %q", got.Finds[0].Bytes)
	}
	if c := peel.CipherOf(got.Finds[0].Path); len(c) > 0 {
		t.Errorf("ciphers %q", c)
	}
}

// wordList is synthetic, with the shape of the historic lists.
func wordList(n int) []string {
	han := []rune("麒麟璇玑琉璃琥珀玳瑁翡翠琳琅玛瑙珊瑚瑾瑜珪璋")
	var words []string
	for i := range n {
		w := string([]rune{han[i%len(han)], han[(i*7+3)%len(han)], han[(i*11+5)%len(han)]})
		switch i % 14 {
		case 3:
			w = fmt.Sprintf("brontal%c%c", 'a'+i%26, 'a'+i/26%26)
		case 9:
			w += " " + string(han[(i*5)%len(han)])
		}
		words = append(words, w)
	}
	return words
}

func TestReadsTheListsOfTheHistoricClients(t *testing.T) {
	t.Parallel()
	keys := peel.Harvest("app-file:client.dat", clientFile(), 500)
	ciphers := []struct {
		name string
		seal func([]byte) []byte
	}{
		{"xor-chain", func(b []byte) []byte { return chain(b, 0x68) }},
		{"aes-256-ecb", func(b []byte) []byte { return aesSeal(t, wide(key2011), b) }},
	}
	for _, c := range ciphers {
		for _, n := range []int{1, 2, 5, 158, 1135} {
			for _, charset := range []string{"", "gb18030"} {
				t.Run(fmt.Sprintf("%s/%d/%s", c.name, n, charset), func(t *testing.T) {
					t.Parallel()
					words := wordList(n)
					plain := []byte(strings.Join(words, "\r\n") + "\r\n")
					path := []string{"http", "body", c.name}
					if charset != "" {
						plain = gb(t, string(plain))
						path = append(path, charset)
					}
					got := open(t, peel.Job{Bytes: response(c.seal(plain)), Keys: keys, Words: []string{words[0], "harmless"}, ExpectList: true})
					if len(got.Finds) == 0 {
						t.Fatalf("no list; notes %v", got.Notes)
					}
					f := got.Finds[0]
					if !slices.Equal(f.List, words) || !slices.Equal(f.Path, path) {
						t.Errorf("list of %d, want %d; path %q, want %q; %q", len(f.List), len(words), f.Path, path, f.List[:min(3, len(f.List))])
					}
				})
			}
		}
	}
}

func TestHarmlessAnswersAreNoLists(t *testing.T) {
	t.Parallel()
	bodies := []string{"same", "ok", "1.2.3\n", "up to date\n", `{"version":"1.2.3","url":"http://update.tom.test/x"}`,
		"<html><head><title>Hello</title></head>\n<body>\n<p>News of the day</p>\n<p>Weather</p>\n</body></html>",
		"/agent/newkeyfile/keyfile\n", strings.Repeat("\x00\x01\x02\x03", 100), "\x89PNG\r\n\x1a\n" + strings.Repeat("\x17\xf3", 50)}
	keys := peel.Harvest("app-file:client.dat", clientFile(), 500)
	for _, body := range bodies {
		got := open(t, peel.Job{Bytes: response([]byte(body)), Keys: keys, Words: []string{"麒麟塔", "brontal"}, ExpectList: true})
		if len(got.Finds) > 0 {
			t.Errorf("%.20q: %q is taken for a list (path %q)", body, got.Finds[0].List, got.Finds[0].Path)
		}
	}
}

func TestHarvestFindsTheKeysOfTheHistoricClients(t *testing.T) {
	t.Parallel()
	keys := peel.Harvest("app-file:client.dat", clientFile(), 500)
	for _, want := range []string{key2006, key2008, string(wide(key2011)), key2011} {
		if !slices.ContainsFunc(keys, func(k peel.Key) bool { return string(k.Bytes) == want }) {
			t.Errorf("%q is missing", want)
		}
	}
	if got := peel.Harvest("x", clientFile(), 3); len(got) != 3 {
		t.Errorf("%d keys, want at most 3", len(got))
	}
}

func TestWeaknessesFollowFromThePath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"http query:r hex des-ecb gb18030": "des ecb", "http body aes-256-ecb": "ecb", "http body xor-chain": "xor",
		"http body": "", "base64 3des-cbc": "", "xor:2 gzip": "xor",
	} {
		if got := strings.Join(peel.Weaknesses(strings.Fields(path)), " "); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}
