package bench_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
	"example.org/telltale/internal/bench"
)

// TestSurveyOfSpy: a client that reports to a host what it sees in either
// direction, slowly at times, and swallows some of it.
func TestSurveyOfSpy(t *testing.T) {
	t.Parallel()
	for _, lag := range []time.Duration{20 * time.Millisecond, 1500 * time.Millisecond} {
		if testing.Short() && lag > time.Second {
			continue
		}
		t.Run(lag.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &platform{lag: lag, laws: []law{
					{parts: []string{"marmalade"}, outcome: telltale.Delivered, copies: collector},
					{parts: []string{"blue", "falcon"}, outcome: telltale.Delivered, copies: collector},
					{parts: []string{"kestrel"}, outcome: telltale.Dropped, copies: collector},
					{parts: []string{"heron"}, outcome: telltale.Dropped, copies: collector, goes: telltale.Received},
				}}
				s := surveyOf(vocabulary(4, 30, "marmalade", "blue", "falcon", "kestrel", "heron"))
				s.Directions = []telltale.Direction{telltale.Sent, telltale.Received}
				rec := platformBed(t, p, s).finish()
				want := []string{
					"blue+falcon [any] both (anywhere, ignored) delivered → " + collector,
					"heron [] received (anywhere, ignored) dropped → " + collector,
					"kestrel [] both (anywhere, ignored) dropped → " + collector,
					"marmalade [] both (anywhere, ignored) delivered → " + collector,
				}
				if diff := cmp.Diff(want, ruleLines(rec)); diff != "" {
					t.Errorf("rules (-want +found):\n%s", diff)
				}
				if !supported(rec, telltale.KindCopy) || !supported(rec, telltale.KindDestination) {
					t.Errorf("no copies among %q", claims(rec))
				}
				counted(t, rec)
				t.Logf("%d messages, %v", len(p.sent), took(rec))
			})
		})
	}
}

// TestSurveyOfPlaces: a channel without a filter, and one with words of its
// own; the usual place goes by its name.
func TestSurveyOfPlaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &platform{places: []string{"#room", "#free", "#search"}, free: "#free", limit: 400, laws: []law{
			{parts: []string{"marmalade"}, outcome: telltale.Refused, reply: "404"},
			{parts: []string{"porcupine pie"}, outcome: telltale.Refused, ended: true, reply: "killed"},
			{parts: []string{"turquoise|azure"}, outcome: telltale.Refused, reader: true, place: "#search", reply: "403"},
		}}
		s := surveyOf(vocabulary(5, 60, "marmalade", "porcupine pie", "turquoise"))
		s.Places = []string{"#room", "#search"}
		rec := platformBed(t, p, s).finish()
		want := []string{
			`marmalade [] sent (anywhere, ignored) refused "404" in #room,#search not #free`,
			`porcupine pie [] sent (anywhere, ignored) refused "killed" ended in #room,#search not #free`,
			`turquoise [] sent (anywhere, ignored) refused "403" reader in #search not #room,#free`,
		}
		if diff := cmp.Diff(want, ruleLines(rec)); diff != "" {
			t.Errorf("rules (-want +found):\n%s", diff)
		}
		for _, m := range p.sent {
			if len(m.Text) > p.limit {
				t.Errorf("%s is %d bytes long", m.Probe, len(m.Text))
			}
		}
		t.Logf("%d messages, %v", len(p.sent), took(rec))
	})
}

// TestSurveyOfHabits: what happens to every message is no finding, and hides
// none.
func TestSurveyOfHabits(t *testing.T) {
	t.Parallel()
	laws := []law{{parts: []string{"rhubarb"}, outcome: telltale.Altered, swap: "***"}, {parts: []string{"kestrel"}, outcome: telltale.Dropped}}
	for name, p := range map[string]*platform{
		"footer": {footer: "\n-- \nsent with list 1.0"},
		"cut":    {cut: 300},
		"blanks": {squeeze: true},
	} {
		for _, rules := range [][]law{nil, laws} {
			t.Run(fmt.Sprint(name, len(rules)), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					p := *p
					p.laws = rules
					rec := platformBed(t, &p, surveyOf(vocabulary(6, 80, "rhubarb", "kestrel", "two  blanks"))).finish()
					if len(rules) == 0 {
						if len(rec.Findings) > 0 {
							t.Errorf("found %q", claims(rec))
						}
						return
					}
					lines := ruleLines(rec)
					if len(lines) != 2 || !strings.HasPrefix(lines[0], "kestrel") || !strings.HasPrefix(lines[1], "rhubarb") {
						t.Errorf("found %q", lines)
					}
				})
			})
		}
	}
}

// TestSurveyOfNothing: platforms without a filter, some of which lose messages
// or cannot take them, give no finding.
func TestSurveyOfNothing(t *testing.T) {
	t.Parallel()
	seeds := uint64(6)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		for _, lose := range []float64{0, 0.02} {
			t.Run(fmt.Sprint(seed, lose), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					p := &platform{seed: seed, lose: lose, void: lose}
					s := surveyOf(vocabulary(seed, 200))
					s.Seed, s.Directions = seed, []telltale.Direction{telltale.Sent, telltale.Received}
					rec := platformBed(t, p, s).finish()
					if len(rec.Findings) > 0 {
						t.Errorf("found %q", claims(rec))
					}
					t.Logf("%d messages, %v", len(p.sent), took(rec))
				})
			})
		}
	}
}

// TestSurveyResumes cuts a survey off at many places and goes on: the same is
// found, and nothing is typed twice that has its answer.
func TestSurveyResumes(t *testing.T) {
	t.Parallel()
	laws := []law{chatLaws()[0], chatLaws()[1], chatLaws()[5], chatLaws()[9]}
	words := vocabulary(8, 40, "marmalade", "blue", "falcon", "saffron", "测试词乙", "测试词丙")
	fresh := func() *platform { return &platform{laws: laws, lag: 30 * time.Millisecond} }
	var whole *telltale.Record
	synctest.Test(t, func(t *testing.T) { whole = platformBed(t, fresh(), surveyOf(words)).finish() })
	step := 13
	if testing.Short() {
		step = 71
	}
	for n := 1; n <= len(whole.Probes); n += step {
		for _, crash := range []bool{false, true} {
			t.Run(fmt.Sprint(n, crash), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					p := fresh()
					b := platformBed(t, p, surveyOf(words))
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					p.meddle = func(call int, _ telltale.Typing) *telltale.Receipt {
						switch {
						case call != n:
						case crash:
							_ = b.open.Close()
						default:
							cancel()
						}
						return nil
					}
					if err := b.run(ctx); err == nil {
						t.Fatal("the run was not cut off")
					}
					pass(t.Context(), time.Minute)
					rec := b.finish()
					if diff := cmp.Diff(claims(whole), claims(rec)); diff != "" {
						t.Errorf("findings (-whole +resumed):\n%s", diff)
					}
					if diff := cmp.Diff(counted(t, whole), counted(t, rec)); diff != "" {
						t.Errorf("what counts (-whole +resumed):\n%s", diff)
					}
					onceEach(t, rec)
				})
			})
		}
	}
}

// TestSurveyOfGuardedPlatform: a service that now and then takes nothing for a
// while is waited for; one that takes nothing any more ends the run.
func TestSurveyOfGuardedPlatform(t *testing.T) {
	t.Parallel()
	void := &telltale.Receipt{Outcome: telltale.Void, Reason: "too many messages: wait"}
	t.Run("pauses", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var until time.Time
			taken := 0
			p := &platform{laws: chatLaws()[:2]}
			p.meddle = func(int, telltale.Typing) *telltale.Receipt {
				if time.Now().Before(until) {
					return void
				}
				if taken++; taken%25 == 0 {
					until = time.Now().Add(20 * time.Second)
					return void
				}
				return nil
			}
			rec := platformBed(t, p, surveyOf(vocabulary(9, 60, "marmalade", "blue", "falcon"))).finish()
			if lines := ruleLines(rec); len(lines) != 2 {
				t.Errorf("found %q", lines)
			}
		})
	})
	t.Run("ban", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := &platform{laws: chatLaws()[:2]}
			p.meddle = func(call int, _ telltale.Typing) *telltale.Receipt {
				if call > 60 {
					return void
				}
				return nil
			}
			b := platformBed(t, p, surveyOf(vocabulary(9, 60, "marmalade", "blue", "falcon")))
			err := b.run(t.Context())
			if err == nil || errors.Is(err, bench.ErrStopped) || !strings.Contains(err.Error(), "too many messages") {
				t.Errorf("the run ended with %v", err)
			}
			if extra := p.calls - 60; extra > 20 {
				t.Errorf("%d messages were tried in vain", extra)
			}
			p.meddle = nil
			if lines := ruleLines(b.finish()); len(lines) != 2 {
				t.Errorf("found %q after the ban", lines)
			}
		})
	})
	t.Run("limit", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := &platform{laws: chatLaws()[:2]}
			s := surveyOf(vocabulary(9, 60, "marmalade", "blue", "falcon"))
			s.Limits.Messages = 50
			b := platformBed(t, p, s)
			if err := b.run(t.Context()); !errors.Is(err, bench.ErrStopped) || len(p.sent) != 50 {
				t.Errorf("the run ended after %d messages with %v", len(p.sent), err)
			}
			b.sound()
		})
	})
}

// TestSurveyTakesLateArrivals: what was taken for dropped and arrives later is
// corrected in mid-survey.
func TestSurveyTakesLateArrivals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &platform{laws: chatLaws()[:5]}
		p.meddle = func(call int, m telltale.Typing) *telltale.Receipt {
			if call%17 != 0 || slices.ContainsFunc(p.laws, func(l law) bool { return l.fires(m.Text) }) {
				return nil
			}
			now := time.Now()
			p.late = append(p.late, telltale.Receipt{Probe: m.Probe, Typed: m.Text, Got: m.Text, Outcome: telltale.Delivered, Sent: now, Settled: now, Late: true})
			return &telltale.Receipt{Outcome: telltale.Dropped}
		}
		words := vocabulary(10, 60, chatWords()[:9]...)
		rec := platformBed(t, p, surveyOf(words)).finish()
		if lines := ruleLines(rec); len(lines) != 5 {
			t.Errorf("found %q", lines)
		}
		counted(t, rec)
	})
}

// TestSurveyOfUnputtable: words that cannot be typed are left out, and are not
// tried for ever.
func TestSurveyOfUnputtable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &platform{laws: chatLaws()[:2]}
		tried := 0
		p.meddle = func(_ int, m telltale.Typing) *telltale.Receipt {
			if !strings.Contains(m.Text, "untypeable") {
				return nil
			}
			tried++
			return &telltale.Receipt{Outcome: telltale.Void, Reason: "the field lost a sign"}
		}
		rec := platformBed(t, p, surveyOf(vocabulary(11, 60, "marmalade", "blue", "falcon", "untypeable"))).finish()
		if lines := ruleLines(rec); len(lines) != 2 {
			t.Errorf("found %q", lines)
		}
		if tried > 80 {
			t.Errorf("it was tried %d times", tried)
		}
		if !slices.ContainsFunc(rec.Coverage, func(c telltale.Coverage) bool { return !c.Sees && strings.Contains(c.What, "untypeable") }) {
			t.Errorf("it is not said that it could not be put: %v", rec.Coverage)
		}
		t.Logf("tried %d times in %d messages, %v", tried, p.calls, took(rec))
	})
}

// TestSurveyCharacterised: more may be asked of what a survey found, and what
// it found stays.
func TestSurveyCharacterised(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := surveyOf(vocabulary(12, 30, "marmalade", "blue", "falcon"))
		s.Characterise = true
		rec := platformBed(t, &platform{laws: chatLaws()[:2]}, s).finish()
		lines, traits := ruleLines(rec), 0
		for _, f := range rec.Findings {
			if f.Claim.Kind == telltale.KindTrigger {
				traits += len(f.Traits)
			}
		}
		if len(lines) != 2 || traits < 10 {
			t.Errorf("found %q with %d traits", lines, traits)
		}
		counted(t, rec)
	})
}

// TestSurveyWithAnAbsentWitness: what a witness did not see for want of a
// session is no silence.
func TestSurveyWithAnAbsentWitness(t *testing.T) {
	t.Parallel()
	for _, every := range []int{2, 3, 7} {
		t.Run(fmt.Sprint(every), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &platform{laws: []law{{parts: []string{"saffron"}, outcome: telltale.Delivered, copies: "watcher"}}, absent: every}
				rec := platformBed(t, p, surveyOf(vocabulary(9, 60, "saffron"))).finish()
				want := []string{"saffron [] sent (anywhere, ignored) delivered → watcher@platform.test"}
				if diff := cmp.Diff(want, ruleLines(rec)); diff != "" {
					t.Error(diff)
				}
				for _, r := range rec.Receipts {
					if missed := strings.Contains(r.Reason, "witness"); missed != (r.Outcome == telltale.Void) {
						t.Errorf("%+v", r)
					}
				}
			})
		})
	}
}
