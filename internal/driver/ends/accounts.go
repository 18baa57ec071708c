package ends

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// largestAccounts is the longest accounts file that is read, in bytes.
const largestAccounts = 1 << 20

// ReadAccounts reads the file with what accounts need to log in: the
// accounts' names, and under each its address, user, password and whatever
// else its protocol wants, all of it text.
//
//	alice: {address: alice@example.org, password: "…"}
//
// No error repeats anything of what the file holds but names.
func ReadAccounts(path string) (map[string]Account, error) {
	data, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	var file map[string]map[string]string
	if err := yaml.Unmarshal(data, &file); err != nil {
		// The library's own text would show the line, and so the password.
		return nil, fmt.Errorf(`%s: not a list of accounts%s; write each as in alice: {address: alice@example.org, password: "…"}, numbers in quotes`, path, where(err))
	}
	out := make(map[string]Account, len(file))
	for name, fields := range file {
		a := Account{Name: name, More: map[string]string{}}
		for key, value := range fields {
			switch key {
			case "address":
				a.Address = value
			case "user":
				a.User = value
			case "password":
				a.Password = value
			default:
				a.More[key] = value
			}
		}
		out[name] = a
	}
	return out, nil
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the accounts: %w", err)
	case !info.Mode().IsRegular() || info.Size() > largestAccounts:
		return nil, fmt.Errorf("reading the accounts: %s is no text file of at most 1 MiB", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the accounts: %w", err)
	}
	return data, nil
}

// where tells the line of a YAML error, without its text.
func where(err error) string {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		return fmt.Sprintf(" (line %d)", at.GetToken().Position.Line)
	}
	return ""
}

// Choose gives the account of a name. Without a file, accounts are their
// names alone.
func Choose(accounts map[string]Account, file, name string) (Account, error) {
	if file == "" {
		return Account{Name: name, More: map[string]string{}}, nil
	}
	a, ok := accounts[name]
	if !ok {
		return Account{}, fmt.Errorf("%s has no account %q; it has %s", filepath.Base(file), name, strings.Join(slices.Sorted(maps.Keys(accounts)), ", "))
	}
	return a, nil
}
