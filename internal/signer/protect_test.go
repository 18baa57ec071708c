package signer_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"example.org/telltale/internal/signer"
)

// cheap is a lock that takes no second to open.
func cheap(passphrase string) signer.Lock { return signer.Lock{Passphrase: passphrase, Work: 4} }

func says(passphrase string) func() (string, error) {
	return func() (string, error) { return passphrase, nil }
}

func TestAProtectedKeyOpensWithItsPassphraseAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys", "signing.key")
	made, err := signer.Make(path, "Jane-Doe", cheap("correct horse"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(made.Verifier(), "Jane-Doe+") {
		t.Errorf("the public key is %s", made.Verifier())
	}
	asked := 0
	opened, err := signer.Open(signer.Place{Name: path, Passphrase: func() (string, error) { asked++; return "correct horse", nil }})
	if err != nil {
		t.Fatal(err)
	}
	if opened.Verifier() != made.Verifier() || asked != 1 {
		t.Errorf("the key is %s, asked %d times", opened.Verifier(), asked)
	}
	mustSign(t, opened)
	for what, place := range map[string]signer.Place{
		"another passphrase": {Name: path, Passphrase: says("wrong horse")},
		"an empty one":       {Name: path, Passphrase: says("")},
		"nobody to ask":      {Name: path},
		"who cannot tell":    {Name: path, Passphrase: func() (string, error) { return "", errors.New("no terminal") }},
	} {
		if _, err := signer.Open(place); err == nil || strings.Contains(err.Error(), "horse") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := signer.Load(path, rand.Reader); !errors.Is(err, signer.ErrProtected) {
		t.Errorf("loaded without a passphrase: %v", err)
	}
}

// mustSign has a key sign a note and checks it with the public half.
func mustSign(t *testing.T, key note.Signer) {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: "text\n"}, key)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(key.(interface{ Verifier() string }).Verifier())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open(signed, note.VerifierList(verifier)); err != nil {
		t.Errorf("the signature does not hold: %v", err)
	}
}

func TestProtectingAKeyKeepsIt(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "signing.key")
	first, err := signer.Load(path, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := signer.Protect(path, cheap("one"), nil); err != nil {
		t.Fatal(err)
	}
	sealed, err := os.ReadFile(path)
	if err != nil || bytes.Contains(sealed, []byte("PRIVATE")) {
		t.Errorf("the protected file holds the key in the open: %v\n%s", err, sealed)
	}
	info, err := signer.Look(signer.Place{Name: path})
	if err != nil || info.PublicKey != first.Verifier() || !info.Protected || info.Name != signer.KeyName {
		t.Errorf("without the passphrase it says %+v, %v", info, err)
	}
	if err := signer.Protect(path, cheap("two"), says("one")); err != nil {
		t.Fatal(err)
	}
	if err := signer.Unprotect(path, says("one")); err == nil {
		t.Error("the old passphrase still opens the key")
	}
	if err := signer.Unprotect(path, says("two")); err != nil {
		t.Fatal(err)
	}
	back, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(back, plain) {
		t.Errorf("the key came back as something else, %v", err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("%d files beside the key, %v", len(left), err)
	}
}

func TestWhatIsNoKeyIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a.key")
	if _, err := signer.Make(path, "A", cheap("a"), rand.Reader); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other, err := signer.New(rand.Reader, "A")
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(text), "\n")
	lines := strings.Split(body, "\n")
	lines[2] = strings.ToLower(lines[2])
	for what, content := range map[string]string{
		"another public key":   "# public key: " + other.Verifier() + "\n" + body,
		"altered":              head + "\n" + strings.Join(lines, "\n"),
		"cut off":              string(text[:len(text)-40]),
		"no key inside":        strings.Repeat("x", 100),
		"a key without a seed": "PRIVATE+KEY+name+00000000+AQ==",
		"far too long":         strings.Repeat("x", 1<<17),
		"a secret in it":       "PRIVATE+KEY+name+zzz+s3cret",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := signer.Open(signer.Place{Name: path, Passphrase: says("a"), Random: rand.Reader})
		if err == nil || !strings.Contains(err.Error(), "a.key") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestMakeRefusesWhatIsThereAndBadNames(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "signing.key")
	if _, err := signer.Look(signer.Place{Name: path}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key that is not there: %v", err)
	}
	for _, name := range []string{"", "Jane Doe", "a+b", "../x", ".x", "x.pub", "x.new", "é", strings.Repeat("a", 65)} {
		if _, err := signer.Make(path, name, signer.Lock{}, rand.Reader); err == nil {
			t.Errorf("%q was taken for a name", name)
		}
	}
	for i, want := range []bool{true, false} {
		if _, err := signer.Make(path, "Jane", signer.Lock{}, rand.Reader); (err == nil) != want {
			t.Errorf("making it for the %d. time: %v", i+1, err)
		}
	}
	if err := signer.Protect(path, signer.Lock{}, nil); err == nil {
		t.Error("protected by nothing")
	}
}

func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "seed")
	if _, err := signer.Make(path, "A", cheap("a"), rand.Reader); err != nil {
		f.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	// The cost of opening is bounded by the file's own word for it; here by a
	// passphrase that nobody tells.
	f.Add(text)
	f.Add([]byte("# public key: A+00000000+AQ==\nPRIVATE+KEY+A+00000000+AQ=="))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := signer.Look(signer.Place{Name: path})
		if err == nil && info.PublicKey == "" {
			t.Error("a key without a public half")
		}
	})
}
