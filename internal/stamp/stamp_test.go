package stamp_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"example.org/telltale/internal/stamp"
	"example.org/telltale/internal/stamp/tsa"
)

func noon() time.Time { return time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC) }

func authority(t testing.TB, opts tsa.Options) *tsa.Authority {
	t.Helper()
	opts.Clock, opts.Random = noon, rand.Reader
	a, err := tsa.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// ask has whatever answers at handler stamp a text.
func ask(t *testing.T, handler http.Handler, text string) (*stamp.Stamped, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	asker := stamp.Asker{Client: server.Client(), Random: rand.Reader}
	return asker.Ask(context.Background(), server.URL, sha256.Sum256([]byte(text)))
}

func TestAnAuthorityStamps(t *testing.T) {
	t.Parallel()
	got, err := ask(t, authority(t, tsa.Options{Name: "Example time"}), "checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	if !got.Time.Equal(noon()) || !strings.Contains(got.By, "CN=Example time") {
		t.Errorf("stamped at %s by %s", got.Time, got.By)
	}
	info, err := stamp.Check(got.Response, sha256.Sum256([]byte("checkpoint")))
	if err != nil || info != got.Info {
		t.Errorf("checked again it says %+v, %v", info, err)
	}
	if _, err := stamp.Check(got.Response, sha256.Sum256([]byte("another"))); err == nil {
		t.Error("it holds for something else")
	}
}

// OpenSSL agrees, given nothing but the file, the answer and the root.
func TestOpenSSLAgrees(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") == "1" {
			t.Fatal("openssl is missing: install openssl")
		}
		t.Skip("openssl is missing: install openssl")
	}
	a := authority(t, tsa.Options{})
	got, err := ask(t, a, "checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	answer, root := write("a.tsr", got.Response), write("root.pem", a.PEM())
	for text, want := range map[string]bool{"checkpoint": true, "another": false} {
		out, err := exec.Command("openssl", "ts", "-verify", "-data", write(text, []byte(text)), "-in", answer, "-CAfile", root).CombinedOutput()
		if (err == nil) != want || strings.Contains(string(out), "Verification: OK") != want {
			t.Errorf("openssl on %q: %v\n%s", text, err, out)
		}
	}
}

// wrong is an authority that answers something else than it was asked.
func wrong(t *testing.T, a *tsa.Authority, change func(*timestamp.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		req, err := timestamp.ParseRequest(body)
		if err != nil {
			t.Error(err)
			return
		}
		change(req)
		changed, err := req.Marshal()
		if err != nil {
			t.Error(err)
			return
		}
		answer, err := a.Answer(changed)
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(answer)
	}
}

func TestBadAnswersAreRefused(t *testing.T) {
	t.Parallel()
	good := authority(t, tsa.Options{})
	says := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
	}
	for what, c := range map[string]struct {
		answers http.Handler
		want    string
	}{
		"another nonce":    {wrong(t, good, func(r *timestamp.Request) { r.Nonce = big.NewInt(7) }), "nonce"},
		"no nonce":         {wrong(t, good, func(r *timestamp.Request) { r.Nonce = nil }), "nonce"},
		"another digest":   {wrong(t, good, func(r *timestamp.Request) { r.HashedMessage[0] ^= 1 }), "something else"},
		"no certificate":   {wrong(t, good, func(r *timestamp.Request) { r.Certificates = false }), "certificate"},
		"a web server's":   {authority(t, tsa.Options{Usage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}), "not one for time stamps"},
		"one for anything": {authority(t, tsa.Options{Usage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping, x509.ExtKeyUsageServerAuth}}), "not one for time stamps"},
		"a page":           {says("<html>hello</html>"), "no time stamp"},
		"nothing":          {says(""), "no time stamp"},
		"far too much":     {says(strings.Repeat("x", stamp.MostResponse+1)), "too large"},
		"not found":        {http.NotFoundHandler(), "404"},
		"a refusal": {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			answer, err := good.Answer([]byte("no request"))
			if err != nil {
				t.Error(err)
			}
			_, _ = w.Write(answer)
		}), "wrong format of data"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			if got, err := ask(t, c.answers, "checkpoint"); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v, %v: want %q", got, err, c.want)
			}
		})
	}
}

func TestAskNamesWhatCannotBeAsked(t *testing.T) {
	t.Parallel()
	asker := stamp.Asker{Client: http.DefaultClient, Random: rand.Reader}
	for _, address := range []string{"", "tsa.example.org", "ftp://tsa.example.org/", "http://", ":"} {
		if _, err := asker.Ask(context.Background(), address, [32]byte{}); err == nil || !strings.Contains(err.Error(), "address") {
			t.Errorf("%q: %v", address, err)
		}
	}
	url, stop, err := tsa.Serve(context.Background(), authority(t, tsa.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := asker.Ask(context.Background(), url, [32]byte{}); err != nil {
		t.Errorf("served on loopback: %v", err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := asker.Ask(over, url, [32]byte{}); !errors.Is(err, context.Canceled) {
		t.Errorf("asked when it was over: %v", err)
	}
}

// Whatever single byte of an answer is changed, it does not come to say another
// time or another signer.
func TestNoAlteredAnswerSaysAnythingElse(t *testing.T) {
	t.Parallel()
	got, err := ask(t, authority(t, tsa.Options{}), "checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("checkpoint"))
	for i := range got.Response {
		for bit := range 8 {
			altered := append([]byte(nil), got.Response...)
			altered[i] ^= 1 << bit
			if info, err := stamp.Check(altered, digest); err == nil && info != got.Info {
				t.Fatalf("byte %d, bit %d: %+v", i, bit, info)
			}
		}
	}
}

func FuzzCheck(f *testing.F) {
	a := authority(f, tsa.Options{})
	digest := sha256.Sum256([]byte("checkpoint"))
	request := timestamp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: digest[:], Certificates: true}
	body, err := request.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	answer, err := a.Answer(body)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(answer)
	f.Fuzz(func(t *testing.T, response []byte) {
		if info, err := stamp.Check(response, digest); err == nil && info.By == "" {
			t.Error("stamped by nobody")
		}
	})
}
