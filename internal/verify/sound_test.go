package verify_test

import (
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/verify"
)

func TestForgedByHandHolds(t *testing.T) {
	t.Parallel()
	f := ordinary(t)
	r := holds(t, f.dir, verify.Options{Key: f.public + "\n", Checkpoint: string(f.newest)})
	if r.Entries != f.n || r.Signed != f.n || r.Checkpoints != 5 || r.Blobs != 4 || r.Files != 3 || r.Captures != 1 ||
		!r.Finished || r.Redacted || !r.Recomputed || r.Case != f.id || r.Version != 2 {
		t.Errorf("%+v", *r)
	}
	if len(r.Record.Findings) == 0 || len(r.Record.Observations) == 0 {
		t.Error("nothing was stated: the test shows nothing")
	}
	if len(r.Notes) != 1 || !says(r.Notes, "checkpoint: the case holds the 20 entries of the checkpoint that you hold, unchanged") {
		t.Errorf("%v", r.Notes)
	}
}

// What a crash leaves is noted, and no problem.
func TestCutOffHolds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, note string
		do         func(f *forge)
	}{
		{"before anything was signed", "nothing is signed yet", func(f *forge) {}},
		{"in the middle of a line", "31 bytes of an unfinished line", func(f *forge) {
			f.question()
			f.log.WriteString(`{"at":"2026-03-01T12:00:02Z","bo`[:31])
			f.write("log/entries.jsonl", f.log.Bytes())
		}},
		{"behind the newest checkpoint", "log/entries.jsonl:4: the last 4 entries are not signed", func(f *forge) {
			f.question()
			f.message("p000001")
		}},
		{"between observations and findings", "the findings that go with these observations are not there", func(f *forge) {
			f.question()
			f.message("p000001")
			f.observe()
		}},
		{"between a blob and its entry", "is named by no entry", func(f *forge) { f.blob([]byte("lonely")) }},
		{"within a blob", "was being written", func(f *forge) { f.write("blobs/ab/.new-1", []byte("half")) }},
		{"before a packet file was closed", "was not closed", func(f *forge) { f.write("capture/proxy-1.pcapng", []byte("half")) }},
		{"between seal and name of a report", "is sealed as report.html: a crash came before it was renamed", func(f *forge) {
			f.seal("report.html", []byte("new"))
			f.write("report.html.new", []byte("new"))
		}},
		{"before the newest checkpoint was copied", "is the one before the newest", func(f *forge) {
			f.question()
			older := f.newest
			f.message("p000001")
			f.stage("contact")
			f.write("checkpoint", older)
		}},
		{"before the first checkpoint was copied", "before the first one was copied", func(f *forge) {
			f.question()
			f.remove("checkpoint")
		}},
		{"before a torn line was named", "is named by no entry", func(f *forge) { f.write("log/torn-1", []byte("half")) }},
		{"and resumed", "a torn line was set aside", func(f *forge) {
			f.question()
			f.write("log/torn-3", []byte("half"))
			f.add(format.TypeTorn, tornOf("log/torn-3", "half"))
			f.add(format.TypeResume, "telltale 0.1.0")
		}},
		{"after the end of a stage and before its checkpoint", "log/entries.jsonl:4: the last 1 entries are not signed", func(f *forge) {
			f.question()
			f.add(format.TypeStage, doneStage("contact"))
		}},
		{"after the end of a stage and before its checkpoint, and resumed", "the run went on here", func(f *forge) {
			f.question()
			f.add(format.TypeStage, doneStage("contact"))
			f.sign()
			f.add(format.TypeResume, "telltale 0.1.0")
			f.add(format.TypeStage, doneStage("screen"))
			f.sign()
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newForge(t)
			tt.do(f)
			r := holds(t, f.dir, verify.Options{})
			if !says(r.Notes, tt.note) || r.Finished {
				t.Errorf("%v, want %q", r.Notes, tt.note)
			}
		})
	}
}

// What was not settled beforehand is worth a note.
func TestMethodsThatWereNotPlannedAreNoted(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	f.rec.Scenario = f.scenario()
	plan := f.plan(f.rec.Scenario)
	plan.Analysis, plan.Program, plan.Questions = plan.Analysis[1:], "telltale 99", 1
	f.add(format.TypeScenario, f.rec.Scenario)
	f.add(format.TypePlan, plan)
	f.sign()
	f.message("p000001")
	f.put(format.TypeListening, telltale.Span{From: began.Add(-time.Minute), To: began.Add(time.Minute)})
	f.statement()
	f.finish()
	r := holds(t, f.dir, verify.Options{})
	if !says(r.Notes, "its method is not in the plan: \"canary found") || !says(r.Notes, "could not be laid out again as \"telltale 99\" did") {
		t.Errorf("%v", r.Notes)
	}
}
