package trust

import (
	"fmt"
	"os"
	"path/filepath"
)

// bundleVariables name a file that is trusted instead of the system's
// bundle: OpenSSL and Go, curl, requests, pip, git, AWS tools, Cargo, gRPC,
// Nix, Google's and Hex's tools.
var bundleVariables = []string{
	"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "GIT_SSL_CAINFO",
	"AWS_CA_BUNDLE", "CARGO_HTTP_CAINFO", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "NIX_SSL_CERT_FILE",
	"CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "HEX_CACERTS_PATH",
}

// extraVariables name a file that is trusted besides: Node and Deno.
var extraVariables = []string{"NODE_EXTRA_CA_CERTS", "DENO_CERT"}

// environment makes the variables. Where the program had its own file, the
// authority joins what that file holds.
func (m *maker) environment() error {
	for i, name := range bundleVariables {
		if err := m.variable(name, bundleFile, i); err != nil {
			return err
		}
	}
	for i, name := range extraVariables {
		if err := m.variable(name, authorityFile, len(bundleVariables)+i); err != nil {
			return err
		}
	}
	java := "-Djavax.net.ssl.trustStore=" + m.inside(javaFile) + " -Djavax.net.ssl.trustStoreType=JKS"
	if own := m.lookup("JAVA_TOOL_OPTIONS"); own != "" {
		java = own + " " + java
	}
	m.out.Env = append(m.out.Env, "JAVA_TOOL_OPTIONS="+java)
	return nil
}

func (m *maker) variable(name, usual string, number int) error {
	file := usual
	own := m.lookup(name)
	if b, err := os.ReadFile(filepath.Join(m.Root, own)); own != "" && err == nil && hasCertificate(b) {
		file = fmt.Sprintf("own-%d.pem", number)
		if err := m.write(file, m.join(b)); err != nil {
			return err
		}
	}
	m.out.Env = append(m.out.Env, name+"="+m.inside(file))
	return nil
}
