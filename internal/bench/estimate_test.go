package bench_test

import (
	"testing"

	"example.org/telltale/internal/bench"
	"example.org/telltale/internal/scenario"
)

// An estimate is a survey that is really played, so it knows what one costs.
func TestEstimateSurvey(t *testing.T) {
	t.Parallel()
	s := scenario.Defaults()
	for i := range 100 {
		s.Words = append(s.Words, string(rune('a'+i%26))+string(rune('a'+i/26))+"word")
	}
	if !scenario.Surveys(s) {
		t.Error("a hundred words are tried one by one")
	}
	none, err := bench.EstimateSurvey(s, 0)
	if err != nil {
		t.Fatal(err)
	}
	some, err := bench.EstimateSurvey(s, 5)
	if err != nil {
		t.Fatal(err)
	}
	if none.Triggering != 0 || none.Messages < 2 || none.Messages > 100 {
		t.Errorf("where nothing reacts: %+v", none)
	}
	if some.Rules != 5 || some.Messages <= none.Messages || some.Triggering < 5 || some.Triggering >= some.Messages {
		t.Errorf("with five rules: %+v", some)
	}
	s.Words = s.Words[:3]
	if scenario.Surveys(s) {
		t.Error("three words are surveyed")
	}
}
