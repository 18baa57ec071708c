package signer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// Lock is what protects a key.
type Lock struct {
	// Passphrase; empty for none.
	Passphrase string
	// Work is how much it costs to try one passphrase: scrypt with N = 2^Work. 0
	// means what age thinks fit, about a second.
	Work int
}

// Bounds of Lock.Work. A file may ask no more of who opens it than MostWork,
// which takes about 4 GiB.
const (
	LeastWork = 10
	MostWork  = 22
)

// publicLine begins the line before a protected key that tells its public half.
const publicLine = "# public key: "

// ErrProtected means that a key needs its passphrase and nobody was there to
// tell it.
var ErrProtected = errors.New("the key is protected by a passphrase")

// Protect puts a passphrase on a key. The one that it had is asked for.
func Protect(path string, lock Lock, old func() (string, error)) error {
	if lock.Passphrase == "" {
		return errors.New("the passphrase is empty: name one, or use key unprotect")
	}
	return rewrite(path, old, func(k key, plain []byte) ([]byte, error) { return protect(plain, k.verifier, lock) })
}

// Unprotect takes the passphrase off a key.
func Unprotect(path string, old func() (string, error)) error {
	return rewrite(path, old, func(_ key, plain []byte) ([]byte, error) { return plain, nil })
}

// rewrite replaces a key's file by another form of the same key.
func rewrite(path string, old func() (string, error), form func(k key, plain []byte) ([]byte, error)) error {
	text, err := readKey(path)
	if err != nil {
		return fmt.Errorf("reading the signing key: %w", err)
	}
	plain, err := unlock(path, text, old)
	if err != nil {
		return err
	}
	k, err := parseFile(path, plain)
	if err != nil {
		return err
	}
	content, err := form(k, plain)
	if err != nil {
		return err
	}
	if err := put(path, content, os.Rename); err != nil {
		return fmt.Errorf("writing the signing key: %w", err)
	}
	return nil
}

// protect writes a key as an armored age file, behind a line with the public
// key, which is no secret and should be had without the passphrase.
func protect(plain []byte, verifier string, lock Lock) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(lock.Passphrase)
	if err != nil {
		return nil, fmt.Errorf("protecting the key: %w", err)
	}
	if lock.Work != 0 {
		recipient.SetWorkFactor(lock.Work)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s%s\n", publicLine, verifier)
	text := armor.NewWriter(&out)
	sealed, err := age.Encrypt(text, recipient)
	if err != nil {
		return nil, fmt.Errorf("protecting the key: %w", err)
	}
	_, err = sealed.Write(plain)
	if err = errors.Join(err, sealed.Close(), text.Close()); err != nil {
		return nil, fmt.Errorf("protecting the key: %w", err)
	}
	return out.Bytes(), nil
}

// split takes the public line off a protected key. A key that nothing protects
// has no body.
func split(text []byte) (public string, body []byte) {
	first, rest, _ := strings.Cut(string(text), "\n")
	if after, ok := strings.CutPrefix(first, publicLine); ok {
		public, text = strings.TrimSpace(after), []byte(rest)
	}
	if !strings.HasPrefix(strings.TrimSpace(string(text)), armor.Header) {
		return "", nil
	}
	return public, text
}

// unlock returns the text of a private key.
func unlock(path string, text []byte, passphrase func() (string, error)) ([]byte, error) {
	public, body := split(text)
	if body == nil {
		return text, nil
	}
	if passphrase == nil {
		return nil, fmt.Errorf("%s: %w", path, ErrProtected)
	}
	secret, err := passphrase()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, ErrProtected, err)
	}
	plain, err := decrypt(body, secret)
	var wrong *age.NoIdentityMatchError
	if errors.As(err, &wrong) {
		return nil, fmt.Errorf("%s: the passphrase is not the one of this key: try again", path)
	}
	if err != nil {
		return nil, notAKey(path, err)
	}
	if k, err := parse(string(plain)); err != nil || public != "" && public != k.verifier {
		return nil, notAKey(path, errors.New("the public key that it begins with is another one's"))
	}
	return plain, nil
}

func decrypt(body []byte, passphrase string) ([]byte, error) {
	if passphrase == "" {
		return nil, &age.NoIdentityMatchError{}
	}
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, err
	}
	identity.SetMaxWorkFactor(MostWork)
	plain, err := age.Decrypt(armor.NewReader(bytes.NewReader(body)), identity)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(plain, mostKey))
}
