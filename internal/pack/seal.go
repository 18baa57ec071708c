package pack

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
)

// Recipient reads whom a file is encrypted to: a public key of age (age1…), or
// the name of a file that holds some, one a line.
func Recipient(s string) ([]age.Recipient, error) {
	if strings.HasPrefix(s, "age1") {
		r, err := recipient(s)
		return []age.Recipient{r}, err
	}
	f, err := os.Open(s)
	if err != nil {
		return nil, fmt.Errorf("%.60q is neither a key (age1…) nor a file of keys: %w", s, err)
	}
	defer f.Close()
	var out []age.Recipient
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		r, err := recipient(line)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s, err)
		}
		out = append(out, r)
	}
	if len(out) == 0 && lines.Err() == nil {
		return nil, fmt.Errorf("%s holds no key", s)
	}
	return out, lines.Err()
}

func recipient(s string) (age.Recipient, error) {
	rs, err := age.ParseRecipients(strings.NewReader(s))
	if err != nil {
		return nil, err
	}
	if len(rs) != 1 {
		return nil, errors.New("want one key a line")
	}
	return rs[0], nil
}

// Identities reads the private keys of age in a file, one a line.
func Identities(name string) ([]age.Identity, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	ids, err := age.ParseIdentities(f)
	if err != nil {
		return nil, fmt.Errorf("%s holds no keys as age-keygen writes them: %w", name, err)
	}
	return ids, nil
}

// What encrypted files begin with.
const (
	ageMagic   = "age-encryption.org/v1\n"
	armorMagic = "-----BEGIN AGE ENCRYPTED FILE-----"
)

// ErrSealed is said of a file that is encrypted when there is no key to try.
var ErrSealed = errors.New("is encrypted: name the key it was encrypted to with --identity, or a passphrase with --secret-file")

// Unseal returns what is in a file of size bytes: the file itself, or, if it is
// encrypted, its content and the content's size.
func Unseal(r io.ReaderAt, size int64, ids ...age.Identity) (io.ReaderAt, int64, error) {
	head := make([]byte, len(armorMagic))
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte(armorMagic)):
		return nil, 0, errors.New("is encrypted and written as text: turn it into a binary file with age first")
	case !bytes.HasPrefix(head, []byte(ageMagic)):
		return r, size, nil
	case len(ids) == 0:
		return nil, 0, ErrSealed
	}
	return age.DecryptReaderAt(r, size, ids...)
}
