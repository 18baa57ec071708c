package guard

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"example.org/telltale/internal/lab/replace"
)

// maxNamesFile bounds a names file; a lab has tens of names, not thousands.
const maxNamesFile = 1 << 20

// Names maps host names under .test to loopback addresses ("IP:port"). It
// takes the place of DNS: one name stands for one server, whatever port the
// client asks for.
type Names map[string]string

// LoadNames reads a JSON object of names and checks every entry.
func LoadNames(path string) (Names, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("names file: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxNamesFile+1))
	if err != nil {
		return nil, fmt.Errorf("names file %s: %w", path, err)
	}
	if len(b) > maxNamesFile {
		return nil, fmt.Errorf("names file %s is longer than %d bytes", path, maxNamesFile)
	}
	n, err := ParseNames(b)
	if err != nil {
		return nil, fmt.Errorf("names file %s: %w", path, err)
	}
	return n, nil
}

// ParseNames reads the content of a names file.
func ParseNames(b []byte) (Names, error) {
	var n Names
	if err := json.Unmarshal(b, &n); err != nil {
		return nil, fmt.Errorf("want a JSON object of name: \"IP:port\": %w", err)
	}
	if n == nil {
		n = Names{}
	}
	return n, n.check()
}

func (n Names) check() error {
	for host, addr := range n {
		if err := CheckName(host); err != nil {
			return err
		}
		if err := Check(addr); err != nil {
			return fmt.Errorf("name %q: %w", host, err)
		}
	}
	return nil
}

// Save checks n and writes it to path; readers see the old or the new file.
func (n Names) Save(path string) error {
	if err := n.check(); err != nil {
		return err
	}
	b, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return err
	}
	if err := replace.File(path, append(b, '\n')); err != nil {
		return fmt.Errorf("names file: %w", err)
	}
	return nil
}

// Resolve returns the address of host. Names outside .test, unknown names and
// entries that do not point to loopback are refused.
func (n Names) Resolve(host string) (string, error) {
	if err := CheckName(host); err != nil {
		return "", err
	}
	addr, ok := n[normal(host)]
	if !ok {
		return "", fmt.Errorf("the lab network has no host %q; add it to the names file", host)
	}
	if err := Check(addr); err != nil {
		return "", fmt.Errorf("name %q: %w", host, err)
	}
	return addr, nil
}

// CheckName refuses every host name that is not made of letters, digits, dot,
// dash and underscore and does not end in .test.
func CheckName(host string) error {
	name := normal(host)
	if !strings.HasSuffix(name, ".test") || len(name) > 253 {
		return fmt.Errorf("%w: %q is refused; use a name such as www.tom.test", ErrNotTest, host)
	}
	for _, label := range strings.Split(name, ".") {
		if label == "" || len(label) > 63 {
			return fmt.Errorf("%w: %q has an empty or overlong part", ErrNotTest, host)
		}
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return fmt.Errorf("%w: %q holds %q", ErrNotTest, host, c)
		}
	}
	return nil
}

func normal(host string) string { return strings.ToLower(host) }
