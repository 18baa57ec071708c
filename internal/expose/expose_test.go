package expose_test

import (
	"context"
	"crypto/des"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"example.org/telltale"
	"example.org/telltale/internal/expose"
	"example.org/telltale/internal/peel"
)

// site is a server in memory: path to body. It counts what it is asked.
type site struct {
	t     *testing.T
	host  string
	files map[string]string
	asked []string
}

func (s *site) Get(_ context.Context, address string) (expose.Reply, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host != s.host || u.RawQuery != "" {
		s.t.Errorf("asked for %q, which is not on %s", address, s.host)
		return expose.Reply{}, errors.New("out of scope")
	}
	s.asked = append(s.asked, u.Path)
	reply := expose.Reply{Status: http.StatusOK, Flow: fmt.Sprintf("f%06d", len(s.asked))}
	body, ok := s.files[u.Path]
	switch {
	case !ok:
		reply.Status = http.StatusNotFound
	case strings.HasPrefix(body, "status "):
		_, _ = fmt.Sscanf(body, "status %d", &reply.Status)
	}
	reply.Body = []byte(body)
	return reply, nil
}

func (s *site) visit(t *testing.T, target expose.Target) expose.Result {
	t.Helper()
	s.t = t
	target.Host = s.host
	clock := func() time.Time { return time.Date(2011, 4, 24, 18, 0, 0, 0, time.UTC) }
	result, err := expose.New(s, peel.New(peel.All()), clock).Visit(t.Context(), target)
	if err != nil {
		t.Error(err)
	}
	return result
}

// index is a listing as Apache writes it.
func index(dir string, names ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<html><head><title>Index of %s</title></head><body><h1>Index of %[1]s</h1><pre>", dir)
	b.WriteString(`<a href="?C=N;O=D">Name</a> <a href="?C=M;O=A">Last modified</a> <a href="?C=S;O=A">Size</a><hr>`)
	fmt.Fprintf(&b, `<a href="/">Parent Directory</a>  -`+"\n")
	for _, name := range names {
		fmt.Fprintf(&b, "<a href=\"%s\">%.12s..&gt;</a>   24-Apr-2011 18:00  1.5K\n", name, name)
	}
	return b.String() + "</pre></body></html>"
}

// seal is a record as collectors keep it: GB18030, DES-ECB, hex.
func seal(t testing.TB, key, record string) string {
	t.Helper()
	plain, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(record))
	if err != nil {
		t.Fatal(err)
	}
	block, err := des.NewCipher([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	pad := 8 - len(plain)%8
	plain = append(plain, strings.Repeat(string(rune(pad)), pad)...)
	for i := 0; i < len(plain); i += 8 {
		block.Encrypt(plain[i:i+8], plain[i:i+8])
	}
	return hex.EncodeToString(plain)
}

const key = "k3yOf8ch"

// people is a site with captured messages, logins and calls of others, and
// all values of theirs that must not get out.
func people(t testing.TB) (files map[string]string, secrets []string) {
	rnd := rand.New(rand.NewPCG(4, 2))
	texts := []string{"明天晚上一起吃饭吗", "see you at the station", "火锅 zorbeline 很好吃", "下雨了记得带伞"}
	var messages, logins, calls strings.Builder
	for i := range 40 {
		user, other := fmt.Sprintf("user%02d.north", i%8), fmt.Sprintf("clean%02d", i%5)
		address, number := fmt.Sprintf("192.0.2.%d", 100+i%8), fmt.Sprintf("+1-555-01%02d", i%9)
		text := texts[rnd.IntN(len(texts))] + fmt.Sprint(" ", 1000+i)
		at := time.Date(2011, 4, 23, 1, i, 30, 0, time.UTC).Format("1/2/2006 3:04:05 PM")
		messages.WriteString(seal(t, key, strings.Join([]string{user, other, text, at, fmt.Sprint(i % 2)}, "\t")) + "\n")
		logins.WriteString(seal(t, key, strings.Join([]string{user, address, "3.8.4.188", at}, "\t")) + "\n")
		calls.WriteString(seal(t, key, strings.Join([]string{user, number, address, at}, "\t")) + "\n")
		secrets = append(secrets, user, other, address, number, text, at)
	}
	own := seal(t, key, "alice\tbob\tzorbeline qwertyui 山水火木石田\t4/24/2011 5:59:00 PM\t0") + "\n"
	names := []string{"msg20110423.log", "msg20110424.log", "msg20110301.log", "login20110423.log", "call-2011-04-23.log", "key.txt", "film/", "Some.Film.avi"}
	return map[string]string{
		"/log/":                index("/log", names...),
		"/log/key.txt":         key + "\n",
		"/log/msg20110423.log": messages.String() + "broken line\n", "/log/msg20110424.log": own,
		"/log/msg20110301.log": messages.String(), "/log/login20110423.log": logins.String(), "/log/call-2011-04-23.log": calls.String(),
		"/log/film/": index("/log/film", "Other.Film.torrent"), "/log/Some.Film.avi": "RIFF",
	}, secrets
}

func TestVisitFindsWhatIsOpen(t *testing.T) {
	t.Parallel()
	files, secrets := people(t)
	s := &site{host: "a1.tom.test", files: files}
	result := s.visit(t, expose.Target{
		Paths: []string{"/log/up", "/log/up"}, Known: []string{"Zorbeline", "unused"},
		Own: []peel.Needle{{Probe: "p1", Text: "qwertyui"}},
	})
	if len(result.Visits) != 1 {
		t.Fatalf("%d visits", len(result.Visits))
	}
	v := result.Visits[0]
	if !v.Listing || v.Base != "/log/" || v.Requests != len(s.asked) || len(v.Flows) != v.Requests || v.Requests > 10 {
		t.Errorf("visit %+v", v)
	}
	kinds := map[string]int{}
	for _, e := range v.Entries {
		kinds[e.Kind]++
	}
	if kinds["key"] != 1 || kinds["log"] != 5 || kinds["stray"] != 2 || kinds["directory"] != 1 || kinds["other"] != 0 {
		t.Errorf("kinds %v", kinds)
	}
	if slices.Contains(s.asked, "/log/Some.Film.avi") {
		t.Error("a stranger's file was fetched")
	}
	got := map[string]telltale.Recovered{}
	for _, r := range v.Recovered {
		got[r.Family] = r
		if strings.Join(r.Path, " ") != "hex des-ecb gb18030" && strings.Join(r.Path, " ") != "hex des-ecb" ||
			r.KeySource != "http:a1.tom.test/log/key.txt" || r.Key != hex.EncodeToString([]byte(key)) {
			t.Errorf("%s opened by %v with %s from %s", r.Family, r.Path, r.Key, r.KeySource)
		}
	}
	m := got["messages"]
	if m.Files != 2 || m.Listed != 3 || m.Records != 41 || m.Unread != 1 || m.Own != 1 || m.Users != 15 || m.Outsiders != 7 {
		t.Errorf("messages %+v", m)
	}
	if m.FirstDay != "2011-04-23" || m.LastDay != "2011-04-24" || m.Explained+m.Unexplained != 41 || m.Explained < 2 ||
		len(m.TopWords) != 1 || m.TopWords[0].Word != "zorbeline" || m.TopWords[0].Count != m.Explained {
		t.Errorf("messages %+v", m)
	}
	if l := got["logins"]; l.Records != 40 || l.Users != 8 || l.Addresses != 8 {
		t.Errorf("logins %+v", l)
	}
	if c := got["calls"]; c.Records != 40 || c.Users != 8 || c.Numbers != 9 || c.Addresses != 8 {
		t.Errorf("calls %+v", c)
	}
	if !slices.ContainsFunc(result.Keys, func(k peel.Key) bool { return string(k.Bytes) == key }) {
		t.Error("the key is not handed on")
	}
	checkSilent(t, v, secrets)
}

// checkSilent fails if something of third parties is in a visit.
func checkSilent(t *testing.T, v telltale.Visit, secrets []string) {
	t.Helper()
	for _, r := range v.Recovered {
		if len(r.Sample) == 0 {
			t.Errorf("%s has no sample", r.Family)
		}
		for _, secret := range secrets {
			for _, line := range append(slices.Clone(r.Sample), v.Notes...) {
				if strings.Contains(line, secret) {
					t.Errorf("%q lets out %q", line, secret)
				}
			}
			for _, word := range strings.Fields(secret) {
				if sample := strings.Join(r.Sample, "\n"); len([]rune(word)) >= 3 && strings.Contains(sample, word) {
					t.Errorf("%q lets out %q of %q", sample, word, secret)
				}
			}
		}
	}
}

func TestKeyFromTheAppAndSchemeFromCopies(t *testing.T) {
	t.Parallel()
	files, _ := people(t)
	delete(files, "/log/key.txt")
	appKey := peel.Key{Bytes: []byte(key), Source: "app-file:client.dat"}
	for name, target := range map[string]expose.Target{
		"app's key":    {Keys: []peel.Key{{Bytes: []byte("wrongkey"), Source: "x"}, appKey}},
		"known scheme": {Schemes: []expose.Scheme{{Path: []string{"http", "query:r", "hex", "des-ecb", "gb18030"}, Key: &appKey}}},
		"search":       {Keys: []peel.Key{appKey}, Own: []peel.Needle{{Probe: "p1", Text: "qwertyui"}}},
	} {
		target.Paths = []string{"/log/up"}
		v := (&site{host: "a1.tom.test", files: files}).visit(t, target).Visits[0]
		if len(v.Recovered) != 3 || v.Recovered[0].KeySource != "app-file:client.dat" {
			t.Errorf("%s: recovered %+v", name, v.Recovered)
		}
	}
	v := (&site{host: "a1.tom.test", files: files}).visit(t, expose.Target{Paths: []string{"/log/up"}}).Visits[0]
	if len(v.Recovered) != 0 || len(v.Notes) < 3 {
		t.Errorf("without a key: %+v, notes %q", v.Recovered, v.Notes)
	}
}

func TestClosedDirectories(t *testing.T) {
	t.Parallel()
	page := `<html><body><h1>Welcome</h1><a href="key.txt">our keys</a><a href="/shop">shop</a><p>text</body></html>`
	for name, files := range map[string]map[string]string{
		"forbidden": {"/log/": "status 403"}, "redirect": {"/log/": "status 301"}, "page": {"/log/": page}, "nothing": {},
	} {
		s := &site{host: "a1.tom.test", files: files}
		v := s.visit(t, expose.Target{Paths: []string{"/log/up?r=ab"}}).Visits[0]
		if v.Listing || len(v.Entries) != 0 || len(s.asked) != 1 || len(v.Notes) != 1 {
			t.Errorf("%s: %+v, asked %q", name, v, s.asked)
		}
	}
}

func TestBudgetIsKept(t *testing.T) {
	t.Parallel()
	var names []string
	files := map[string]string{}
	for i := range 300 {
		name := fmt.Sprintf("family%d-20110424.log", i)
		names = append(names, name)
		files["/log/"+name] = "a\tb\n"
	}
	for i := range 5 {
		files[fmt.Sprintf("/log%d/", i)] = index("/log", names...)
	}
	files["/log/"] = index("/log", names...)
	for _, c := range []struct{ limit, want int }{{0, 20}, {500, 20}, {7, 7}} {
		s := &site{host: "a1.tom.test", files: files}
		s.visit(t, expose.Target{Requests: c.limit, Paths: []string{"/log/up", "/log0/up", "/log1/x", "/log2/x"}})
		if len(s.asked) != c.want {
			t.Errorf("limit %d: %d requests", c.limit, len(s.asked))
		}
	}
}

func TestScopeIsKept(t *testing.T) {
	t.Parallel()
	hostile := []string{
		"../secret.log", "..%2fsecret.log", "%2e%2e/x.log", "%2e%2e", "/etc/key.txt", "//evil.test/key.txt", "http://evil.test/log/key.txt",
		"https://a1.tom.test/log/key.txt", "javascript:alert(1)", "data:text/plain,key", "mailto:key@x.test", "a/../../key.txt", "deep/er/key.txt",
		"key.txt?cmd=rm", "key.txt#x", "..\\key.txt", "key%00.txt", "key%0d%0aHost:%20evil.txt", "./", "", ".", "/log/", "http://a1.tom.test@evil.test/log/key.txt",
		"http://a1.tom.test:99999999/log/key.txt", "%zz.log", strings.Repeat("x", 5000) + ".log", "loop/", "good.log",
	}
	s := &site{host: "a1.tom.test", files: map[string]string{
		"/log/": index("/log", hostile...), "/log/loop/": index("/log/loop", "loop/", "../", "/log/loop/"), "/log/good.log": "a\tb\n",
	}}
	s.visit(t, expose.Target{Paths: []string{"/log/up"}})
	for _, path := range s.asked {
		rest, ok := strings.CutPrefix(path, "/log/")
		if !ok || strings.Contains(path, "..") || strings.Count(rest, "/") > 1 {
			t.Errorf("asked for %q", path)
		}
	}
	if want := []string{"/log/", "/log/good.log", "/log/loop/"}; !slices.Equal(s.asked, want) {
		t.Errorf("asked for %q, want %q", s.asked, want)
	}
}

func TestBasesOfHostilePathsAreLeftOut(t *testing.T) {
	t.Parallel()
	s := &site{host: "a1.tom.test", files: map[string]string{}}
	s.visit(t, expose.Target{Paths: []string{"", "x", "/../../etc/passwd", "/a//b", "/%2e%2e/x", "/a%00/b", "/ok/up"}})
	if !slices.Equal(s.asked, []string{"/ok/"}) {
		t.Errorf("asked for %q", s.asked)
	}
	root := &site{host: "a1.tom.test", files: map[string]string{}}
	root.visit(t, expose.Target{Paths: []string{"/up"}})
	if !slices.Equal(root.asked, []string{"/"}) {
		t.Errorf("asked for %q", root.asked)
	}
}

func TestCancelledVisitReturnsWhatItHas(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := &site{t: t, host: "a1.tom.test"}
	_, err := expose.New(s, nil, time.Now).Visit(ctx, expose.Target{Host: "a1.tom.test", Paths: []string{"/log/up"}})
	if !errors.Is(err, context.Canceled) || len(s.asked) != 0 {
		t.Errorf("error %v, asked %q", err, s.asked)
	}
}
