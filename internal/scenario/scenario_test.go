package scenario_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
	"example.org/telltale/internal/scenario"
)

const small = `app: {name: "Chat 3"}
driver:
  command: [./adapter, --fast]
accounts:
  - {name: alice, side: app}
  - {name: bob, side: peer}
words: [kettle, "1989", two words]
channel: ["relay*.chat.test"]
`

func TestParseFillsInDefaults(t *testing.T) {
	t.Parallel()
	got, err := scenario.Parse("s.yaml", []byte(small), "/base")
	if err != nil {
		t.Fatal(err)
	}
	want := scenario.Defaults()
	want.Name = "chat-3"
	want.Sensors = []telltale.SensorSpec{{Kind: "proxy"}}
	want.App.Name = "Chat 3"
	want.Driver.Command = []string{filepath.Join("/base", "adapter"), "--fast"}
	want.Driver.Dir = "/base"
	want.Accounts = []telltale.Account{{Name: "alice", Side: telltale.SideApp}, {Name: "bob", Side: telltale.SidePeer}}
	want.Words = []string{"kettle", "1989", "two words"}
	want.Channel = []string{"relay*.chat.test"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLoadReadsEverything(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "words.txt", "# candidates\nkettle\r\n\n# more\ntea pot\n")
	write(t, dir, "names.json", `{"a.chat.test": "127.0.0.2:80"}`)
	write(t, dir, "chat.yaml", `
name: my-case
app:
  name: Chat
  version: "3.6"
  platform: linux/amd64
  vantage: a laptop
  files:
    - {path: client.dat, harvest: true}
    - path: /usr/bin/chat
driver: {kind: exec, command: [adapter], dir: sub, env: [A=b], timeout: 20s}
sensors: [{kind: proxy}]
accounts:
- name: alice
  side: app
- name: bob
  side: peer
directions: [received]
words: [first]
words_file: words.txt
controls: [spoon]
exclude: [chair]
trials: 3
max_trials: 9
seed: 18446744073709551615
window: 1m30s
listen: 0s
channel: []
scope: ["a?.chat.test"]
names: {relay.chat.test: "127.0.0.3:81"}
names_file: names.json
alpha: 0.05
limits: {messages: 100, triggering: 10, duration: 1h, requests: 5, voids: 3}
`)
	got, err := scenario.Load(filepath.Join(dir, "chat.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := telltale.Scenario{
		Name: "my-case",
		App: telltale.App{Name: "Chat", Version: "3.6", Platform: "linux/amd64", Vantage: "a laptop", Files: []telltale.AppFile{
			{Path: filepath.Join(dir, "client.dat"), Harvest: true}, {Path: "/usr/bin/chat"}}},
		Driver:     telltale.DriverSpec{Kind: "exec", Command: []string{"adapter"}, Dir: filepath.Join(dir, "sub"), Env: []string{"A=b"}, Timeout: 20 * time.Second},
		Sensors:    []telltale.SensorSpec{{Kind: "proxy"}},
		Accounts:   []telltale.Account{{Name: "alice", Side: "app"}, {Name: "bob", Side: "peer"}},
		Directions: []telltale.Direction{telltale.Received},
		Words:      []string{"first", "kettle", "tea pot"},
		Controls:   []string{"spoon"}, Exclude: []string{"chair"},
		Trials: 3, MaxTrials: 9, Seed: 1<<64 - 1, Window: 90 * time.Second,
		Scope:  []string{"a?.chat.test"},
		Names:  map[string]string{"relay.chat.test": "127.0.0.3:81", "a.chat.test": "127.0.0.2:80"},
		Alpha:  0.05,
		Limits: telltale.Limits{Messages: 100, Triggering: 10, Duration: time.Hour, Requests: 5, Voids: 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	data, err := scenario.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	again, err := scenario.Parse("again.yaml", data, "/elsewhere")
	if diff := cmp.Diff(got, again); err != nil || diff != "" {
		t.Errorf("after Marshal: %v\n%s\n%s", err, diff, data)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestParseReportsEveryProblemWithItsPlace(t *testing.T) {
	t.Parallel()
	bad := `app: {name: "Chat", files: [{path: 7}]}
driver:
  command: [./a]
  timeout: 20
accounts:
  - {name: alice, side: app}
  - {name: alice, side: client}
words: [kettle, 1989, kettle, " x"]
controls: [kettle, teapot kettle]
trails: 3
alpha: 0.6
channel: ["*", "a.test:80", "[a", "HTTP://x"]
limits: {requests: 21, messages: -1}
trials: 5
trials: 6
`
	_, err := scenario.Parse("s.yaml", []byte(bad), ".")
	var ps scenario.Problems
	if !errors.As(err, &ps) {
		t.Fatalf("error %v is no list of problems", err)
	}
	want := []string{
		`s.yaml:1:36: app.files[0].path is 7, which YAML does not read as text; put it in quotes: "7"`,
		`s.yaml:4:12: driver.timeout is 20; write a duration with its unit`,
		`s.yaml:6:3: there is no account on the side "peer"; add one`,
		`s.yaml:7:12: the account "alice" is named twice; take one of them out`,
		`s.yaml:7:25: there is no side "client"; write app, peer or witness`,
		`s.yaml:8:17: words[1] is 1989, which YAML does not read as text; put it in quotes: "1989"`,
		`s.yaml:8:23: "kettle" is in words twice (entries 1 and 3)`,
		`s.yaml:8:31: the word " x" begins or ends with a blank`,
		`s.yaml:9:12: the control "kettle" is the candidate "kettle"`,
		`s.yaml:9:20: the control "teapot kettle" holds the candidate "kettle"`,
		`s.yaml:10:1: unknown field "trails"; did you mean "trials"?`,
		`s.yaml:11:8: alpha is 0.6; write a number above 0 and below 0.5`,
		`s.yaml:12:11: the host pattern "*" would match every host`,
		`s.yaml:12:16: the host pattern "a.test:80" has a port`,
		`s.yaml:12:29: the host pattern "[a" is malformed`,
		`s.yaml:12:35: the host pattern "HTTP://x" is more than a host name`,
		`s.yaml:13:20: limits.requests is 21; write a number from 0 to 20`,
		`s.yaml:13:34: limits.messages is -1; write 0 for no limit`,
		`s.yaml:15:1: the field "trials" is set twice`,
	}
	lines := strings.Split(err.Error(), "\n")
	for i, w := range want {
		if i >= len(lines) || !strings.HasPrefix(lines[i], w) {
			t.Fatalf("line %d: want %s\nof:\n%s", i+1, w, err)
		}
	}
	if len(lines) != len(want) {
		t.Errorf("%d problems, want %d:\n%s", len(lines), len(want), err)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	cases := []struct{ name, yaml, want string }{
		{"nothing", "", "s.yaml:1:1: the file is empty"},
		{"comments only", "# x\n", "the file is empty"},
		{"a list", "- a\n", "s.yaml:1:1: the file is a list; write fields"},
		{"cut off", small + "names: {a: ", "s.yaml:9:"},
		{"cut in a quote", small + "exclude: [\"abc", "s.yaml:9:11:"},
		{"bomb", "a: &a [x, x]\nb: &b [*a, *a]\n", "s.yaml:1:4: \"&\": anchors, aliases"},
		{"alias", small + "exclude: *x\n", "s.yaml:9:10: \"*\": anchors, aliases"},
		{"merge", small + "<<: {}\n", "s.yaml:9:1: \"<<\""},
		{"tag", small + "seed: !!int 3\n", "s.yaml:9:7: \"!!int\""},
		{"two documents", small + "---\n" + small, "s.yaml:9:1: a second document"},
		{"deep", strings.Repeat("[", 30000), "s.yaml:1:9: too many"},
		{"deep dashes", strings.Repeat("- ", 30000), "s.yaml:1:17: too many"},
		{"not UTF-8", small + "exclude: [\xff]\n", "s.yaml:9:11: the file is not UTF-8 here"},
		{"zero byte", small + "\x00", "s.yaml:9:1: the file holds a zero byte"},
		{"too large", small + strings.Repeat("#", 1<<20), "s.yaml: the file has 1048"},
		{"no value", small + "seed:\n", "s.yaml:9:1: the field \"seed\" has no value"},
		{"no channel", strings.Split(small, "channel")[0], `s.yaml:1:1: the field "channel" is missing`},
		{"no words", strings.ReplaceAll(small, "words: [kettle", "exclude: [kettle"), "s.yaml:1:1: there is no word to test"},
		{"empty words", strings.ReplaceAll(small, `[kettle, "1989", two words]`, "[]"), "s.yaml:7:8: there is no word to test"},
		{"words_file", small + "words_file: none.txt\n", "s.yaml:9:13: " + filepath.Join(base, "none.txt") + " cannot be read"},
		{"max below trials", small + "trials: 5\nmax_trials: 4\n", "s.yaml:10:13: max_trials is 4; write a number from 5"},
		{"direction", small + "directions: [both]\n", `s.yaml:9:14: there is no direction "both"; write [sent], [received]`},
		{"duration", small + "window: 6 seconds\n", `s.yaml:9:9: "6 seconds" is not a duration`},
		{"env", strings.ReplaceAll(small, "driver:\n", "driver:\n  env: [PATH]\n"), `s.yaml:3:9: "PATH" does not set a variable`},
		{"address", small + "names: {a.test: 'x:y'}\n", `s.yaml:9:9: the address "x:y" has no valid port`},
		{"too many", small + "exclude:\n" + strings.Repeat("- x\n", 1001), "s.yaml:10:1: exclude has 1001 entries"},
		{"a folder", small + "words_file: .\n", "cannot be read: it is not a plain file"},
		{"name", small + "name: a/b\n", `s.yaml:9:7: the name "a/b" holds '/'`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := scenario.Parse("s.yaml", []byte(c.yaml), base)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error:\n%v\nwant %s", err, c.want)
			}
		})
	}
}

func TestProblemsOfNamedFilesPointIntoThem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "words.txt", "one\n kettle\none\n")
	write(t, dir, "names.json", "{\n\"a\": 1}")
	write(t, dir, "s.yaml", small+"words_file: words.txt\nnames_file: names.json\n")
	_, err := scenario.Load(filepath.Join(dir, "s.yaml"))
	for _, want := range []string{"words.txt:2:1: the word", `words.txt:3:1: "one" is in words twice`, "names.json:2: json"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error:\n%v\nwant %s", err, want)
		}
	}
	if _, err := scenario.Load(filepath.Join(dir, "none.yaml")); err == nil || !strings.Contains(err.Error(), "none.yaml cannot be read") {
		t.Errorf("missing file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(small + "names: {a.test: \"127.0.0.1:80\"}\nlimits: {requests: 3}\nseed: 7\n"))
	f.Add([]byte("app:\n  name: |\n    x\nwords:\n- 'a'\n-  b # c\n"))
	f.Add([]byte("a: &a [x]\nb: *a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := scenario.Parse("s.yaml", data, "/base")
		if err != nil {
			return
		}
		if err := scenario.Validate(s); err != nil {
			t.Fatalf("accepted, but not valid: %v", err)
		}
		out, err := scenario.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := scenario.Parse("again.yaml", out, "/base")
		if err != nil {
			t.Fatalf("%v in:\n%s", err, out)
		}
		if len(s.Channel) == 0 {
			s.Channel, again.Channel = nil, nil
		}
		if diff := cmp.Diff(s, again); diff != "" {
			t.Fatalf("changed by Marshal:\n%s\n%s", diff, out)
		}
	})
}
