package guard_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/telltale/internal/lab/guard"
)

func TestNamesRoundTripAndResolve(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "names.json")
	n := guard.Names{"a1.skype.tom.test": "127.87.0.1:80", "bob_1.peer.test": "[::1]:4000"}
	if err := n.Save(path); err != nil {
		t.Fatal(err)
	}
	got, err := guard.LoadNames(path)
	if err != nil || !maps.Equal(got, n) {
		t.Fatalf("LoadNames = %v, %v, want %v", got, err, n)
	}
	if addr, err := got.Resolve("A1.Skype.TOM.test"); err != nil || addr != "127.87.0.1:80" {
		t.Errorf("Resolve = %q, %v", addr, err)
	}
}

func TestResolveRefuses(t *testing.T) {
	t.Parallel()
	n := guard.Names{"www.example.org": "127.0.0.1:80", "evil.test": "192.0.2.1:80", "name.test": "localhost:80"}
	cases := []struct {
		host string
		want error
	}{
		{"www.example.org", guard.ErrNotTest}, {"test", guard.ErrNotTest}, {".test", guard.ErrNotTest},
		{"a..test", guard.ErrNotTest}, {"a b.test", guard.ErrNotTest}, {"a\r\n.test", guard.ErrNotTest},
		{"127.0.0.1", guard.ErrNotTest}, {"tom.test.", guard.ErrNotTest}, {"ü.test", guard.ErrNotTest},
		{strings.Repeat("a", 64) + ".test", guard.ErrNotTest},
		{"evil.test", guard.ErrNotLoopback}, {"name.test", guard.ErrNotLoopback},
	}
	for _, c := range cases {
		if addr, err := n.Resolve(c.host); !errors.Is(err, c.want) {
			t.Errorf("Resolve(%q) = %q, %v, want %v", c.host, addr, err, c.want)
		}
	}
	if _, err := n.Resolve("unknown.test"); err == nil {
		t.Error("Resolve of an unknown name: want an error")
	}
	if err := n.Save(filepath.Join(t.TempDir(), "n")); err == nil {
		t.Error("Save of names that are refused: want an error")
	}
}

func TestLoadNamesRefusesBadFiles(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"empty": "", "list": "[]", "number": `{"a.test": 1}`, "outside": `{"a.test": "8.8.8.8:80"}`,
		"name": `{"example.org": "127.0.0.1:80"}`, "long": `{"a.test": "` + strings.Repeat(" ", 1<<20) + `"}`,
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if n, err := guard.LoadNames(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: LoadNames = %v, %v, want an error that names the file", name, n, err)
		}
	}
}

func FuzzParseNames(f *testing.F) {
	f.Add([]byte(`{"a.test":"127.0.0.1:80"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := guard.ParseNames(b)
		if err != nil {
			return
		}
		for host := range n {
			if addr, err := n.Resolve(strings.ToLower(host)); err == nil && guard.Check(addr) != nil {
				t.Errorf("%q resolves to %q", host, addr)
			}
		}
	})
}
