package main

import (
	"os"
	"path/filepath"
	"testing"

	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/scenario"
)

// Every starter is a whole scenario: what is still to be filled in is marked,
// and nothing else is wrong with it.
func TestStartersAreScenarios(t *testing.T) {
	t.Parallel()
	kinds := starterKinds()
	for _, kind := range []string{"xmpp", "irc", "smtp", "web", "terminal", "phone"} {
		found := false
		for _, k := range kinds {
			found = found || k == kind
		}
		if !found {
			t.Errorf("there is no starter %q", kind)
		}
	}
	for _, kind := range kinds {
		data, err := starters.ReadFile("starters/" + kind + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), kind+".yaml")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := scenario.LoadWith(path, wrongKinds); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestTheAccountsStarterIsAnAccountsFile(t *testing.T) {
	t.Parallel()
	data, err := starters.ReadFile("starters/accounts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "accounts.yaml")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	accounts, err := ends.ReadAccounts(path)
	if err != nil || accounts["alice"].Password == "" || accounts["bob"].Address == "" {
		t.Errorf("%v, %v", accounts, err)
	}
}
