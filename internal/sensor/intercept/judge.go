package intercept

import (
	"crypto/sha256"
	"crypto/x509"
	"sync"
	"time"
)

// How long a verdict about a chain holds, and how many are kept.
const (
	verdictAge  = 10 * time.Minute
	maxVerdicts = 4096
)

// verdicts keeps what was found about servers' certificates.
type verdicts struct {
	mu  sync.Mutex
	all map[[sha256.Size]byte]verdict
}

type verdict struct {
	at         time.Time
	unverified string
}

// judge says why a server would not be trusted for a name, empty if it would.
// Without a name only the chain is judged: the certificate that the app gets
// has the same names, and the app knows whom it wants.
func (i *Interceptor) judge(chain []*x509.Certificate, name string) string {
	if len(chain) == 0 {
		return "the server showed no certificate"
	}
	now := i.cfg.Clock()
	key := fingerprint(chain, name)
	i.judged.mu.Lock()
	v, ok := i.judged.all[key]
	i.judged.mu.Unlock()
	if ok && now.Sub(v.at).Abs() < verdictAge {
		return v.unverified
	}
	v = verdict{at: now, unverified: i.verify(chain, name)}
	i.judged.mu.Lock()
	defer i.judged.mu.Unlock()
	if i.judged.all == nil || len(i.judged.all) >= maxVerdicts {
		i.judged.all = map[[sha256.Size]byte]verdict{}
	}
	i.judged.all[key] = v
	return v.unverified
}

func (i *Interceptor) verify(chain []*x509.Certificate, name string) string {
	options := x509.VerifyOptions{DNSName: name, Roots: i.cfg.Roots, CurrentTime: i.cfg.Clock(), Intermediates: x509.NewCertPool()}
	for _, cert := range chain[1:] {
		options.Intermediates.AddCert(cert)
	}
	if _, err := chain[0].Verify(options); err != nil {
		return err.Error()
	}
	return ""
}

func fingerprint(chain []*x509.Certificate, name string) (key [sha256.Size]byte) {
	h := sha256.New()
	for _, cert := range chain {
		h.Write(cert.Raw)
	}
	h.Write([]byte(name))
	h.Sum(key[:0])
	return key
}
