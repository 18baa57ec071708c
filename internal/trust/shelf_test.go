package trust_test

import (
	"crypto/x509/pkix"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/trust"
)

// TestShelf: who looks in the same places is given the same files, each with
// a home of its own; a file that has changed is read anew.
func TestShelf(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	own := filepath.Join(root, "own.pem")
	must(t, os.WriteFile(own, []byte(text(authority(t, pkix.Name{CommonName: "own"}))), 0o600))
	s := trust.NewShelf(trust.Config{Dir: t.TempDir(), Inside: "/run/telltale", Root: root, Authority: authority(t, pkix.Name{CommonName: "case"})})
	made := map[string]trust.Trust{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for name, env := range map[string][]string{
		"a": {"PATH=/bin"}, "b": {"PATH=/usr/bin"}, "c": {"SSL_CERT_FILE=/own.pem"}, "d": {"SSL_CERT_FILE=/own.pem", "X=1"}, "e": {"JAVA_TOOL_OPTIONS=-Xmx1g"},
	} {
		all.Go(func() {
			home := t.TempDir()
			got, err := s.For(env, home)
			if err != nil {
				t.Error(err)
				return
			}
			for _, file := range []string{"cert9.db", "key4.db", "pkcs11.txt"} {
				if b, err := os.ReadFile(filepath.Join(home, ".pki", "nssdb", file)); err != nil || len(b) == 0 {
					t.Errorf("%s: %s has %d octets, %v", name, file, len(b), err)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			made[name] = got
		})
	}
	all.Wait()
	same := func(a, b string) bool { return cmp.Equal(made[a], made[b]) }
	if !same("a", "b") || !same("c", "d") || same("a", "c") || same("a", "e") || made["a"].Binds[0] == made["e"].Binds[0] {
		t.Errorf("%+v", made)
	}
	must(t, os.WriteFile(own, []byte(text(authority(t, pkix.Name{CommonName: "another, and longer"}))), 0o600))
	later, err := s.For([]string{"SSL_CERT_FILE=/own.pem"}, "")
	must(t, err)
	if later.Binds[0] == made["c"].Binds[0] {
		t.Error("the file has changed, and what was made of it has not")
	}
}

// TestShelfTriesAgain: what could not be made once can be made later.
func TestShelfTriesAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "missing")
	s := trust.NewShelf(trust.Config{Dir: dir, Inside: "/run/telltale", Root: t.TempDir(), Authority: authority(t, pkix.Name{CommonName: "case"})})
	if _, err := s.For(nil, ""); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("without a directory: %v", err)
	}
	must(t, os.Mkdir(dir, 0o755))
	if _, err := s.For(nil, t.TempDir()); err != nil {
		t.Error(err)
	}
}

func BenchmarkShelf(b *testing.B) {
	s := trust.NewShelf(trust.Config{Dir: b.TempDir(), Inside: "/run/telltale", Authority: authority(b, pkix.Name{CommonName: "case"})})
	for b.Loop() {
		if _, err := s.For(os.Environ(), b.TempDir()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMake is what the shelf saves.
func BenchmarkMake(b *testing.B) {
	der := authority(b, pkix.Name{CommonName: "case"})
	for b.Loop() {
		if _, err := trust.Make(trust.Config{Dir: b.TempDir(), Inside: "/run/telltale", Home: b.TempDir(), Authority: der, Env: os.Environ()}); err != nil {
			b.Fatal(err)
		}
	}
}
