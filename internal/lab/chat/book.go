package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"example.org/telltale/internal/lab/replace"
)

// Bounds of a book.
const (
	maxAccounts = 10_000
	maxContacts = 200
)

// book binds account names to keys: the first key seen stays. The directory,
// each relay and each client keep one of their own.
type book map[string]*account

// account is one entry of a book. Only the directory uses Contacts.
type account struct {
	Key      []byte   `json:"key"`
	Contacts []string `json:"contacts,omitempty"`
}

// loadBook reads a book; no path or no file means an empty one.
func loadBook(path string) (book, error) {
	if path == "" {
		return book{}, nil
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return book{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("accounts file: %w", err)
	}
	b, err := parseBook(raw)
	if err != nil {
		return nil, fmt.Errorf("accounts file %s: %w", path, err)
	}
	return b, nil
}

func parseBook(raw []byte) (book, error) {
	b := book{}
	if err := json.Unmarshal(raw, &b); err != nil {
		return nil, err
	}
	if len(b) > maxAccounts {
		return nil, fmt.Errorf("more than %d accounts", maxAccounts)
	}
	for name, a := range b {
		if err := CheckAccount(name); err != nil {
			return nil, err
		}
		if a == nil || len(a.Key) != keySize || len(a.Contacts) > maxContacts {
			return nil, fmt.Errorf("account %s: want a key of %d bytes and at most %d contacts", name, keySize, maxContacts)
		}
	}
	if b == nil {
		b = book{}
	}
	return b, nil
}

// save writes the book; without a path it does nothing.
func (b book) save(path string) error {
	if path == "" {
		return nil
	}
	raw, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return replace.File(path, append(raw, '\n'))
}

// bind ties name to key and reports whether it was new. A name that is tied
// to another key is refused.
func (b book) bind(name string, key []byte) (isNew bool, err error) {
	if a := b[name]; a != nil {
		if !bytes.Equal(a.Key, key) {
			return false, errOtherKey
		}
		return false, nil
	}
	if len(b) >= maxAccounts {
		return false, fmt.Errorf("there are %d accounts already; no more fit", maxAccounts)
	}
	b[name] = &account{Key: slices.Clone(key)}
	return true, nil
}

func (b book) has(name, contact string) bool {
	return b[name] != nil && slices.Contains(b[name].Contacts, contact)
}

// change puts other on the list of name, or takes it off.
func (b book) change(name, other string, add bool) error {
	a := b[name]
	if a == nil || b[other] == nil {
		return noAccount(other)
	}
	a.Contacts = slices.DeleteFunc(a.Contacts, func(c string) bool { return c == other })
	if !add {
		return nil
	}
	if len(a.Contacts) >= maxContacts {
		return fmt.Errorf("the list is full: %d contacts; remove one first", maxContacts)
	}
	a.Contacts = append(a.Contacts, other)
	return nil
}

func noAccount(name string) error {
	return fmt.Errorf("there is no account %.40q; its owner has to log in once first", name)
}
