package trust

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// bundlePlaces are the files in which systems keep all authorities: Debian,
// Fedora, SUSE, Alpine, and what packages of others look for.
var bundlePlaces = []string{
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/pki/tls/cert.pem",
	"/etc/ssl/ca-bundle.pem",
	"/var/lib/ca-certificates/ca-bundle.pem",
	"/etc/ssl/cert.pem",
	"/etc/ca-certificates/extracted/tls-ca-bundle.pem",
}

// directoryPlaces are the directories in which OpenSSL looks for an authority
// by the hash of its name.
var directoryPlaces = []string{
	"/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/openssl/certs",
	"/etc/pki/ca-trust/extracted/pem/directory-hash", "/etc/ca-certificates/extracted/cadir",
}

// javaPlaces are the keystores of Java that systems share between runtimes;
// those of single ones are looked for.
var javaPlaces = []string{
	"/etc/pki/ca-trust/extracted/java/cacerts", "/etc/pki/java/cacerts",
	"/etc/ssl/java/cacerts", "/var/lib/ca-certificates/java-cacerts",
	"/etc/ca-certificates/extracted/java-cacerts.jks",
}

// at is a place in the tree, links followed. ok is false if there is none.
func (m *maker) at(place string) (host, inside string, ok bool) {
	host, err := filepath.EvalSymlinks(filepath.Join(m.Root, place))
	if err != nil {
		return "", "", false
	}
	root, err := filepath.EvalSymlinks(m.Root)
	if err != nil {
		return "", "", false
	}
	rel, err := filepath.Rel(root, host)
	if err != nil || !filepath.IsLocal(rel) {
		return "", "", false
	}
	return host, "/" + filepath.ToSlash(rel), true
}

// system is the bundle that programs trust without us.
func (m *maker) system() []byte {
	places := bundlePlaces
	if own := m.lookup("SSL_CERT_FILE"); own != "" {
		places = append([]string{own}, places...)
	}
	for _, place := range places {
		if b, err := os.ReadFile(filepath.Join(m.Root, place)); err == nil && hasCertificate(b) {
			return b
		}
	}
	return nil
}

// bind notes a file or directory that is laid over a place, once.
func (m *maker) bind(source, inside string) {
	if !slices.ContainsFunc(m.out.Binds, func(b Bind) bool { return b.Path == inside }) {
		m.out.Binds = append(m.out.Binds, Bind{source, inside})
	}
}

// bundles replaces every bundle of the system that stands in no directory
// that is replaced as a whole, and every keystore of Java.
func (m *maker) bundles() error {
	m.bind(m.Dir, m.Inside)
	for i, place := range bundlePlaces {
		host, inside, ok := m.at(place)
		if !ok || m.covered(inside) {
			continue
		}
		b, err := os.ReadFile(host)
		if err != nil || !hasCertificate(b) {
			continue
		}
		name := fmt.Sprintf("bundle-%d.pem", i)
		if err := m.write(name, m.join(b)); err != nil {
			return err
		}
		m.bind(filepath.Join(m.Dir, name), inside)
	}
	runtimes, _ := filepath.Glob(filepath.Join(m.Root, "usr/lib/jvm/*/lib/security/cacerts")) // the pattern is good
	for _, path := range append(slices.Clone(javaPlaces), runtimes...) {
		place := "/" + strings.TrimPrefix(strings.TrimPrefix(path, m.Root), "/")
		if _, inside, ok := m.at(place); ok && !m.covered(inside) {
			m.bind(filepath.Join(m.Dir, javaFile), inside)
		}
	}
	return nil
}

// covered says whether a place is in a directory that is replaced.
func (m *maker) covered(inside string) bool {
	for _, place := range directoryPlaces {
		if _, dir, ok := m.at(place); ok && strings.HasPrefix(inside, dir+"/") {
			return true
		}
	}
	return false
}

// directories replaces the hashed directories by copies that hold the
// authority as well.
func (m *maker) directories() error {
	for i, place := range directoryPlaces {
		host, inside, ok := m.at(place)
		if !ok {
			continue
		}
		name := fmt.Sprintf("certs-%d", i)
		if err := m.copyDirectory(host, filepath.Join(m.Dir, name)); err != nil {
			return fmt.Errorf("copying %s: %w", host, err)
		}
		m.bind(filepath.Join(m.Dir, name), inside)
	}
	return nil
}

// copyDirectory copies a directory of certificates: links as they are, as far
// as they lead out of it, bundles with the authority before them.
func (m *maker) copyDirectory(from, to string) error {
	if err := os.MkdirAll(filepath.Join(to, "java"), 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := m.copyEntry(filepath.Join(from, e.Name()), filepath.Join(to, e.Name()), e); err != nil {
			return err
		}
	}
	keystore, err := os.ReadFile(filepath.Join(m.Dir, javaFile))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(to, "java", "cacerts"), keystore, 0o644); err != nil {
		return err
	}
	return m.addHashed(to)
}

func (m *maker) copyEntry(from, to string, e os.DirEntry) error {
	if e.Type()&os.ModeSymlink != 0 {
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		if m.isBundle(from) {
			return m.copyFile(from, to)
		}
		return os.Symlink(target, to)
	}
	if !e.Type().IsRegular() {
		return nil
	}
	return m.copyFile(from, to)
}

// isBundle says whether a path leads to one of the system's bundles.
func (m *maker) isBundle(path string) bool {
	real, err := filepath.EvalSymlinks(path)
	return err == nil && slices.ContainsFunc(bundlePlaces, func(place string) bool {
		host, _, ok := m.at(place)
		return ok && host == real
	})
}

// copyFile copies what may be read; what may not is nothing for the program
// either.
func (m *maker) copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	defer in.Close()
	const most = 64 << 20
	b, err := io.ReadAll(io.LimitReader(in, most))
	if err != nil {
		return err
	}
	if m.isBundle(from) && hasCertificate(b) {
		b = m.join(b)
	}
	return os.WriteFile(to, b, 0o644)
}
