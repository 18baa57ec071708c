package bench

import (
	"cmp"
	"fmt"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/isolate/survey"
)

// Estimate is what one survey of a scenario's words would come to.
type Estimate struct {
	// Rules that were made up for it, of one word each.
	Rules int `json:"rules"`
	// Messages of the survey alone, and those of them that had an effect.
	Messages   int `json:"messages"`
	Triggering int `json:"triggering"`
}

// EstimateSurvey plays a survey of the scenario's words against a made-up
// filter that refuses some of them, and counts. Nothing is typed.
func EstimateSurvey(s telltale.Scenario, rules int) (Estimate, error) {
	e := &engine{Config: Config{Scenario: s}}
	search, err := survey.New(survey.Config{
		Terms: s.Words, MaxLen: e.room(), Combine: cmp.Or(s.Combine, surveyCombine), Repeats: surveyRepeats, Seed: s.Seed,
	})
	if err != nil {
		return Estimate{}, fmt.Errorf("planning the survey: %w", err)
	}
	rules = min(rules, len(s.Words))
	var refused []string
	for i := range rules {
		refused = append(refused, s.Words[i*len(s.Words)/rules])
	}
	for {
		q, more := search.Next()
		if !more {
			break
		}
		if err := search.Answer(q.Key, filtered(q.Body, refused)); err != nil {
			return Estimate{}, fmt.Errorf("planning the survey: %w", err)
		}
	}
	r := search.Result()
	return Estimate{Rules: rules, Messages: r.Messages, Triggering: r.Triggering}, nil
}

func filtered(body string, refused []string) survey.Answer {
	for _, word := range refused {
		if strings.Contains(body, word) {
			return survey.Answer{Effects: []string{string(telltale.Refused)}}
		}
	}
	return survey.Answer{}
}
