package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/signer"
)

// smallCase writes a case that has one of everything that matters here, and
// a scenario whose driver does not exist. Nobody types anything.
func smallCase(t *testing.T, blob []byte) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "case")
	key, err := signer.Load(os.Getenv("TELLTALE_KEY"), rand.Reader)
	mustDo(t, err)
	c, err := casefile.Create(dir, casefile.Options{Clock: time.Now, Random: rand.Reader, Signer: key})
	mustDo(t, err)
	accounts := []telltale.Account{{Name: "a", Side: telltale.SideApp}, {Name: "b", Side: telltale.SidePeer}}
	mustDo(t, c.PutScenario(telltale.Scenario{
		Name: "small", App: telltale.App{Name: "小程序"}, Accounts: accounts, Words: []string{"火"}, Window: time.Second,
		Driver: telltale.DriverSpec{Kind: "exec", Command: []string{"no-such-program"}}, Sensors: []telltale.SensorSpec{{Kind: "proxy"}},
	}))
	mustDo(t, c.PutApp(telltale.App{Name: "小程序"}))
	now := time.Now()
	mustDo(t, c.PutStage(telltale.Stage{Name: "contact", At: now}))
	for i := range 3 {
		id := fmt.Sprintf("p%06d", i+1)
		canary := c.Canary(id)
		text := "早上好 " + canary.Latin + " " + canary.CJK
		mustDo(t, c.PutProbe(telltale.Probe{ID: id, Key: id, Arm: telltale.ArmContact, From: "a", To: "b", Direction: telltale.Sent, Text: text, Canary: canary, Planned: now}))
		digest, err := c.Keep(append([]byte("GET /"+id+" "), blob...))
		mustDo(t, err)
		mustDo(t, c.Record(telltale.Flow{Sensor: "proxy", Host: "a.test", Start: now, End: now, Messages: []telltale.Message{{Leg: telltale.LegApp, Out: true, At: now, Bytes: digest, Size: 12}}}))
		mustDo(t, c.PutReceipt(telltale.Receipt{Probe: id, Typed: text, Got: text, Outcome: telltale.Delivered, Sent: now, Settled: now}))
		if i == 1 {
			mustDo(t, c.PutStage(telltale.Stage{Name: "contact", At: now, Done: true}))
		}
	}
	mustDo(t, c.Checkpoint())
	mustDo(t, c.Close())
	return dir
}

// tell runs the program as a function; a panic would end the test.
func tell(args ...string) (code int, out string) {
	var b bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &b, stderr: &b, clock: time.Now, random: rand.Reader}
	code = a.run(context.Background(), args)
	return code, b.String()
}

// readers are the commands that read cases, with the case's place.
func readers(t *testing.T, dir string) map[string][]string {
	t.Helper()
	truth := filepath.Join(t.TempDir(), "truth.json")
	code, out := tell("lab", "truth", "clean", "--json")
	if code != exitNothing {
		t.Fatal(out)
	}
	mustDo(t, os.WriteFile(truth, []byte(out), 0o600))
	return map[string][]string{
		"verify": {"case", "verify", dir},
		"log":    {"case", "log", dir},
		"index":  {"case", "index", dir},
		"report": {"report", dir},
		"html":   {"report", "--format", "html", dir},
		"score":  {"score", "--truth", truth, dir},
		"resume": {"audit", "--resume", dir},
	}
}

// hostileKey keeps the tests' keys apart from the user's.
func hostileKey(t *testing.T) {
	t.Helper()
	t.Setenv("TELLTALE_KEY", filepath.Join(t.TempDir(), "signing.key"))
}

func logOf(dir string) string { return filepath.Join(dir, "log", "entries.jsonl") }

// TestACutLogEndsInANoteOrAnError cuts the log everywhere, also between the
// bytes of one character.
func TestACutLogEndsInANoteOrAnError(t *testing.T) {
	hostileKey(t)
	origin := smallCase(t, nil)
	whole, err := os.ReadFile(logOf(origin))
	mustDo(t, err)
	cuts := []int{0, 1, len(whole) - 1}
	for at := 97; at < len(whole); at += 97 {
		cuts = append(cuts, at)
	}
	torn := 0
	for at := range whole {
		if !utf8.RuneStart(whole[at]) && torn < 6 {
			torn++
			cuts = append(cuts, at)
		}
	}
	if torn == 0 {
		t.Fatal("the log has no character of many bytes")
	}
	for _, at := range cuts {
		dir := filepath.Join(t.TempDir(), "case")
		mustDo(t, os.CopyFS(dir, os.DirFS(origin)))
		mustDo(t, os.WriteFile(logOf(dir), whole[:at], 0o600))
		cutLog(t, dir, at, bytes.Count(whole[:at], []byte("\n")))
	}
}

func cutLog(t *testing.T, dir string, at, lines int) {
	t.Helper()
	commands := readers(t, dir)
	for _, name := range []string{"log", "index", "report", "html", "score"} {
		if code, out := tell(commands[name]...); code == exitUsage {
			t.Errorf("cut at %d, %s: exit code %d\n%s", at, name, code, out)
		}
	}
	code, out := tell(commands["verify"]...)
	if code != exitFailed || !strings.Contains(out, "WRONG  checkpoints/") {
		t.Errorf("cut at %d: verify gives %d\n%s", at, code, out)
	}
	code, out = tell(commands["resume"]...)
	want := "no-such-program"
	if lines < 2 {
		want = "begin a new case" // the scenario is not in the log
	}
	if code != exitFailed || !strings.Contains(out, want) {
		t.Errorf("cut at %d, resuming: exit code %d, want to read %q\n%s", at, code, want, out)
	}
}

// TestHostileCasesEndInAnErrorThatNamesThePlace alters a case in ways that
// no crash does.
func TestHostileCasesEndInAnErrorThatNamesThePlace(t *testing.T) {
	hostileKey(t)
	origin := smallCase(t, nil)
	const line4, line5 = "log/entries.jsonl:4", "log/entries.jsonl:5"
	all := []string{"log", "index", "report", "html", "score", "resume"}
	for _, c := range []struct {
		name  string
		alter func(t *testing.T, dir string)
		// verify names what verify must say; refuse who else must say it.
		verify string
		says   string
		refuse []string
	}{
		{"a line of 70 MB", func(t *testing.T, dir string) {
			addLine(t, dir, 3, strings.Repeat("x", 70<<20))
		}, "WRONG  " + line4, "entries.jsonl:4: the line is longer", all},
		{"a last line of 70 MB without an end", func(t *testing.T, dir string) {
			f, err := os.OpenFile(logOf(dir), os.O_APPEND|os.O_WRONLY, 0)
			mustDo(t, err)
			_, err = f.WriteString(strings.Repeat("y", 70<<20))
			mustDo(t, err)
			mustDo(t, f.Close())
		}, "the line is longer", "the line is longer", all},
		{"control characters", func(t *testing.T, dir string) {
			addLine(t, dir, 3, "\x1b[2J")
		}, "WRONG  " + line4, "entries.jsonl:4: not an entry", all},
		{"deep nesting", func(t *testing.T, dir string) {
			addLine(t, dir, 3, strings.Repeat("[", 1<<20))
		}, "WRONG  " + line4, "entries.jsonl:4: not an entry", all},
		{"an unknown type", func(t *testing.T, dir string) {
			addLine(t, dir, 3, `{"n":3,"at":"2026-01-02T03:04:05Z","type":"\u001b[2J","body":1}`)
		}, "WRONG  " + line4, "entries.jsonl:4: ", []string{"index", "report", "html", "score", "resume"}},
		{"two entries swapped", swapLines, "WRONG  " + line5, "entries.jsonl:5: entry says number 5", []string{"resume"}},
		{"blobs missing", func(t *testing.T, dir string) {
			mustDo(t, os.RemoveAll(filepath.Join(dir, "blobs")))
		}, ".zst: missing", ".zst: missing", []string{"resume"}},
		{"another key", func(t *testing.T, dir string) {
			other, err := signer.Load(filepath.Join(t.TempDir(), "other.key"), rand.Reader)
			mustDo(t, err)
			public := other.Verifier()
			mustDo(t, os.WriteFile(filepath.Join(dir, "key.pub"), []byte(public+"\n"), 0o600))
		}, "was begun with another key", "", nil},
		{"a packet file elsewhere", func(t *testing.T, dir string) {
			n := lineCount(t, dir)
			addLine(t, dir, n, fmt.Sprintf(`{"at":"2026-01-02T03:04:05Z","body":{"digest":"","file":"capture/../../../dev/zero","size":1},"n":%d,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","type":"file"}`, n))
		}, "no file of a case", "", nil},
		{"a directory for a log", func(t *testing.T, dir string) {
			mustDo(t, os.Remove(logOf(dir)))
			mustDo(t, os.Mkdir(logOf(dir), 0o700))
		}, "entries.jsonl: is not a regular file", "entries.jsonl is not a regular file", all},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "case")
			mustDo(t, os.CopyFS(dir, os.DirFS(origin)))
			c.alter(t, dir)
			commands := readers(t, dir)
			if code, out := tell(commands["verify"]...); code != exitFailed || !strings.Contains(out, c.verify) {
				t.Errorf("verify: exit code %d, want %q in\n%.2000s", code, c.verify, out)
			}
			for _, name := range c.refuse {
				code, out := tell(commands[name]...)
				if code != exitFailed || !strings.Contains(out, c.says) || strings.Contains(out, "\x1b") {
					t.Errorf("%s: exit code %d, want %q in\n%.2000q", name, code, c.says, out)
				}
				delete(commands, name)
			}
			for name, args := range commands {
				if code, out := tell(args...); code == exitUsage {
					t.Errorf("%s: exit code %d\n%.2000q", name, code, out)
				}
			}
		})
	}
}

// TestABombIsNotUnpacked: 300 MB of zeros are a few bytes in a blob.
func TestABombIsNotUnpacked(t *testing.T) {
	hostileKey(t)
	if testing.Short() {
		t.Skip("-short: unpacks a few hundred megabytes")
	}
	dir := smallCase(t, make([]byte, 300<<20))
	for name, args := range readers(t, dir) {
		code, out := tell(args...)
		if name == "verify" && (code != exitFailed || !strings.Contains(out, ".zst: ")) {
			t.Errorf("%s: exit code %d; want an error that names the blob\n%.2000s", name, code, out)
		}
	}
}

func lines(t *testing.T, dir string) []string {
	t.Helper()
	b, err := os.ReadFile(logOf(dir))
	mustDo(t, err)
	return strings.SplitAfter(strings.TrimSuffix(string(b), "\n"), "\n")
}

func lineCount(t *testing.T, dir string) int { t.Helper(); return len(lines(t, dir)) }

// addLine puts a line before line number at, counted from 0.
func addLine(t *testing.T, dir string, at int, line string) {
	t.Helper()
	all := lines(t, dir)
	all[len(all)-1] += "\n"
	with := strings.Join(all[:at], "") + line + "\n" + strings.Join(all[at:], "")
	mustDo(t, os.WriteFile(logOf(dir), []byte(with), 0o600))
}

func swapLines(t *testing.T, dir string) {
	t.Helper()
	all := lines(t, dir)
	all[4], all[5] = all[5], all[4]
	mustDo(t, os.WriteFile(logOf(dir), []byte(strings.Join(all, "")+"\n"), 0o600))
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
