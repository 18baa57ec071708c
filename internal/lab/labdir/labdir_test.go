package labdir_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/lab/labdir"
)

func TestStateSurvivesTheDisk(t *testing.T) {
	t.Parallel()
	dir := labdir.Dir(t.TempDir())
	if _, err := dir.Load(); !errors.Is(err, labdir.ErrEmpty) {
		t.Errorf("Load of an empty directory: %v", err)
	}
	want := labdir.State{
		Format: labdir.Format, Profile: "tom-2008", Seed: 1 << 63, Program: "telltale", Supervisor: 7,
		Roles: []labdir.Role{{Name: "login.tom.test", Kind: labdir.KindDirectory, Addr: "127.87.1.1:99", PID: 8}},
	}
	for range 2 {
		if err := dir.Save(want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := dir.Load()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if plan, err := got.Plan(); err != nil || plan.Seed != want.Seed || plan.Profile.Name != "tom-2008" {
		t.Errorf("Plan = %v %v, %v", plan.Profile.Name, plan.Seed, err)
	}
}

func FuzzParseState(f *testing.F) {
	f.Add([]byte(`{"format":1,"profile":"clean","roles":[{}]}`))
	f.Add([]byte(`{"format":2}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := labdir.ParseState("state.json", b); err == nil && s.Format != labdir.Format {
			t.Errorf("accepted %q", b)
		}
	})
}
