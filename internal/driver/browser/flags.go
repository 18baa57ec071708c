package browser

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
)

// maxAuthorities bounds how many authorities are named to the browser.
const maxAuthorities = 4

// ownHosts are those that the browser itself would ask, whatever page it
// shows. They are made names that do not exist.
func ownHosts() []string {
	return []string{
		"update.googleapis.com", "optimizationguide-pa.googleapis.com", "content-autofill.googleapis.com", "safebrowsing.googleapis.com",
		"clients1.google.com", "clients2.google.com", "clientservices.googleapis.com", "redirector.gvt1.com", "edgedl.me.gvt1.com",
		"android.clients.google.com", "mtalk.google.com", "*.invalid",
	}
}

// nowhere takes the browser's own hosts out of the world.
func nowhere() string {
	var rules []string
	for _, host := range ownHosts() {
		rules = append(rules, "MAP "+host+" ~NOTFOUND")
	}
	return "--host-resolver-rules=" + strings.Join(rules, ",")
}

// quiet are the flags that keep the browser itself from talking to anybody,
// and from asking questions.
func quiet() []string {
	return []string{
		"--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update",
		"--disable-default-apps", "--disable-sync", "--disable-extensions", "--disable-client-side-phishing-detection",
		"--disable-domain-reliability", "--disable-breakpad", "--disable-crash-reporter", "--disable-field-trial-config", "--metrics-recording-only", "--no-pings",
		"--no-service-autorun", "--disable-search-engine-choice-screen", "--disable-quic", "--disable-dev-shm-usage", "--disable-gpu",
		"--disable-features=Translate,MediaRouter,OptimizationHints,OptimizationGuideModelDownloading,AutofillServerCommunication," +
			"CertificateTransparencyComponentUpdater,InterestFeedContentSuggestions,NetworkTimeServiceQuerying,DialMediaRouteProvider,HttpsUpgrades",
		"--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
		"--allow-browser-signin=false", "--gaia-url=https://accounts.invalid", "--google-apis-url=https://apis.invalid", nowhere(),
		"--password-store=basic", "--use-mock-keychain", "--mute-audio", "--disable-popup-blocking", "--propagate-iph-for-testing",
	}
}

// flags are the browser's arguments.
func (e *End) flags(profile string, env []string, boxed bool) ([]string, error) {
	all := append(quiet(), "--user-data-dir="+profile, "--lang="+e.opts.Lang, fmt.Sprintf("--window-size=%d,%d", e.opts.Width, e.opts.Height))
	if !e.opts.Show {
		all = append(all, "--headless=new")
	}
	if os.Geteuid() == 0 {
		// Chromium's own sandbox refuses to work for root.
		all = append(all, "--no-sandbox")
	}
	if !boxed {
		through, err := proxyFlags(env)
		if err != nil {
			return nil, err
		}
		all = append(all, through...)
	}
	return append(append(all, e.opts.Args...), "about:blank"), nil
}

// proxyFlags lead the browser through the environment's proxy, also to this
// very machine, and have it trust the authority that the environment names.
func proxyFlags(env []string) (all []string, err error) {
	proxy := first(env, "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
	if proxy == "" {
		return []string{"--no-proxy-server"}, nil
	}
	all = append(all, "--proxy-server="+proxy, "--proxy-bypass-list=<-loopback>;"+strings.Join(ownHosts(), ";"))
	file := first(env, "TELLTALE_CA", "SSL_CERT_FILE")
	if file == "" {
		return all, nil
	}
	pins, err := fingerprints(file)
	if err != nil {
		return nil, fmt.Errorf("the authority of the proxy: %w", err)
	}
	if len(pins) > 0 {
		all = append(all, "--ignore-certificate-errors-spki-list="+strings.Join(pins, ","))
	}
	return all, nil
}

// fingerprints names the keys of the authorities in a file as Chromium wants
// them. A file with many is the system's, which the browser knows.
func fingerprints(file string) (pins []string, err error) {
	rest, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			continue
		}
		sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
		pins = append(pins, base64.StdEncoding.EncodeToString(sum[:]))
	}
	// The authority of a run is joined behind or before those of the system.
	if len(pins) > maxAuthorities {
		pins = append(pins[:1], pins[len(pins)-1])
	}
	return pins, nil
}

// first is the first of some variables that is set.
func first(env []string, names ...string) string {
	for _, name := range names {
		for _, pair := range env {
			if k, v, _ := strings.Cut(pair, "="); strings.EqualFold(k, name) && v != "" {
				return v
			}
		}
	}
	return ""
}
