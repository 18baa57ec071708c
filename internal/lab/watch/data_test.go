package watch_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/lab/people"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/watch"
)

func plan(t testing.TB, name string, seed uint64) profile.Plan {
	t.Helper()
	p, err := profile.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return profile.NewPlan(p, seed)
}

func dataOf(p profile.Plan) []byte { return watch.WriteClientData(p.Build, p.Source("client.dat")) }

func TestClientDataRoundTrip(t *testing.T) {
	t.Parallel()
	for _, p := range profile.All() {
		plan := profile.NewPlan(p, 11)
		got, err := watch.ReadClientData(dataOf(plan))
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		if diff := cmp.Diff(plan.Build, got); diff != "" {
			t.Errorf("%s (-wrote +read):\n%s", p.Name, diff)
		}
	}
}

// Whoever looks through the app's files must be able to find the keys, each
// with a NUL before and after it.
func TestKeysStandInTheResourceFile(t *testing.T) {
	t.Parallel()
	cases := []struct{ profile, key string }{
		{"tom-2008", "32bnx23l"},
		{"tom-2011", "X7sRUjL"},
		{"tom-2011", "0\x00s\x00r\x00 \x00T\x00M\x00#\x00R\x00W\x00F\x00D\x00,\x00a\x004\x003\x00 \x00"},
	}
	for _, c := range cases {
		if !bytes.Contains(dataOf(plan(t, c.profile, 1)), []byte("\x00"+c.key+"\x00")) {
			t.Errorf("%s: no %q in its resource file", c.profile, c.key)
		}
	}
	for _, name := range []string{"clean", "clean-noisy", "server-side"} {
		if bytes.Contains(dataOf(plan(t, name, 1)), []byte("32bnx23l")) {
			t.Errorf("%s has a key in its resource file", name)
		}
	}
}

func TestCutOrForeignDataIsRefused(t *testing.T) {
	t.Parallel()
	whole := dataOf(plan(t, "tom-2011", 1))
	for _, b := range [][]byte{nil, []byte("LABC"), []byte("MZ and so on"), whole[:100], whole[:len(whole)-40], bytes.Repeat(whole, 600)} {
		if _, err := watch.ReadClientData(b); !errors.Is(err, watch.ErrData) {
			t.Errorf("ReadClientData of %d bytes: %v, want ErrData", len(b), err)
		}
	}
}

func FuzzReadClientData(f *testing.F) {
	for _, p := range profile.All() {
		f.Add(dataOf(profile.NewPlan(p, 1)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		build, err := watch.ReadClientData(b)
		if err != nil {
			return
		}
		again, err := watch.ReadClientData(watch.WriteClientData(build, people.Source(1, "x")))
		if err != nil {
			t.Fatalf("what was read cannot be written and read again: %v", err)
		}
		if len(again.Lists) > len(build.Lists) {
			t.Errorf("%d lists became %d", len(build.Lists), len(again.Lists))
		}
	})
}
