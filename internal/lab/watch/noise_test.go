package watch_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/telltale/internal/lab/chat"
	"example.org/telltale/internal/lab/servers"
	"example.org/telltale/internal/lab/watch"
)

func TestNoiseTellsNothingOfWhatIsTyped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, plan(t, "clean-noisy", 4), servers.Oddities{})
		n := w.start(t, "alice")
		texts := append([]string{"麒麟secretword", "see http://www.tom.test/news/today?who=麒麟secretword"}, w.plan.Words...)
		for _, text := range texts {
			if n.Outgoing(t.Context(), chat.Message{From: "alice", To: "bob", Text: text}).Drop ||
				n.Incoming(t.Context(), chat.Message{From: "bob", To: "alice", Text: text}).Drop {
				t.Errorf("%q was dropped", text)
			}
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		closeIt(t, n)
		seen := map[string]int{}
		var everything strings.Builder
		for i, r := range w.requests {
			seen[r.URL.Host+r.URL.Path]++
			everything.WriteString(r.URL.String() + r.UserAgent() + w.bodies[i] + "\n")
		}
		for _, text := range append(texts, "alice", "bob", "secretword") {
			if strings.Contains(everything.String(), text) {
				t.Errorf("%q left the client", text)
			}
		}
		for _, place := range []string{"update.tom.test/check", "stats.tom.test/count", "stats.tom.test/crash", "www.tom.test/news/today", "www.tom.test/welcome"} {
			if seen[place] == 0 {
				t.Errorf("no request to %s: %v", place, seen)
			}
		}
	})
}

func TestNoiseHasOneSizeForEveryMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, plan(t, "clean-noisy", 4), servers.Oddities{})
		n := watch.NewNoise(w.config())
		for _, text := range []string{"a", strings.Repeat("long ", 500), "山"} {
			n.Outgoing(t.Context(), chat.Message{From: "alice", To: "bob", Text: text})
			synctest.Wait()
		}
		closeIt(t, n)
		for _, body := range w.bodies {
			if len(body) != len(w.bodies[0]) {
				t.Errorf("bodies %q and %q differ in length", body, w.bodies[0])
			}
		}
		if len(w.bodies) != 3 {
			t.Errorf("%d requests for three messages", len(w.bodies))
		}
	})
}

func TestNoiseSaysThatItJudgesNothing(t *testing.T) {
	t.Parallel()
	var m any = &watch.Noise{}
	if h, ok := m.(chat.Harmless); !ok || !h.Harmless() {
		t.Error("an honest client would show the notice of a monitored one")
	}
}
