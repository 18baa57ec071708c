package report

import (
	"strings"
	"time"

	"example.org/telltale"
)

// mostCertificates bounds those of one host that are described.
const mostCertificates = 3

// showed notes the certificate of a flow, if it is another one.
func (h *hostSum) showed(c *telltale.Certificate) {
	if c == nil {
		return
	}
	for _, known := range h.certificates {
		if known.SHA256 == c.SHA256 && known.Doubt == c.Doubt {
			return
		}
	}
	h.certificates = append(h.certificates, *c)
}

// certificates describes what a host proved its name with.
func (x *index) certificates(all []telltale.Certificate) string {
	var out []string
	for _, c := range all[:min(len(all), mostCertificates)] {
		out = append(out, x.certificate(c))
	}
	if more := len(all) - len(out); more > 0 {
		out = append(out, x.Count("certificate.more", more))
	}
	return strings.Join(out, " ")
}

func (x *index) certificate(c telltale.Certificate) string {
	doubt := x.Say("certificate.trusted")
	if c.Doubt != "" {
		doubt = x.Say("certificate.doubted", "why", short(c.Doubt, 120))
	}
	if c.Subject == "" && c.Issuer == "" {
		return x.Say("certificate.unread", "digest", c.SHA256, "doubt", doubt)
	}
	return x.Say("certificate.shown", "subject", short(c.Subject, 80), "issuer", short(c.Issuer, 80), "from", c.From.UTC().Format(time.DateOnly), "to", c.To.UTC().Format(time.DateOnly), "digest", c.SHA256, "doubt", doubt)
}
