package watch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/telltale/internal/lab/chat"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/servers"
	"example.org/telltale/internal/lab/watch"
)

func readerOf(r *http.Request) io.Reader {
	if r.Body == nil {
		return http.NoBody
	}
	return r.Body
}

func stringReader(b []byte) io.Reader { return bytes.NewReader(b) }

func decodeAll(t *testing.T, u profile.Upload, coded string) []watch.Record {
	t.Helper()
	text, err := watch.Decode(u, coded)
	if err != nil {
		t.Fatalf("upload %q: %v", coded, err)
	}
	var records []watch.Record
	for line := range strings.SplitSeq(text, "\n") {
		r, err := watch.ParseRecord(line)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records
}

func closeIt(t *testing.T, m chat.Monitor) {
	t.Helper()
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// use finds what the lists want done with a text.
func use(p profile.Plan, text string) profile.Use {
	for _, list := range p.Lists {
		if slices.ContainsFunc(list.Lines, func(word string) bool { return profile.Holds(text, word) }) {
			return list.Use
		}
	}
	return ""
}

func TestMonitorsDoWhatTheirListsSay(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"tom-2008", "tom-2011"} {
		w := newWorld(t, plan(t, name, 21), servers.Oddities{})
		m := w.start(t, "alice")
		want := map[string]bool{}
		for _, text := range append(slices.Clone(w.plan.Words), "今天去超市买菜", "nothing at all") {
			text += " abcdefgh 山水火木石田"
			use := use(w.plan, text)
			out := m.Outgoing(t.Context(), chat.Message{From: "alice", To: "bob", Text: text})
			in := m.Incoming(t.Context(), chat.Message{From: "bob", To: "alice", Text: text})
			if out.Drop != use.Drops() || in.Drop != use.Drops() {
				t.Errorf("%s: %q: drop sent %v, received %v, want %v", name, text, out.Drop, in.Drop, use.Drops())
			}
			want["alice|bob|0|"+text], want["bob|alice|1|"+text] = use.Copies(), use.Copies()
		}
		closeIt(t, m)
		checkCopies(t, w, want)
	}
}

// checkCopies compares what was uploaded with what should have been.
func checkCopies(t *testing.T, w *world, want map[string]bool) {
	t.Helper()
	for _, records := range w.copies(t) {
		for _, r := range records {
			key := r.Sender + "|" + r.Recipient + "|0|" + r.Text
			if r.Received {
				key = r.Sender + "|" + r.Recipient + "|1|" + r.Text
			}
			if !want[key] {
				t.Errorf("%s: uploaded %q, or twice", w.plan.Profile.Name, key)
			}
			want[key] = false
		}
	}
	for key, missing := range want {
		if missing {
			t.Errorf("%s: not uploaded: %q", w.plan.Profile.Name, key)
		}
	}
}

func TestCaseOfLatinLettersDoesNotMatter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plan(t, "tom-2008", 3), servers.Oddities{})
	m := w.start(t, "alice")
	defer closeIt(t, m)
	for _, word := range w.plan.Entries() {
		if action := m.Outgoing(t.Context(), chat.Message{From: "alice", To: "bob", Text: "x" + strings.ToUpper(word) + "y"}); !action.Drop {
			t.Errorf("%q in upper case is let pass", word)
		}
	}
}

func TestUploadsGoToTheAccountsCollector(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plan(t, "tom-2008", 2), servers.Oddities{})
	m := w.start(t, "carol")
	m.Outgoing(t.Context(), chat.Message{From: "carol", To: "bob", Text: w.plan.Entries()[0]})
	closeIt(t, m)
	n := 0
	for _, r := range w.requests {
		if strings.HasPrefix(r.URL.Path, servers.Base) {
			n++
			if r.URL.Host != w.plan.CollectorHost("carol") {
				t.Errorf("%s went to %s, want %s", r.URL.Path, r.URL.Host, w.plan.CollectorHost("carol"))
			}
		}
	}
	if n != 2 {
		t.Errorf("%d requests to collectors, want a login and a copy", n)
	}
}

func TestWatchedAccountsAreCopiedWithoutAnyWord(t *testing.T) {
	t.Parallel()
	for account, copied := range map[string]int{"alice": 2, "carol": 0} {
		w := newWorld(t, plan(t, "watched-user", 2), servers.Oddities{})
		m := w.start(t, account)
		out := m.Outgoing(t.Context(), chat.Message{From: account, To: "bob", Text: "harmless"})
		in := m.Incoming(t.Context(), chat.Message{From: "bob", To: account, Text: "harmless"})
		closeIt(t, m)
		if out.Drop || in.Drop || len(w.copies(t)) != copied {
			t.Errorf("%s: dropped %v, %v; %d copies, want %d", account, out.Drop, in.Drop, len(w.copies(t)), copied)
		}
	}
}

func TestEverythingIsReported(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plan(t, "always", 2), servers.Oddities{})
	m := w.start(t, "carol")
	m.Outgoing(t.Context(), chat.Message{From: "carol", To: "bob", Text: "hello 山"})
	m.Incoming(t.Context(), chat.Message{From: "bob", To: "carol", Text: "hi"})
	closeIt(t, m)
	got := map[string]bool{}
	for i, r := range w.requests {
		var report watch.Report
		if err := json.Unmarshal([]byte(w.bodies[i]), &report); err != nil || r.URL.String() != "https://sere.hiido.test/report" {
			t.Fatalf("%s %s: %v", r.Method, r.URL, err)
		}
		got[report.Sender+">"+report.Receiver+": "+report.Text] = report.Token == watch.Token(report.Time)
	}
	if len(got) != 2 || !got["carol>bob: hello 山"] || !got["bob>carol: hi"] {
		t.Errorf("reports %v", got)
	}
}

func TestOneHitInThreeIsCopiedLateAndInBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, plan(t, "sampled", 5), servers.Oddities{})
		m := w.start(t, "alice")
		const messages = 900
		word := w.plan.Entries()[0]
		for range messages {
			if m.Outgoing(t.Context(), chat.Message{From: "alice", To: "bob", Text: word}).Drop {
				t.Fatal("a sampled message was dropped")
			}
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		requests, records := w.copies(t), 0
		for _, batch := range requests {
			records += len(batch)
		}
		if records < 250 || records > 350 {
			t.Errorf("%d of %d hits copied, want about a third", records, messages)
		}
		if len(requests) >= records {
			t.Errorf("%d copies in %d requests: want several in one", records, len(requests))
		}
		closeIt(t, m)
		if after := len(w.copies(t)); after != len(requests) {
			t.Errorf("%d requests came later than 5 s after the last hit", after-len(requests))
		}
	})
}

func TestCloseSendsWhatIsWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plan(t, "sampled", 5), servers.Oddities{})
	m := w.start(t, "alice")
	for range 12 {
		m.Outgoing(t.Context(), chat.Message{From: "alice", To: "bob", Text: w.plan.Entries()[0]})
	}
	closeIt(t, m)
	closeIt(t, m)
	if len(w.copies(t)) == 0 {
		t.Error("nothing was sent: 12 hits with a chance of a third each")
	}
}

func TestMonitorWaitsForItsList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, plan(t, "tom-2008", 5), servers.Oddities{})
		w.setDown(true)
		m := watch.New(w.config())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		m.Started(ctx, "alice")
		msg := chat.Message{From: "alice", To: "bob", Text: w.plan.Entries()[0]}
		if m.Outgoing(t.Context(), msg).Drop {
			t.Error("dropped a message without a list")
		}
		w.setDown(false)
		if !m.Outgoing(t.Context(), msg).Drop {
			t.Error("the list server came back, but the message did not wait for its list")
		}
		closeIt(t, m)
	})
}

func TestCollectorThatIsAwayGetsItsCopyLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, plan(t, "tom-2008", 5), servers.Oddities{})
		m := w.start(t, "alice")
		synctest.Wait()
		w.setDown(true)
		m.Outgoing(t.Context(), chat.Message{From: "alice", To: "bob", Text: w.plan.Entries()[0]})
		synctest.Wait()
		w.setDown(false)
		before := len(w.copies(t))
		time.Sleep(time.Second)
		if after := len(w.copies(t)); before != 1 || after != 2 {
			t.Errorf("%d attempts while it was away, %d in all, want 1 and 2", before, after)
		}
		closeIt(t, m)
	})
}

func TestListIsFetchedAgainOnlyWhenItChanges(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		odd     servers.Oddities
		fetches int
	}{
		{"as it is", servers.Oddities{}, 1},
		{"duplicates", servers.Oddities{Duplicates: true}, 1},
		{"test push", servers.Oddities{TestPush: true}, 3},
		{"stale mirror", servers.Oddities{StaleMirror: true}, 11},
	}
	for _, c := range cases {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, plan(t, "tom-2008", 5), c.odd)
			m := w.start(t, "alice")
			time.Sleep(10*watch.CheckEvery + time.Second)
			fetches := 0
			for _, path := range w.paths() {
				if path == w.plan.Lists[0].Path {
					fetches++
				}
			}
			if fetches != c.fetches {
				t.Errorf("%s: the list was fetched %d times, want %d", c.name, fetches, c.fetches)
			}
			closeIt(t, m)
		})
	}
}

func TestOpenFollowsTheBuild(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"clean", "server-side"} {
		if m := watch.Open(newWorld(t, plan(t, name, 1), servers.Oddities{}).config(), nil); m != nil {
			t.Errorf("%s: a %T in a clean client", name, m)
		}
	}
	m := watch.Open(newWorld(t, plan(t, "tom-2006", 1), servers.Oddities{}).config(), nil)
	if _, ok := m.(*watch.Asker); !ok {
		t.Errorf("tom-2006: %T, want an Asker", m)
	}
}
