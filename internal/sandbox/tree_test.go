//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/telltale/internal/sandbox"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// shell runs a line of sh inside.
func shell(t *testing.T, c sandbox.Config, line string) string {
	t.Helper()
	c.Args = []string{"sh", "-c", line}
	return run(t, c)
}

func TestHome(t *testing.T) {
	t.Parallel()
	home := openDir(t)
	write(t, filepath.Join(home, "given"), "before")
	c := sandbox.Config{Home: home, Env: []string{"PATH=/usr/bin:/bin"}}
	if out := shell(t, c, "cat ~/given; echo after >~/made; ls -A /tmp /var/tmp /dev/shm"); out !=
		"before/dev/shm:\n\n/tmp:\n\n/var/tmp:\n" {
		t.Errorf("inside: %q", out)
	}
	if text := read(t, filepath.Join(home, "made")); text != "after\n" {
		t.Errorf("the file holds %q", text)
	}
}

func TestNoHome(t *testing.T) {
	t.Parallel()
	c := sandbox.Config{Env: []string{"PATH=/usr/bin:/bin", "HOME=/nonexistent"}}
	if out := shell(t, c, "ls -A ~; echo hello >~/file && cat ~/file"); out != "hello\n" {
		t.Errorf("inside: %q", out)
	}
}

func TestWritable(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	shell(t, sandbox.Config{Writable: []string{dir}}, "echo hello >"+dir+"/file")
	if text := read(t, filepath.Join(dir, "file")); text != "hello\n" {
		t.Errorf("the file holds %q", text)
	}
}

func TestHidden(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	if err := os.Mkdir(filepath.Join(dir, "case"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "case", "key"), "secret")
	c := sandbox.Config{Dir: dir, Hidden: []string{filepath.Join(dir, "case"), openDir(t)}}
	if out := shell(t, c, "ls; ls -A case"); out != "case\n" {
		t.Errorf("inside: %q", out)
	}
}

// TestDisplay: the display's socket and key are passed when asked for.
func TestDisplay(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	listen(t, "unix", filepath.Join(dir, "way"))
	write(t, filepath.Join(dir, "key"), "key")
	env := []string{"PATH=/usr/bin:/bin", "XDG_RUNTIME_DIR=" + dir, "WAYLAND_DISPLAY=way", "DISPLAY=:990", "XAUTHORITY=" + dir + "/key"}
	run(t, sandbox.Config{Display: true, Env: env}, "reach", "$XDG_RUNTIME_DIR/$WAYLAND_DISPLAY")
	c := sandbox.Config{Display: true, Env: env}
	if out := shell(t, c, `cat "$XAUTHORITY"`); out != "key" {
		t.Errorf("the key is %q", out)
	}
	if out := shell(t, sandbox.Config{Env: env}, `echo "$XAUTHORITY$WAYLAND_DISPLAY$DISPLAY"; ls `+dir+" 2>/dev/null || true"); out != "\n" {
		t.Errorf("not asked for: %q", out)
	}
}

func TestBind(t *testing.T) {
	t.Parallel()
	source := filepath.Join(openDir(t), "passwd")
	write(t, source, "ours")
	c := sandbox.Config{Binds: []sandbox.Bind{{Source: source, Path: "/etc/passwd"}, {Source: source, Path: "/run/new/file"}}}
	if out := shell(t, c, "cat /etc/passwd /run/new/file; echo x 2>/dev/null >/etc/passwd || echo no"); out != "oursoursno\n" {
		t.Errorf("inside: %q", out)
	}
}

// TestNamed: what the command line names is seen, its neighbours are not.
func TestNamed(t *testing.T) {
	t.Parallel()
	dir, other := openDir(t), openDir(t)
	write(t, filepath.Join(dir, "here"), "1")
	write(t, filepath.Join(other, "named"), "2")
	write(t, filepath.Join(other, "not"), "3")
	c := sandbox.Config{
		Dir:  dir,
		Env:  []string{"PATH=/usr/bin:/bin"},
		Args: []string{"sh", "-c", `cat here "$0"; ls "$1"; (echo x >here) 2>/dev/null || echo no`, filepath.Join(other, "named"), other + "/"},
	}
	// The directory itself is named too.
	if out := run(t, c); out != "12named\nnot\nno\n" {
		t.Errorf("inside: %q", out)
	}
	c.Args = []string{"sh", "-c", `cat "$0"; ls ` + other, filepath.Join(other, "named")}
	if out := run(t, c); out != "2named\n" {
		t.Errorf("inside: %q", out)
	}
	c.Dir = "/tmp"
	c.Args = []string{"sh", "-c", "ls -A"}
	if out := run(t, c); out != "" {
		t.Errorf("inside /tmp: %q", out)
	}
}

// TestTools: a program of PATH in the home is found with what it needs.
func TestTools(t *testing.T) {
	t.Parallel()
	home := openDir(t)
	for _, dir := range []string{"tool/bin", "tool/lib", ".local/bin"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(home, "tool/bin/hi"), "#!/bin/sh\ncat \"$(dirname \"$0\")\"/../lib/text; hey\n")
	write(t, filepath.Join(home, "tool/lib/text"), "hi ")
	write(t, filepath.Join(home, ".local/bin/hey"), "#!/bin/sh\nls -A ~ ~/.local\n")
	for _, program := range []string{"tool/bin/hi", ".local/bin/hey"} {
		if err := os.Chmod(filepath.Join(home, program), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(home, "secret"), "x")
	write(t, filepath.Join(home, ".local/secret"), "x")
	out := run(t, sandbox.Config{
		Args: []string{"hi"},
		Env:  []string{"HOME=" + home, "PATH=" + home + "/tool/bin:" + home + "/.local/bin:/usr/bin:/bin"},
	})
	want := "hi " + home + ":\n.local\ntool\n\n" + home + "/.local:\nbin\n"
	if out != want {
		t.Errorf("inside: %q, not %q", out, want)
	}
}

func TestResolver(t *testing.T) {
	t.Parallel()
	out := shell(t, sandbox.Config{}, "cat /etc/resolv.conf /etc/hosts")
	if want := "nameserver " + sandbox.Inside().Gateway4.String() + "\n127.0.0.1 localhost\n"; !strings.HasPrefix(out, want) {
		t.Errorf("inside: %q", out)
	}
}

func TestUnescapeOctal(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/plain": "/plain", `/a\040b\134c`: `/a b\c`, `/end\04`: `/end\04`, `/not\999`: `/not\999`,
	} {
		if got := sandbox.UnescapeOctal(in); got != want {
			t.Errorf("%q: %q, not %q", in, got, want)
		}
	}
}
