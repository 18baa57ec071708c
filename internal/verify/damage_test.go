package verify_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/verify"
)

// flip changes one bit of a byte, counted from the end where at is negative.
func (f *forge) flip(name string, at int) {
	b := bytes.Clone(f.read(name))
	if at < 0 {
		at += len(b)
	}
	b[at] ^= 1
	f.write(name, b)
}

// letter changes a letter of base64 into another one.
func (f *forge) letter(name string, at int) {
	b := bytes.Clone(f.read(name))
	if at < 0 {
		at += len(b)
	}
	if b[at] != 'A' {
		b[at] = 'A'
	} else {
		b[at] = 'B'
	}
	f.write(name, b)
}

// replaced changes text within a file.
func (f *forge) replaced(name, text, with string) {
	f.t.Helper()
	b := f.read(name)
	if !bytes.Contains(b, []byte(text)) {
		f.t.Fatalf("%s does not hold %q", name, text)
	}
	f.write(name, bytes.Replace(b, []byte(text), []byte(with), 1))
}

// lines gives the lines of the log to a function and writes what it returns.
func (f *forge) lines(do func(lines [][]byte) [][]byte) {
	lines := bytes.SplitAfter(bytes.TrimSuffix(f.read("log/entries.jsonl"), []byte("\n")), []byte("\n"))
	lines[len(lines)-1] = append(lines[len(lines)-1], '\n')
	f.write("log/entries.jsonl", bytes.Join(do(lines), nil))
}

func (f *forge) anyBlob() string { return blobName(f.rec.Flows[0].Messages[0].Bytes) }

// TestDamageToFilesIsNamed changes an ordinary case from outside.
func TestDamageToFilesIsNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want string
		do   func(f *forge)
	}{
		{"is no format line", func(f *forge) { f.flip("format", 3) }},
		{"/format: missing: ", func(f *forge) { f.remove("format") }},
		{"log/entries.jsonl:1: ", func(f *forge) { f.write("format", []byte("telltale case 1\n")) }},
		{"key.pub: missing", func(f *forge) { f.remove("key.pub") }},
		{"key.pub: ", func(f *forge) { f.flip("key.pub", 0) }},
		{"key.pub: ", func(f *forge) { f.flip("key.pub", -3) }},
		{"key.pub: is cut", func(f *forge) { f.write("key.pub", []byte(f.public)) }},
		{"canary.key: is not the key that the case was begun with", func(f *forge) { f.flip("canary.key", 5) }},
		{"canary.key: missing", func(f *forge) { f.remove("canary.key") }},
		{"lock: has 1 bytes", func(f *forge) { f.write("lock", []byte("x")) }},
		{"log/entries.jsonl: missing", func(f *forge) { f.remove("log/entries.jsonl") }},
		{"log/entries.jsonl:1: there is no whole entry", func(f *forge) { f.write("log/entries.jsonl", nil) }},
		{"checkpoints/00000003: the first 3 lines of the log are not those that were signed", func(f *forge) {
			f.replaced("log/entries.jsonl", `"name":"forged"`, `"name":"forgod"`)
		}},
		{"log/entries.jsonl:2: offset", func(f *forge) { f.replaced("log/entries.jsonl", `"name":"forged"`, `"name": "forged"`) }},
		{"log/entries.jsonl:2: offset", func(f *forge) { f.replaced("log/entries.jsonl", `"max_trials":1`, `"max_trials":1.0`) }},
		{"log/entries.jsonl:3: entry says number 1, want 2", func(f *forge) {
			f.lines(func(l [][]byte) [][]byte { return [][]byte{l[0], l[1], l[1]} })
		}},
		{"log/entries.jsonl:2: entry says number 2, want 1", func(f *forge) {
			f.lines(func(l [][]byte) [][]byte { l[1], l[2] = l[2], l[1]; return l })
		}},
		{"log/entries.jsonl:5: entry says number 5, want 4", func(f *forge) {
			f.lines(func(l [][]byte) [][]byte { return append(l[:4:4], l[5:]...) })
		}},
		{"lines were cut off", func(f *forge) { f.lines(func(l [][]byte) [][]byte { return l[:len(l)-1] }) }},
		{"log/entries.jsonl:2: offset", func(f *forge) { f.replaced("log/entries.jsonl", "forged", "forg\xff\xfe") }},
		{"checkpoints/00000003: the signature does not hold", func(f *forge) { f.letter("checkpoints/00000003", -20) }},
		{"checkpoints/00000003: ", func(f *forge) { f.flip("checkpoints/00000003", -2) }},
		{"checkpoints/00000003: ", func(f *forge) { f.flip("checkpoints/00000003", 60) }},
		{"checkpoints/00000003: missing: the plan on line 3 of the log was signed before", func(f *forge) { f.remove("checkpoints/00000003") }},
		{"checkpoints/00000014: missing: the end of a stage on line 14", func(f *forge) { f.remove("checkpoints/00000014") }},
		{"is over 3 entries, which its name does not say", func(f *forge) { f.write("checkpoints/00000005", f.read("checkpoints/00000003")) }},
		{"checkpoints/00000019: missing: the end of the run on line 19", func(f *forge) { f.remove("checkpoints/00000019") }},
		{"report.html: missing: line 20", func(f *forge) { f.renameNew("report.html") }},
		{"ca/ca.pem: missing: line 4", func(f *forge) { f.renameNew("ca/ca.pem") }},
		{"checkpoint: is not the newest", func(f *forge) { f.write("checkpoint", f.read("checkpoints/00000003")) }},
		{"checkpoint: missing", func(f *forge) { f.remove("checkpoint") }},
		{"checkpoint: is not the newest", func(f *forge) { f.flip("checkpoint", 5) }},
		{"checkpoints/2: ", func(f *forge) { f.write("checkpoints/2", []byte("x")) }},
		{"is bent", func(f *forge) { f.flip(f.anyBlob(), 20) }},
		{"is cut or bent", func(f *forge) { f.flip(f.anyBlob(), -36) }},
		{"behind them", func(f *forge) { f.flip(f.anyBlob(), -1) }},
		{"which no blob has", func(f *forge) { f.write(f.anyBlob(), []byte("short")) }},
		{"missing: line 7 of the log names it", func(f *forge) { f.remove(f.anyBlob()) }},
		{"the content is not what its name says", func(f *forge) { f.write(f.anyBlob(), armoured(f.t, []byte("other"))) }},
		{"is not one zstd frame", func(f *forge) {
			whole := f.read(f.anyBlob())
			hidden := append([]byte{0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0}, "abc"...)
			f.write(f.anyBlob(), armour(append(bytes.Clone(whole[:len(whole)-40]), hidden...)))
		}},
		{"cannot be unpacked", func(f *forge) { f.write(f.anyBlob(), armour([]byte("no zstd frame at all"))) }},
		{"is not named like a blob", func(f *forge) { f.write("blobs/ab/cdef.zst", []byte("x")) }},
		{"is not named like a blob", func(f *forge) { f.write("blobs/README", []byte("x")) }},
		{"the content is not what its name says", func(f *forge) {
			f.write(blobName(telltale.DigestOf([]byte("lonely"))), armoured(f.t, []byte("other")))
		}},
		{"capture/proxy-1.pcapng: was changed after line 15", func(f *forge) { f.flip("capture/proxy-1.pcapng", 0) }},
		{"capture/proxy-1.pcapng: missing: line 15 of the log seals it", func(f *forge) { f.remove("capture/proxy-1.pcapng") }},
		{"ca/ca.pem: was changed after line 4", func(f *forge) { f.flip("ca/ca.pem", 0) }},
		{"ca/ca.key: is not sealed", func(f *forge) { f.write("ca/ca.key", []byte("x")) }},
		{"report.html: was changed after", func(f *forge) { f.write("report.html", []byte("<p>another</p>")) }},
		{"report.html: missing", func(f *forge) { f.remove("report.html") }},
		{"report.json: is not sealed", func(f *forge) { f.write("report.json", []byte("{}")) }},
		{"note.txt: does not belong to a case", func(f *forge) { f.write("note.txt", nil) }},
		{"log/more: does not belong to a case", func(f *forge) { f.write("log/more", nil) }},
		{"capture/x.txt: does not belong to a case", func(f *forge) { f.write("capture/x.txt", nil) }},
		{"witness/x: does not belong", func(f *forge) { f.write("witness/x", nil) }},
		{"stamps/x: does not belong", func(f *forge) { f.write("stamps/x", nil) }},
		{"redacted: is no signed note", func(f *forge) { f.write("redacted", nil) }},
		{"more: is a folder that does not belong to a case", func(f *forge) { f.folder("more") }},
		{"blobs/abc: is a folder that does not belong to a case", func(f *forge) { f.folder("blobs/abc") }},
		{"ca/ca.pem: is not a regular file", func(f *forge) {
			f.remove("ca/ca.pem")
			f.link("/etc/hostname", "ca/ca.pem")
		}},
		{"checkpoint: is not a regular file", func(f *forge) {
			f.remove("checkpoint")
			f.link("checkpoints/00000003", "checkpoint")
		}},
	} {
		t.Run(tt.want, func(t *testing.T) {
			t.Parallel()
			f := ordinary(t)
			tt.do(f)
			named(t, f.dir, verify.Options{}, tt.want)
		})
	}
}

func (f *forge) renameNew(name string) {
	f.write(name+".new", f.read(name))
	f.remove(name)
}

func (f *forge) folder(name string) {
	f.t.Helper()
	if err := os.MkdirAll(filepath.Join(f.dir, filepath.FromSlash(name)), 0o700); err != nil {
		f.t.Fatal(err)
	}
}

func (f *forge) link(to, name string) {
	f.t.Helper()
	if err := os.Symlink(to, filepath.Join(f.dir, filepath.FromSlash(name))); err != nil {
		f.t.Skip("no links here:", err)
	}
}

// TestWrongThingsThatAreSignedAreNamed makes cases whose signatures hold and
// whose content does not.
func TestWrongThingsThatAreSignedAreNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want string
		do   func(f *forge)
	}{
		{"a message was typed, and no plan was written down before", func(f *forge) {
			f.add(format.TypeScenario, f.scenario())
			f.sign()
			f.message("p000001")
		}},
		{"checkpoints/00000003: missing: the plan", func(f *forge) {
			f.add(format.TypeScenario, f.scenario())
			f.add(format.TypePlan, f.plan(f.scenario()))
			f.message("p000001")
		}},
		{"log/entries.jsonl:3: a message was typed before the plan on line 7", func(f *forge) {
			f.add(format.TypeScenario, f.scenario())
			f.message("p000001")
			f.add(format.TypePlan, f.plan(f.scenario()))
		}},
		{"the plan is for another scenario", func(f *forge) {
			f.add(format.TypeScenario, f.scenario())
			other := f.scenario()
			other.Words = []string{"other"}
			f.add(format.TypePlan, f.plan(other))
		}},
		{"there is a plan and no scenario", func(f *forge) { f.add(format.TypePlan, f.plan(f.scenario())) }},
		{"the scenario was written down after the plan", func(f *forge) {
			f.add(format.TypePlan, f.plan(f.scenario()))
			f.add(format.TypeScenario, f.scenario())
		}},
		{"the plan has seed 7", func(f *forge) {
			plan := f.plan(f.scenario())
			plan.Seed = 7
			f.add(format.TypeScenario, f.scenario())
			f.add(format.TypePlan, plan)
		}},
		{"the plan's questions are not those of the scenario", func(f *forge) {
			plan := f.plan(f.scenario())
			plan.Schedule = telltale.DigestOf([]byte("others"))
			f.add(format.TypeScenario, f.scenario())
			f.add(format.TypePlan, plan)
		}},
		{"a second plan: the first is on line 3", func(f *forge) {
			f.question()
			f.add(format.TypePlan, f.plan(f.scenario()))
		}},
		{"a second scenario", func(f *forge) {
			f.question()
			f.add(format.TypeScenario, f.scenario())
		}},
		{"a log begins with one begin entry and has no other", func(f *forge) {
			f.add(format.TypeBegin, format.Begin{Case: f.id, Program: "x", CanaryKey: telltale.DigestOf(f.canary), PublicKey: f.public})
		}},
		{"5 messages were typed, the limit of the scenario is 4", func(f *forge) {
			f.question()
			for i := range 5 {
				f.message(fmt.Sprintf("p%06d", i))
			}
		}},
		{"was committed twice", func(f *forge) {
			f.question()
			f.add(format.TypeProbe, f.probe("p1"))
			f.add(format.TypeProbe, f.probe("p1"))
		}},
		{"the canary of probe \"p1\" is forged", func(f *forge) {
			f.question()
			p := f.probe("p1")
			p.Canary.Latin = "aaaaaaaa"
			f.add(format.TypeProbe, p)
		}},
		{"does not hold its canary", func(f *forge) {
			f.question()
			p := f.probe("p1")
			p.Text = "good morning"
			f.add(format.TypeProbe, p)
		}},
		{"has the unknown type \"rumour\"", func(f *forge) { f.add("rumour", 1) }},
		{"unknown field \"mood\"", func(f *forge) { f.add(format.TypeEnd, map[string]string{"mood": "good"}) }},
		{"is not a digest", func(f *forge) {
			f.question()
			f.add(format.TypeLayer, telltale.Layer{Flow: "f1", Bytes: "sha256:../../etc"})
		}},
		{"is sealed and is no file of a case that can be", func(f *forge) { f.seal("../../etc/passwd", nil) }},
		{"is sealed and is no file of a case that can be", func(f *forge) { f.seal("key.pub", []byte(f.public+"\n")) }},
		{"is named, which is no torn line of a case", func(f *forge) { f.add(format.TypeTorn, tornOf("key.pub", "x")) }},
		{"log/torn-1: missing: line 2 of the log names it", func(f *forge) { f.add(format.TypeTorn, tornOf("log/torn-1", "half")) }},
		{"log/torn-1: was changed", func(f *forge) {
			f.add(format.TypeTorn, tornOf("log/torn-1", "half"))
			f.write("log/torn-1", []byte("hall"))
		}},
		{"log/torn-1: was changed: it has 5 bytes", func(f *forge) {
			f.add(format.TypeTorn, tornOf("log/torn-1", "half"))
			f.write("log/torn-1", []byte("halve"))
		}},
		{"is of another case: its first line is", func(f *forge) {
			f.id = "fedcba9876543210"
			f.sign()
		}},
		{"says more than a checkpoint does", func(f *forge) {
			f.write("checkpoints/00000001", f.signed(f.text()+"and more\n"))
			f.add(format.TypeResume, "telltale test")
		}},
		{"log/entries.jsonl:2: offset 37: a member is named \"~masked\"", func(f *forge) {
			f.line([]byte(`{"at":"2026-03-01T12:00:01Z","body":{"~masked":{"as":"","hash":""}},"n":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","type":"end"}`), [32]byte{})
		}},
		{"not in its shortest form", func(f *forge) {
			f.line([]byte(`{"at":"2026-03-01T12:00:01.500Z","body":{},"n":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","type":"end"}`), [32]byte{})
		}},
		{"not in UTC", func(f *forge) {
			f.line([]byte(`{"at":"2026-03-01T12:00:01+01:00","body":{},"n":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","type":"end"}`), [32]byte{})
		}},
		{"the salt has 15 bytes", func(f *forge) {
			f.line([]byte(`{"at":"2026-03-01T12:00:01Z","body":{},"n":1,"salt":"AAAAAAAAAAAAAAAAAAAA","type":"end"}`), [32]byte{})
		}},
		{"the salt is not written as base64 is", func(f *forge) {
			f.line([]byte(`{"at":"2026-03-01T12:00:01Z","body":{},"n":1,"salt":"AAAAAAAAAAAAAAAAAAAAAB==","type":"end"}`), [32]byte{})
		}},
		{"nested more than 100 deep", func(f *forge) {
			deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
			f.line([]byte(`{"at":"2026-03-01T12:00:01Z","body":`+deep+`,"n":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","type":"end"}`), [32]byte{})
		}},
	} {
		t.Run(tt.want, func(t *testing.T) {
			t.Parallel()
			f := newForge(t)
			tt.do(f)
			f.sign()
			named(t, f.dir, verify.Options{}, tt.want)
		})
	}
}

// TestWhatIsKnownFromElsewhere: keys, checkpoints and witnesses of the reader.
func TestWhatIsKnownFromElsewhere(t *testing.T) {
	t.Parallel()
	f := ordinary(t)
	other := forgeBy(t, 2)
	other.sign()
	longer := ordinaryBy(t, 2)
	named(t, f.dir, verify.Options{Key: other.public}, "key.pub: is not the key you trust")
	named(t, f.dir, verify.Options{Checkpoint: string(other.newest)}, "checkpoint: the one that you hold: is signed by")
	named(t, f.dir, verify.Options{Checkpoint: string(longer.newest)}, "checkpoint: the one that you hold: ")
	named(t, f.dir, verify.Options{Checkpoint: "no note"}, "checkpoint: the one that you hold: is no signed note")
	named(t, f.dir, verify.Options{Witnesses: []string{f.public}}, "witness: no checkpoint of this case was seen by")
	named(t, f.dir, verify.Options{Witnesses: []string{"nobody"}}, "a key that you named: \"nobody\" is no public key")

	newest := string(f.newest)
	for _, size := range []string{"00000003", "00000014"} {
		holds(t, f.dir, verify.Options{Checkpoint: string(f.read("checkpoints/" + size))})
	}
	// Rolled back to an older checkpoint, everything fits; only who holds the
	// newest one can tell.
	f.lines(func(l [][]byte) [][]byte { return l[:14] })
	for _, name := range []string{"00000018", "00000019", "00000020", "00000021", "00000022"} {
		if _, err := os.Stat(filepath.Join(f.dir, "checkpoints", name)); err == nil {
			f.remove("checkpoints/" + name)
		}
	}
	f.write("checkpoint", f.read("checkpoints/00000014"))
	f.remove("report.html")
	r, err := verify.Case(f.dir, verify.Options{})
	if err != nil || r.Finished || !says(r.Notes, "the run is not finished") {
		t.Errorf("%v %v", r, err)
	}
	named(t, f.dir, verify.Options{Checkpoint: newest}, "checkpoint: the one that you hold: signs ")
}

// TestNothingIsACase: errors that name what is wrong.
func TestNothingIsACase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := verify.Case(filepath.Join(dir, "none"), verify.Options{}); err == nil || !strings.Contains(err.Error(), "is not a case") {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "format"), []byte("telltale case 99\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := verify.Case(dir, verify.Options{}); err == nil || !strings.Contains(err.Error(), "a newer telltale may read it") {
		t.Error(err)
	}
}

// TestProgressEndsAtTheWhole: what is shown ends where it said it would.
func TestProgressEndsAtTheWhole(t *testing.T) {
	t.Parallel()
	f := ordinary(t)
	var last, total int64
	holds(t, f.dir, verify.Options{Progress: func(done, of int64) {
		if done < last || done > of {
			t.Errorf("%d of %d after %d", done, of, last)
		}
		last, total = done, of
	}})
	if total == 0 || last != total {
		t.Errorf("%d of %d bytes", last, total)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	for range 1500 {
		f.log.WriteString("rubbish\n")
	}
	f.write("log/entries.jsonl", f.log.Bytes())
	r, err := verify.Case(f.dir, verify.Options{})
	if err != nil || r.Holds || len(r.Problems) != 1000 || r.MoreProblems != 500 {
		t.Errorf("%d and %d problems, %v", len(r.Problems), r.MoreProblems, err)
	}
	if r.Recomputed || !says(r.Notes, "nothing was derived again") {
		t.Errorf("%v", r.Notes)
	}
}
