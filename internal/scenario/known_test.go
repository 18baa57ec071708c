package scenario_test

import (
	"fmt"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/scenario"
)

// TestKnownIsWhatIsAskedFirst: the harmless messages, then every block, each
// question once; with a survey the harmless messages alone.
func TestKnownIsWhatIsAskedFirst(t *testing.T) {
	t.Parallel()
	s := scenario.Defaults()
	s.Accounts = []telltale.Account{{Name: "alice", Side: telltale.SideApp}, {Name: "bob", Side: telltale.SidePeer}}
	s.Words, s.Trials = []string{"one", "two"}, 3
	known := scenario.Known(s)
	contact := scenario.Contacts * len(s.Directions)
	if want := contact + s.Trials*len(scenario.Screen(s, 0, s.Words)); len(known) != want {
		t.Errorf("%d questions, want %d", len(known), want)
	}
	seen := map[string]bool{}
	for i, item := range known {
		if seen[item.Key] {
			t.Errorf("%s comes twice", item.Key)
		}
		seen[item.Key] = true
		if (item.Arm == telltale.ArmContact) != (i < contact) || i >= contact && !strings.HasPrefix(item.Key, fmt.Sprintf("screen/b%d/", (i-contact)*s.Trials/(len(known)-contact))) {
			t.Errorf("question %d is %s", i, item.Key)
		}
	}
	if scenario.Digest(known) != scenario.Digest(scenario.Known(s)) {
		t.Error("the same scenario is laid out otherwise")
	}
	s.Seed++
	if scenario.Digest(known) == scenario.Digest(scenario.Known(s)) {
		t.Error("another seed has the same digest")
	}
	s.Screen = telltale.ScreenSurvey
	if n := len(scenario.Known(s)); n != contact {
		t.Errorf("%d questions of a survey, want %d", n, contact)
	}
	const empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if got := scenario.Digest(nil); got != empty {
		t.Errorf("no questions have the digest %s", got)
	}
}
