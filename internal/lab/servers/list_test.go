package servers_test

import (
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/servers"
	"example.org/telltale/internal/lab/watch"
)

// listSpec is the list server.
func listSpec() profile.Server {
	return profile.Server{Host: profile.HostList, Kind: profile.KindList}
}

func TestListServerServesEncryptedLists(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"tom-2006", "tom-2008", "tom-2011", "watched-user", "sampled"} {
		p := plan(t, name, 9)
		s := serve(t, p, listSpec(), t.TempDir(), servers.Oddities{})
		for _, list := range p.Lists {
			sealed := get(t, s, list.URL)
			if strings.Contains(sealed, list.Lines[0]) {
				t.Errorf("%s %s is served in clear", name, list.Path)
			}
			lines, err := watch.ParseList(list.Box, []byte(sealed))
			if err != nil || !slices.Equal(lines, list.Lines) {
				t.Errorf("%s %s: %d lines, %v, want the plan's %d", name, list.Path, len(lines), err, len(list.Lines))
			}
			sum := md5.Sum([]byte(sealed))
			for hash, want := range map[string]string{"nofile": list.URL, hex.EncodeToString(sum[:]): "same"} {
				if got := get(t, s, list.Check+hash); got != want {
					t.Errorf("%s: check with %s says %q, want %q", list.Check, hash, got, want)
				}
			}
		}
	}
}

func TestCheckIsAnsweredAsIn2006(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(serve(t, plan(t, "tom-2006", 1), listSpec(), t.TempDir(), servers.Oddities{}))
	defer web.Close()
	resp, err := http.Get(web.URL + "/agent/skypever.php?md5=nofile")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("Server") != "Apache" || !resp.Close || !slices.Equal(resp.TransferEncoding, []string{"chunked"}) {
		t.Errorf("server %q, close %v, coding %v: want Apache, chunked, Connection: close", resp.Header.Get("Server"), resp.Close, resp.TransferEncoding)
	}
}

func TestListServerShowsNothingElse(t *testing.T) {
	t.Parallel()
	s := serve(t, plan(t, "tom-2011", 1), listSpec(), t.TempDir(), servers.Oddities{})
	for _, target := range []string{"/", "/agent/", "/agent/newkeyfile/", "/agent/watchfile", "/agent/skypever.php?f=watchfile&md5=nofile"} {
		if rec := ask(s, http.MethodGet, target, ""); rec.Code != http.StatusNotFound {
			t.Errorf("GET %s: status %d, want 404", target, rec.Code)
		}
	}
}

func TestOddities(t *testing.T) {
	t.Parallel()
	p := plan(t, "tom-2008", 9)
	list := p.Lists[0]
	cases := []struct {
		name string
		odd  servers.Oddities
		// want are the lists that four checks, each followed by a fetch, give.
		want [4][]string
	}{
		{"none", servers.Oddities{}, [4][]string{list.Lines, list.Lines, list.Lines, list.Lines}},
		{"stale mirror", servers.Oddities{StaleMirror: true}, [4][]string{list.Lines, list.Older, list.Lines, list.Older}},
		{"test push", servers.Oddities{TestPush: true}, [4][]string{list.Lines, list.Lines, {list.Test}, list.Lines}},
	}
	for _, c := range cases {
		s := serve(t, p, listSpec(), t.TempDir(), c.odd)
		for i, want := range c.want {
			get(t, s, list.Check+"nofile")
			lines, err := watch.ParseList(list.Box, []byte(get(t, s, list.URL)))
			if err != nil || !slices.Equal(lines, want) {
				t.Errorf("%s, fetch %d: %d lines, %v, want %d", c.name, i+1, len(lines), err, len(want))
			}
		}
	}
	twice, err := watch.ParseList(list.Box, []byte(get(t, serve(t, p, listSpec(), t.TempDir(), servers.Oddities{Duplicates: true}), list.URL)))
	if err != nil || len(twice) != 2*len(list.Lines) {
		t.Errorf("duplicates: %d lines, %v, want %d", len(twice), err, 2*len(list.Lines))
	}
}
