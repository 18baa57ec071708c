package ends_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/telltale/internal/driver/ends"
)

func TestReadAccounts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "accounts.yaml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("alice: {address: alice@example.test, password: s3cret}\nbob:\n  user: bobby\n  token: abc\n")
	all, err := ends.ReadAccounts(path)
	if err != nil {
		t.Fatal(err)
	}
	if a := all["alice"]; a.Name != "alice" || a.Address != "alice@example.test" || a.Password != "s3cret" {
		t.Errorf("alice: %+v", a)
	}
	if b := all["bob"]; b.User != "bobby" || b.More["token"] != "abc" {
		t.Errorf("bob: %+v", b)
	}
	if _, err := ends.Choose(all, path, "carol"); err == nil || !strings.Contains(err.Error(), "alice, bob") {
		t.Errorf("carol: %v", err)
	}
	for _, bad := range []string{"alice: s3cret", "- s3cret", "alice: {password: [s3cret]}", "alice: {password: s3cret", "alice: {password: {s3cret: 1}}"} {
		write(bad)
		if _, err := ends.ReadAccounts(path); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := ends.ReadAccounts(filepath.Dir(path)); err == nil {
		t.Error("a directory was read")
	}
}
