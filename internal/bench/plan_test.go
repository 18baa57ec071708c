package bench_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
	"example.org/telltale/internal/bench"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
)

// logOf is the types of a case's entries in order, and the body of the first
// of each type.
func logOf(t *testing.T, dir string) (types []string, bodies map[string]string) {
	t.Helper()
	bodies = map[string]string{}
	err := casefile.EachEntry(dir, func(e format.Entry, _ []byte) error {
		types = append(types, e.Type)
		if bodies[e.Type] == "" {
			bodies[e.Type] = string(e.Body)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return types, bodies
}

// TestThePlanIsSignedBeforeAnybodyListens: the question, then the plan, which
// says what docs/format.md says, then a checkpoint over both.
func TestThePlanIsSignedBeforeAnybodyListens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, filter(), question(filtered...))
		rec := b.finish()
		types, bodies := logOf(t, b.dir)
		if !slices.Equal(types[:3], []string{"begin", "scenario", "plan"}) || types[len(types)-1] != "end" {
			t.Errorf("the log goes %q … %q", types[:4], types[len(types)-3:])
		}
		if _, err := os.Stat(filepath.Join(b.dir, "checkpoints", "00000003")); err != nil {
			t.Errorf("the plan is not signed: %v", err)
		}
		r, err := casefile.Read(b.dir)
		if err != nil {
			t.Fatal(err)
		}
		if r.Ended == nil || r.Ended.Stopped != "" {
			t.Errorf("ended: %+v", r.Ended)
		}
		p := r.Plan
		if want := telltale.DigestOf([]byte(bodies["scenario"])); p.Scenario != want || p.Seed != 7 || p.Alpha != 0.05 || p.Program != r.Begin.Program {
			t.Errorf("plan %+v; the scenario's digest is %s", p, want)
		}
		if !slices.Equal(p.Analysis, attribute.Methods()) || !slices.Equal(p.Stop, []string{"after 5 questions in a row that could not be put", "when the investigator stops it"}) {
			t.Errorf("plan %+v", p)
		}
		var lines string
		for _, probe := range rec.Probes[:p.Questions] {
			lines += fmt.Sprintf("%s\t%s\t%s\t%s\n", probe.Key, probe.Arm, probe.Direction, probe.Word)
		}
		if got := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(lines))); got != string(p.Schedule) {
			t.Errorf("the first %d questions that were put are not those that were planned", p.Questions)
		}
	})
}

// TestWhatIsSettledCannotBeChanged: a resumed run asks what was planned.
func TestWhatIsSettledCannotBeChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, filter(), question(filtered...))
		ctx, cancel := context.WithCancel(t.Context())
		b.world.behave = func(_ context.Context, call int, m telltale.Typing, typed typist) (telltale.Receipt, error) {
			if call == 20 {
				cancel()
			}
			return typed(m), nil
		}
		if err := b.run(ctx); err == nil {
			t.Fatal("the run was not stopped")
		}
		r, err := casefile.Read(b.dir)
		if err != nil {
			t.Fatal(err)
		}
		if r.Ended == nil || !strings.Contains(r.Ended.Stopped, bench.ErrStopped.Error()) {
			t.Errorf("a stopped run ended as %+v", r.Ended)
		}
		settled := b.scenario
		b.scenario.Words = append(slices.Clone(settled.Words), "another")
		if err := b.run(t.Context()); err == nil || !strings.Contains(err.Error(), "another scenario") {
			t.Errorf("with another word: %v", err)
		}
		b.scenario = settled
		b.finish()
	})
}

// TestAnotherProgramGoesOnAndSaysSo: the plan was made by a program that knew
// other methods.
func TestAnotherProgramGoesOnAndSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, filter(), question(filtered...))
		c, err := casefile.Create(b.dir, b.opts)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := bench.PlanOf(b.scenario)
		if err != nil {
			t.Fatal(err)
		}
		left := plan.Analysis[0]
		plan.Program, plan.Analysis = "telltale 0.0.1", plan.Analysis[1:]
		for _, err := range []error{c.PutScenario(b.scenario), c.PutPlan(plan), c.Close()} {
			if err != nil {
				t.Fatal(err)
			}
		}
		b.finish()
		_, bodies := logOf(t, b.dir)
		if said := bodies["resume"]; !strings.Contains(said, "planned with telltale 0.0.1") || !strings.Contains(said, "not in the plan: "+left) {
			t.Errorf("the run went on saying %s", said)
		}
	})
}

// TestARunThatWasCutOffBeforeItsPlan writes it when it goes on.
func TestARunThatWasCutOffBeforeItsPlan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, filter(), question(filtered...))
		c, err := casefile.Create(b.dir, b.opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{c.PutScenario(b.scenario), c.Close()} {
			if err != nil {
				t.Fatal(err)
			}
		}
		b.finish()
		types, _ := logOf(t, b.dir)
		if !slices.Equal(types[:4], []string{"begin", "scenario", "resume", "plan"}) {
			t.Errorf("the log goes %q", types[:5])
		}
	})
}
