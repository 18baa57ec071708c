package servers_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/servers"
	"example.org/telltale/internal/lab/watch"
)

func collectorOf(t testing.TB, p profile.Plan, dir string) servers.Server {
	t.Helper()
	return serve(t, p, profile.Server{Kind: profile.KindCollector, Number: 3}, dir, servers.Oddities{})
}

// hrefs are the entries of a listing, sorting links and parent left out.
func hrefs(page string) []string {
	var names []string
	for _, m := range regexp.MustCompile(`<a href="([^"?/][^"]*)"`).FindAllStringSubmatch(page, -1) {
		names = append(names, m[1])
	}
	return names
}

func TestCollectorIsOpenAndHasTheKeyBesideTheLogs(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"tom-2008": "32bnx23l\n", "tom-2011": "X7sRUjL\n"} {
		s := collectorOf(t, plan(t, name, 1), t.TempDir())
		names := hrefs(get(t, s, servers.Base))
		for _, want := range []string{"contentfilter20081001.log", "contentfilter20080927.log", "skypecallinfo20080930.log", "skypelogininfo20080930.log", "key.txt", "warez/"} {
			if !slices.Contains(names, want) {
				t.Errorf("%s: no %s in the listing %q", name, want, names)
			}
		}
		if got := get(t, s, servers.Base+"key.txt"); got != key {
			t.Errorf("%s: key file %q, want %q", name, got, key)
		}
		if strays := hrefs(get(t, s, servers.Base+"warez/")); len(strays) < 4 || !strings.HasSuffix(strays[0], ".avi") {
			t.Errorf("%s: strangers' files %q", name, strays)
		}
	}
}

// records decodes a log.
func records(t *testing.T, p profile.Plan, log string) []string {
	t.Helper()
	var rows []string
	for line := range strings.Lines(log) {
		row, err := watch.Decode(p.Build.Upload, strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

func TestHistoryHoldsWhatWasFoundIn2008(t *testing.T) {
	t.Parallel()
	p := plan(t, "tom-2008", 1)
	s := collectorOf(t, p, t.TempDir())
	loggedIn := map[string]bool{}
	for _, row := range records(t, p, get(t, s, servers.Base+"skypelogininfo20080930.log")) {
		loggedIn[strings.Split(row, "\t")[0]] = true
	}
	var explained, unexplained, outsiders int
	for _, row := range records(t, p, get(t, s, servers.Base+"contentfilter20080930.log")) {
		r, err := watch.ParseRecord(row)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(p.Entries(), func(word string) bool { return profile.Holds(r.Text, word) }) {
			explained++
		} else {
			unexplained++
		}
		if !loggedIn[r.Sender] || !loggedIn[r.Recipient] {
			outsiders++
		}
		if r.At.Format("2006-01-02") != "2008-09-30" || slices.Contains([]string{r.Sender, r.Recipient}, profile.Alice) {
			t.Errorf("record %+v", r)
		}
	}
	if explained < 20 || unexplained == 0 || unexplained > 15 || outsiders < 5 {
		t.Errorf("%d messages with a listed word, %d without, %d with an outsider", explained, unexplained, outsiders)
	}
	number := regexp.MustCompile(`^[a-z0-9.]+\t(\+[0-9]+|[a-z0-9.]+)\t(192\.0\.2|198\.51\.100|203\.0\.113)\.[0-9]+\t9/30/2008 [0-9:]+ [AP]M$`)
	for _, row := range records(t, p, get(t, s, servers.Base+"skypecallinfo20080930.log")) {
		if !number.MatchString(row) {
			t.Errorf("call record %q", row)
		}
	}
}

func TestWatchedUsersHistoryNeedsNoWord(t *testing.T) {
	t.Parallel()
	p := plan(t, "watched-user", 1)
	senders := map[string]bool{}
	for _, row := range records(t, p, get(t, collectorOf(t, p, t.TempDir()), servers.Base+"contentfilter20080930.log")) {
		if _, err := watch.ParseRecord(row); err != nil {
			t.Fatal(err)
		}
		senders[strings.Split(row, "\t")[0]] = true
	}
	if len(senders) < 4 {
		t.Errorf("senders %v: want watched users and those who write to them", senders)
	}
}

func TestUploadsAreAppendedAndSurviveARestart(t *testing.T) {
	t.Parallel()
	p, dir := plan(t, "tom-2011", 1), t.TempDir()
	first := collectorOf(t, p, dir)
	before := get(t, first, servers.Base+"contentfilter20081001.log")
	get(t, first, servers.Base+"up?r=AbC-_9&r=second")
	second := collectorOf(t, p, dir)
	get(t, second, servers.Base+"login?r=hello")
	if got := get(t, second, servers.Base+"contentfilter20081001.log"); got != before+"AbC-_9\nsecond\n" {
		t.Errorf("after two uploads and a restart the log ends in %q", got[max(0, len(got)-40):])
	}
	if got := get(t, second, servers.Base+"skypelogininfo20081001.log"); !strings.HasSuffix(got, "\nhello\n") {
		t.Errorf("the login log ends in %q", got[max(0, len(got)-40):])
	}
}

func TestCollectorRefuses(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	s := collectorOf(t, plan(t, "tom-2008", 1), dir)
	cases := []struct {
		method, target string
		status         int
	}{
		{"GET", servers.Base + "up", 400}, {"GET", servers.Base + "up?r=", 400}, {"GET", servers.Base + "up?r=a%0ab", 400},
		{"GET", servers.Base + "up?r=" + strings.Repeat("a", 200_000), 400},
		{"GET", servers.Base + "up?" + strings.Repeat("r=a&", 100), 400},
		{"POST", servers.Base + "up?r=aa", 405},
		{"GET", "/", 403}, {"GET", "/installer/", 403}, {"GET", "/installer/agent", 301}, {"GET", servers.Base + "warez", 301},
		{"GET", "/other", 404}, {"GET", servers.Base + "nothing", 404},
		{"GET", servers.Base + "../../secret", 404}, {"GET", servers.Base + "..%2f..%2fsecret", 404},
		{"GET", servers.Base + "warez/../../../secret", 404}, {"GET", servers.Base + "..%5c..%5csecret", 404},
		{"GET", servers.Base + "//etc/passwd", 404}, {"GET", servers.Base + "%00", 404},
	}
	for _, c := range cases {
		rec := ask(s, c.method, c.target, "")
		if rec.Code != c.status || strings.Contains(rec.Body.String(), "secret\n") {
			t.Errorf("%s %.80s: status %d, want %d", c.method, c.target, rec.Code, c.status)
		}
	}
}

func TestHalfFurnishedCollectorIsFurnishedAnew(t *testing.T) {
	t.Parallel()
	p, dir := plan(t, "tom-2008", 1), t.TempDir()
	whole := get(t, collectorOf(t, p, dir), servers.Base+"contentfilter20080930.log")
	if err := os.Remove(filepath.Join(dir, servers.KeyFile)); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "contentfilter20080930.log"), 10); err != nil {
		t.Fatal(err)
	}
	if got := get(t, collectorOf(t, p, dir), servers.Base+"contentfilter20080930.log"); got != whole {
		t.Errorf("%d bytes, want the same %d as before", len(got), len(whole))
	}
}

func FuzzCollector(f *testing.F) {
	s := collectorOf(f, plan(f, "tom-2008", 1), f.TempDir())
	f.Add("GET", servers.Base+"up?r=00")
	f.Add("GET", servers.Base+"..//key.txt")
	f.Fuzz(func(t *testing.T, method, target string) {
		req, err := http.NewRequest(method, "http://a3.skype.tom.test"+target, nil)
		if err != nil {
			return
		}
		if rec := serveQuietly(s, req); rec.Code == http.StatusInternalServerError {
			t.Errorf("%s %q: status 500", method, target)
		}
	})
}
