package bench_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
)

// surveyOf is a scenario that tries many words at once.
func surveyOf(words []string) telltale.Scenario {
	s := question(words...)
	s.Accounts, s.Directions = platformAccounts(), []telltale.Direction{telltale.Sent}
	s.Alpha, s.Window, s.Limits.Voids = 0.01, 3*time.Second, 20
	return s
}

// platformBed puts a platform in the place of the app.
func platformBed(t *testing.T, p *platform, s telltale.Scenario) *bed {
	t.Helper()
	p.line = &world{seal: url.QueryEscape}
	b := newBed(t, p.line, s)
	b.driver = p
	return b
}

// ruleLines lists the supported triggers and exceptions.
func ruleLines(rec *telltale.Record) []string {
	var out []string
	for _, f := range rec.Findings {
		switch {
		case f.Verdict != telltale.Supported:
		case f.Claim.Kind == telltale.KindTrigger:
			out = append(out, ruleLine(f))
		case f.Claim.Kind == telltale.KindException:
			out = append(out, "exception "+strings.Join(f.Claim.Words, "+"))
		}
	}
	slices.Sort(out)
	return out
}

func chatLaws() []law {
	return []law{
		{parts: []string{"marmalade"}, exact: true, outcome: telltale.Refused, reply: "policy-violation"},
		{parts: []string{"blue", "falcon"}, exact: true, outcome: telltale.Refused, reply: "not-acceptable"},
		{parts: []string{"north", "harbour", "midnight"}, exact: true, outcome: telltale.Dropped},
		{parts: []string{"kestrel"}, whole: true, outcome: telltale.Dropped},
		{parts: []string{"heron"}, exact: true, unless: "zoo", outcome: telltale.Dropped},
		{parts: []string{"saffron"}, exact: true, outcome: telltale.Delivered, copies: "watcher"},
		{parts: []string{"tamarind"}, exact: true, outcome: telltale.Dropped, copies: "watcher"},
		{parts: []string{"rhubarb"}, exact: true, outcome: telltale.Altered, swap: "***"},
		{parts: []string{"测试词甲"}, outcome: telltale.Dropped},
		{parts: []string{"测试词乙", "测试词丙"}, outcome: telltale.Refused, reply: "内容不允许"},
		{parts: []string{"copper", "lantern"}, listed: true, outcome: telltale.Refused, reply: "404"},
		{parts: []string{"juniper"}, outcome: telltale.Diverted, into: "Junk"},
	}
}

func chatWords() []string {
	return strings.Split("marmalade,blue,falcon,north,harbour,midnight,kestrel,heron,zoo,saffron,tamarind,rhubarb,测试词甲,测试词乙,测试词丙,copper,lantern,juniper,museum tour", ",")
}

var chatRules = []string{
	"exception museum tour",
	`blue+falcon [any] sent (anywhere, as written) refused "not-acceptable"`,
	`copper+lantern [as listed] sent (anywhere, ignored) refused "404"`,
	"harbour+midnight+north [any] sent (anywhere, as written) dropped",
	"heron [] sent unless zoo (anywhere, as written) dropped",
	`juniper [] sent (anywhere, ignored) diverted "Junk"`,
	"kestrel [] sent (whole words, ignored) dropped",
	`marmalade [] sent (anywhere, as written) refused "policy-violation"`,
	`rhubarb [] sent (anywhere, as written) altered "***"`,
	"saffron [] sent (anywhere, as written) delivered → watcher@platform.test",
	"tamarind [] sent (anywhere, as written) dropped → watcher@platform.test",
	"测试词丙+测试词乙 [any] sent (anywhere, ) refused \"内容不允许\"",
	"测试词甲 [] sent (anywhere, ) dropped",
}

// TestSurveyOfPlatform wants all rules of a platform, exactly, and nothing
// else, for few messages.
func TestSurveyOfPlatform(t *testing.T) {
	t.Parallel()
	seeds := uint64(3)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &platform{laws: chatLaws(), excuse: "museum tour", seed: seed, lag: 30 * time.Millisecond}
				s := surveyOf(vocabulary(seed, 200, chatWords()...))
				s.Seed = seed
				rec := platformBed(t, p, s).finish()
				want := slices.Sorted(slices.Values(chatRules))
				if diff := cmp.Diff(want, ruleLines(rec)); diff != "" {
					t.Errorf("rules (-want +found):\n%s", diff)
				}
				onceEach(t, rec)
				counted(t, rec)
				t.Logf("%d messages, %v", len(p.sent), took(rec))
			})
		})
	}
}

func took(rec *telltale.Record) time.Duration {
	return rec.Stages[len(rec.Stages)-1].At.Sub(rec.Stages[0].At).Round(time.Second)
}
