package proxy

// env is what makes an app use the proxy and trust its authority. Names come
// in both cases because programs differ in which they read. ALL_PROXY is left
// out: with one that speaks SOCKS some programs do not start if their library
// for that is not there.
func (p *Proxy) env(addr string) []string {
	url := "http://" + addr
	return []string{
		"HTTP_PROXY=" + url, "HTTPS_PROXY=" + url,
		"http_proxy=" + url, "https_proxy=" + url,
		"NO_PROXY=", "no_proxy=",
		"SSL_CERT_FILE=" + p.ca.BundlePath(),
		"TELLTALE_PROXY=" + url,
		"TELLTALE_CA=" + p.ca.CertPath(),
	}
}
