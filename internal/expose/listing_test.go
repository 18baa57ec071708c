package expose_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/expose"
)

func TestListingsOfSeveralServers(t *testing.T) {
	t.Parallel()
	want := []expose.Entry{
		{Path: "/log/old/", Size: -1, Kind: expose.KindDirectory},
		{Path: "/log/key.txt", Size: 9, Kind: expose.KindKey},
		{Path: "/log/msg 20110424.log", Size: 1229, Kind: expose.KindLog},
	}
	pages := map[string]string{
		"apache": `<html><head><title>Index of /log</title></head><body><h1>Index of /log</h1><pre><a href="?C=N;O=D">Name</a><hr><a href="/">Parent Directory</a>   -
<a href="old/">old/</a>   24-Apr-2011 18:00    -
<a href="key.txt">key.txt</a>  24-Apr-2011 18:00    9
<a href="msg%2020110424.log">msg 201104..&gt;</a> 24-Apr-2011 18:00  1.2K
<hr></pre></body></html>`,
		"apache, table": `<title>Index of /log</title><h1>Index of /log</h1><table><tr><th><a href="?C=N;O=D">Name</a></th></tr>
<tr><td><img src="/icons/back.gif"></td><td><a href="/">Parent Directory</a></td><td>&nbsp;</td></tr>
<tr><td><a href="old/">old/</a></td><td align="right">2011-04-24 18:00  </td><td align="right">  - </td></tr>
<tr><td><a href="key.txt">key.txt</a></td><td align="right">2011-04-24 18:00  </td><td align="right">  9 </td></tr>
<tr><td><a href="msg%2020110424.log">msg</a></td><td align="right">2011-04-24 18:00  </td><td align="right">1.2K</td></tr></table>`,
		"nginx": `<html><head><title>Index of /log/</title></head><body><h1>Index of /log/</h1><hr><pre><a href="../">../</a>
<a href="old/">old/</a>                        24-Apr-2011 18:00                   -
<a href="key.txt">key.txt</a>                     24-Apr-2011 18:00                   9
<a href="msg%2020110424.log">msg 20110424.log</a>            24-Apr-2011 18:00                1229
</pre><hr></body></html>`,
	}
	for name, page := range pages {
		got, ok := expose.ParseListing("/log/", "a.test", []byte(page))
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s: ok %v\n%s", name, ok, diff)
		}
	}
	simple := `<pre>
<a href="old/">old/</a>
<a href="key.txt">key.txt</a>
</pre>`
	if got, ok := expose.ParseListing("/log/", "a.test", []byte(simple)); !ok || len(got) != 2 || got[1].Size != -1 {
		t.Errorf("a simple server's list: %v, %+v", ok, got)
	}
}

func TestPagesAreNoListings(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]string{
		"empty":       "",
		"text":        "ok\n",
		"shop":        `<ul><li><a href="a.html">a</a><li><a href="http://ads.test/">ads</a></ul>`,
		"prose":       `<p>See <a href="a.html">here</a>.`,
		"application": `<script>x()</script><ul><li><a href="a.html">a</a></ul>`,
		"binary":      "\x00\x01<a href=x>",
	} {
		if got, ok := expose.ParseListing("/log/", "a.test", []byte(page)); ok {
			t.Errorf("%s is taken for a listing of %+v", name, got)
		}
	}
}

func TestHugeListingsAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("<title>Index of /</title><pre>")
	for i := range 200_000 {
		fmt.Fprintf(&b, "<a href=f%d.log>x</a> 1\n", i)
	}
	if got, ok := expose.ParseListing("/", "a.test", []byte(b.String())); !ok || len(got) > 2001 || len(got) < 1000 {
		t.Errorf("ok %v, %d entries", ok, len(got))
	}
	deep := "<title>Index of /</title>" + strings.Repeat("<pre><a href=", 100_000)
	if got, _ := expose.ParseListing("/", "a.test", []byte(deep)); len(got) > 1 {
		t.Errorf("%d entries of a page without any", len(got))
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"key.txt": "key", "KEY": "key", "server.pem": "key", "my_key.dat": "key", "secret": "key", "monkey.txt": "other",
		"contentfilter20080930.log": "log", "call-2008-09-30.txt": "log", "x.log": "log", "log200809": "log",
		"film.avi": "stray", "a.20080930.torrent": "stray", "key.rar": "stray", "dir/": "directory", "index.html": "other", "v20.exe": "other",
	} {
		if got := expose.Classify(expose.Entry{Path: "/a/" + name, Size: 100}); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if got := expose.Classify(expose.Entry{Path: "/a/keyfile.key", Size: 1 << 20}); got == expose.KindKey {
		t.Error("a megabyte is taken for a key")
	}
}

func FuzzListing(f *testing.F) {
	f.Add([]byte(index("/log", "key.txt", "a/", "../x", "//h/x", "msg20110424.log")))
	f.Fuzz(func(t *testing.T, page []byte) {
		entries, _ := expose.ParseListing("/log/", "a.test", page)
		for _, e := range entries {
			rest, ok := strings.CutPrefix(e.Path, "/log/")
			if rest = strings.TrimSuffix(rest, "/"); !ok || rest == "" || strings.ContainsAny(rest, "/\\\x00\n") || rest == ".." || e.Size < -1 {
				t.Fatalf("entry %+v", e)
			}
		}
	})
}
