package terminal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/drivertest"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/paired"
	"example.org/telltale/internal/driver/realserver"
	"example.org/telltale/internal/driver/terminal"
)

// need skips a test without a program, or fails it where nothing may lack.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			realserver.Need(t, fmt.Errorf("%s: %w", p, realserver.ErrMissing))
		}
	}
}

func raw(t *testing.T, options any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// end makes an end from options as a scenario has them.
func end(t *testing.T, a ends.Account, dir string, options map[string]any) *terminal.End {
	t.Helper()
	if options["preset"] != nil {
		options["patience"] = "1m" // machines may be busy
	}
	o, err := terminal.ParseOptions(raw(t, options))
	if err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir+"/.config", "XDG_DATA_HOME="+dir+"/.local/share", "LC_ALL=C.UTF-8")
	e, err := terminal.New(terminal.Config{Account: a, Options: o, Env: env, Dir: dir, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func pair(t *testing.T, app, peer ends.End, names [2]ends.Account) *paired.Driver {
	t.Helper()
	d, err := paired.New(paired.Config{
		Parties: []paired.Party{
			{Account: names[0], Side: telltale.SideApp, End: app},
			{Account: names[1], Side: telltale.SidePeer, End: peer},
		},
		Timeout: time.Minute, Clock: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func check(t *testing.T, d telltale.Driver) {
	t.Helper()
	for _, r := range drivertest.Check(context.Background(), d, drivertest.Options{Wait: time.Minute, Patience: time.Minute}) {
		if !r.OK {
			t.Errorf("%s: %s", r.Name, r.Detail)
		} else if r.Detail != "" {
			t.Logf("%s: %s", r.Name, r.Detail)
		}
	}
}

// quickIrssi has irssi send what is typed at once.
const quickIrssi = `settings = { "irc/core" = { cmd_queue_speed = "10msec"; cmds_max_at_once = "100"; }; };`

func irssi(t *testing.T, a ends.Account, port int) *terminal.End {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config"), quickIrssi)
	return end(t, a, dir, map[string]any{
		"preset": "irssi", "command": []string{"irssi", "--home", dir, "-c", "127.0.0.1", "-p", fmt.Sprint(port), "-n", a.Name},
	})
}

func weechat(t *testing.T, a ends.Account, port int) *terminal.End {
	dir := t.TempDir()
	return end(t, a, dir, map[string]any{
		"preset": "weechat", "command": []string{
			"weechat", "-d", filepath.Join(dir, "weechat"), "-r", "/set logger.look.backlog 0",
			"-r", "/set irc.server_default.anti_flood_prio_high 0", "-r", "/set irc.server_default.anti_flood_prio_low 0",
			"-r", fmt.Sprintf("/server add test 127.0.0.1/%d -notls -nicks=%s", port, a.Name), "-r", "/connect test",
		},
	})
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestIrssiAndWeechat(t *testing.T) {
	t.Parallel()
	need(t, "irssi", "weechat")
	port := startIRC(t)
	alice, bob := ends.Account{Name: "alice"}, ends.Account{Name: "bob"}
	check(t, pair(t, irssi(t, alice, port), weechat(t, bob, port), [2]ends.Account{alice, bob}))
}

func profanity(t *testing.T, a ends.Account, port int) *terminal.End {
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".local/share/profanity/accounts"), fmt.Sprintf(
		"[me]\nenabled=true\njid=%s\npassword=%s\nserver=127.0.0.1\nport=%d\ntls.policy=disable\nresource=t\n", a.Address, a.Password, port))
	return end(t, a, dir, map[string]any{"preset": "profanity", "command": []string{"profanity", "-a", "me"}})
}

func mcabber(t *testing.T, a ends.Account, port int) *terminal.End {
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".mcabber/mcabberrc"), fmt.Sprintf(
		"set jid = %s\nset password = %s\nset server = 127.0.0.1\nset port = %d\nset tls = 0\nset resource = t\nset logging = 0\n", a.Address, a.Password, port))
	return end(t, a, dir, map[string]any{"preset": "mcabber"})
}

func TestProfanityAndMcabber(t *testing.T) {
	t.Parallel()
	need(t, "profanity", "mcabber")
	port := startProsody(t)
	alice := ends.Account{Name: "alice", Address: "alice@example.test", Password: "pw"}
	bob := ends.Account{Name: "bob", Address: "bob@example.test", Password: "pw"}
	check(t, pair(t, profanity(t, alice, port), mcabber(t, bob, port), [2]ends.Account{alice, bob}))
}

// A client's own words for a refusal are heard, and a text that begins with a
// slash is sent and not obeyed.
func TestWhatClientsSay(t *testing.T) {
	t.Parallel()
	need(t, "irssi", "weechat")
	port := startIRC(t)
	alice, bob := ends.Account{Name: "alice"}, ends.Account{Name: "bob"}
	d := pair(t, irssi(t, alice, port), weechat(t, bob, port), [2]ends.Account{alice, bob})
	t.Cleanup(func() { _ = d.Close() })
	for _, way := range [][2]string{{"alice", "bob"}, {"bob", "alice"}} {
		for text, want := range map[string]telltale.Outcome{"some forbidden fruit": telltale.Refused, "/quit is no command here": telltale.Delivered} {
			r, err := d.Send(t.Context(), telltale.Typing{Probe: "p", From: way[0], To: way[1], Text: text, Wait: time.Minute})
			if err != nil || r.Outcome != want || r.Typed != text || (want == telltale.Refused && !strings.Contains(r.Reason, "word not wanted")) {
				t.Errorf("%s to %s, %q: %+v, %v; want %s", way[0], way[1], text, r, err, want)
			}
		}
	}
}

// WeeChat without a screen: lines go into its pipe, and come out of its logs.
func TestWeechatHeadless(t *testing.T) {
	t.Parallel()
	need(t, "weechat-headless", "irssi")
	if found, _ := filepath.Glob("/usr/lib/*/weechat/plugins/fifo.so"); len(found) == 0 {
		realserver.Need(t, fmt.Errorf("WeeChat's FIFO plugin (Debian package weechat-plugins): %w", realserver.ErrMissing))
	}
	port := startIRC(t)
	alice, bob := ends.Account{Name: "alice"}, ends.Account{Name: "bob"}
	dir := t.TempDir()
	headless := end(t, alice, dir, map[string]any{
		"command": []string{
			"weechat-headless", "-d", dir, "--stdout",
			"-r", "/set irc.server_default.anti_flood_prio_high 0", "-r", "/set irc.server_default.anti_flood_prio_low 0", "-r", "/set logger.file.flush_delay 0",
			"-r", "/set fifo.file.path " + filepath.Join(dir, "fifo"),
			"-r", fmt.Sprintf("/server add test 127.0.0.1/%d -notls -nicks=alice", port), "-r", "/connect test",
		},
		"ready": `Welcome to the test network`,
		"fifo":  filepath.Join(dir, "fifo"), "line": "irc.server.test */msg {{to}} {{text}}",
		"log": filepath.Join(dir, "logs", "irc.*.weechatlog"), "messages": "^[^\t]+\t(?P<from>[^\t]+)\t(?P<text>.*)$",
	})
	d := pair(t, headless, irssi(t, bob, port), [2]ends.Account{alice, bob})
	if _, err := d.Describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	for _, way := range [][2]string{{"bob", "alice"}, {"alice", "bob"}} {
		for _, text := range []string{"good  morning", "明天下午"} {
			r, err := d.Send(t.Context(), telltale.Typing{Probe: "p", From: way[0], To: way[1], Text: text, Wait: time.Minute})
			if err != nil || r.Outcome != telltale.Delivered {
				t.Errorf("%s to %s, %q: %+v, %v", way[0], way[1], text, r, err)
			}
		}
	}
}
