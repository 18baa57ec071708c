package rfc3161_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"example.org/telltale/internal/rfc3161"
)

// openssl is an authority that somebody else wrote.
type openssl struct {
	*testing.T
	dir string
}

func (o openssl) run(args ...string) {
	o.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Dir = o.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		o.Fatalf("openssl %q: %v\n%s", args, err, out)
	}
}

const config = `[tsa]
default_tsa = it
[it]
serial = serial
signer_cert = cert.pem
certs = cert.pem
signer_key = key.pem
signer_digest = %s
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = %s
`

// stamp has "checkpoint" stamped with a key, a digest for the signature and one
// for naming the certificate.
func (o openssl) stamp(key []string, digest, naming, of string, query ...string) []byte {
	o.Helper()
	o.run(append([]string{"genpkey", "-out", "key.pem"}, key...)...)
	o.run("req", "-x509", "-new", "-key", "key.pem", "-out", "cert.pem", "-subj", "/CN=OpenSSL time", "-days", "2",
		"-addext", "extendedKeyUsage=critical,timeStamping", "-addext", "keyUsage=digitalSignature")
	for name, content := range map[string]string{
		"tsa.conf": fmt.Sprintf(config, digest, naming), "serial": "01\n", "data": "checkpoint",
	} {
		if err := os.WriteFile(filepath.Join(o.dir, name), []byte(content), 0o600); err != nil {
			o.Fatal(err)
		}
	}
	o.run(append([]string{"ts", "-query", "-data", "data", "-" + of, "-out", "q"}, query...)...)
	o.run("ts", "-reply", "-config", "tsa.conf", "-queryfile", "q", "-out", "r")
	response, err := os.ReadFile(filepath.Join(o.dir, "r"))
	if err != nil {
		o.Fatal(err)
	}
	return response
}

func newOpenSSL(t *testing.T) openssl {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") == "1" {
			t.Fatal("openssl is missing: install openssl")
		}
		t.Skip("openssl is missing: install openssl")
	}
	return openssl{t, t.TempDir()}
}

func TestStampsOfOpenSSLAreRead(t *testing.T) {
	t.Parallel()
	rsa, ec := []string{"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"}, []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"}
	for _, c := range []struct {
		what           string
		key            []string
		digest, naming string
	}{
		{"RSA", rsa, "sha256", "sha256"},
		{"RSA, named by SHA-1", rsa, "sha256", "sha1"},
		{"RSA, SHA-512", rsa, "sha512", "sha512"},
		{"ECDSA", ec, "sha384", "sha384"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			response := newOpenSSL(t).stamp(c.key, c.digest, c.naming, "sha256", "-cert")
			token, err := rfc3161.Parse(response)
			if err != nil {
				t.Fatal(err)
			}
			want := sha256.Sum256([]byte("checkpoint"))
			if !bytes.Equal(token.Digest, want[:]) || token.Nonce == nil || token.Time.IsZero() || token.Signer.Subject.CommonName != "OpenSSL time" {
				t.Errorf("%+v", token)
			}
			if bad := altered(response, token); bad != "" {
				t.Error(bad)
			}
		})
	}
}

// altered flips a bit of every byte of a stamp, in short of every seventh, and
// tells where it came to say something else.
func altered(response []byte, was *rfc3161.Token) string {
	step := 1
	if testing.Short() {
		step = 7
	}
	for i := 0; i < len(response); i += step {
		other := bytes.Clone(response)
		other[i] ^= 1 << (i % 8)
		token, err := rfc3161.Parse(other)
		if err == nil && (!token.Time.Equal(was.Time) || !bytes.Equal(token.Digest, was.Digest) || !token.Signer.Equal(was.Signer)) {
			return fmt.Sprintf("byte %d, bit %d: %+v", i, i%8, token)
		}
	}
	return ""
}

func TestStampsWithoutACertificateAreRefused(t *testing.T) {
	t.Parallel()
	response := newOpenSSL(t).stamp([]string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}, "sha256", "sha256", "sha512", "-no_nonce")
	if token, err := rfc3161.Parse(response); err == nil {
		t.Errorf("%+v", token)
	}
}

// Many may read at a time.
func TestReadingIsShared(t *testing.T) {
	t.Parallel()
	response := newOpenSSL(t).stamp([]string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}, "sha256", "sha256", "sha512", "-cert", "-no_nonce")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			token, err := rfc3161.Parse(response)
			if err != nil || len(token.Digest) != 64 || token.Nonce != nil {
				t.Errorf("%+v, %v", token, err)
			}
		})
	}
	all.Wait()
}
