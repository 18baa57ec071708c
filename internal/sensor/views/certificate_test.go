package views_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/sensor/tape"
	"example.org/telltale/internal/sensor/views"
)

// certificate is one that a server could show.
func certificate(t *testing.T, name string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"a.test", "b.test"},
		NotBefore: from, NotAfter: from.AddDate(1, 0, 0),
	}, &x509.Certificate{Subject: pkix.Name{CommonName: "some authority"}}, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestFlowsNameTheServersCertificate(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 2000)
	for _, c := range []struct {
		name    string
		tls     *tape.TLS
		subject string
		doubt   string
		some    bool
	}{
		{"no TLS", nil, "", "", false},
		{"no certificate", &tape.TLS{Version: "1.3"}, "", "", false},
		{"a certificate", &tape.TLS{Certificates: [][]byte{certificate(t, "a.test")}}, "CN=a.test", "", true},
		{"one in doubt", &tape.TLS{Certificates: [][]byte{certificate(t, "a.test")}, Unverified: "it is too old"}, "CN=a.test", "it is too old", true},
		{"a long one", &tape.TLS{Certificates: [][]byte{certificate(t, long)}}, "CN=" + long[:297] + "…", "", true},
		{"rubbish", &tape.TLS{Certificates: [][]byte{[]byte("rubbish")}}, "", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, views.Config{})
			info := r.conn()
			info.TLS = c.tls
			tp := r.tape(info)
			say(t, tp, get, none)
			if err := tp.Close(info); err != nil {
				t.Fatal(err)
			}
			r.flows() // waits until all is recorded
			got := r.recorder.Flows()[0].Certificate
			if (got != nil) != c.some {
				t.Fatalf("certificate = %+v", got)
			}
			if got == nil {
				return
			}
			if got.Subject != c.subject || got.Doubt != c.doubt || len(got.SHA256) != 64 {
				t.Errorf("certificate = %+v", got)
			}
			if c.subject != "" && (got.Issuer != "CN=some authority" || len(got.Names) != 2 || got.To.Year() != 2027) {
				t.Errorf("certificate = %+v", got)
			}
		})
	}
}
