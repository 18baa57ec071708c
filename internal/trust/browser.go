package trust

import (
	"context"
	"crypto/md5"  //nolint:gosec // an attribute of the format
	"crypto/sha1" //nolint:gosec // an attribute of the format
	"database/sql"
	"encoding/asn1"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the database driver
)

// The certificate database of NSS (cert9.db), in which Chromium and its kin
// look for authorities that a user trusts: PKCS #11 objects as rows, their
// attributes as columns named by number.
const (
	nssColumns = `a0 a1 a2 a3 a10 a11 a12 a80 a81 a82 a83 a84 a85 a86 a87 a88 a89 a8a a8b a90
a100 a101 a102 a103 a104 a105 a106 a107 a108 a109 a10a a10b a10c a110 a111 a120 a121 a122 a123 a124 a125 a126
a127 a128 a129 a130 a131 a132 a133 a134 a160 a161 a162 a163 a164 a165 a166 a170 a180 a181 a200 a201 a202 a210
a300 a301 a302 a400 a401 a402 a403 a404 a405 a406 a480 a481 a482 a500 a501 a502 a503 a40000211 a40000212 a80000001
ace534351 ace534352 ace534353 ace534354 ace534355 ace534356 ace534357 ace534358 ace534364 ace534365 ace534366
ace534367 ace534368 ace534369 ace534373 ace534374 ace536351 ace536352 ace536353 ace536354 ace536355 ace536356
ace536357 ace536358 ace536359 ace53635a ace53635b ace53635c ace53635d ace53635e ace53635f ace536360 ace5363b4
ace5363b5 ad5a0db00`

	nssModules = `library=
name=NSS Internal PKCS #11 Module
parameters=configdir='sql:%s' certPrefix='' keyPrefix='' secmod='secmod.db' flags= updatedir='' updateCertPrefix='' updateKeyPrefix='' updateid='' updateTokenDescription='' 
NSS=Flags=internal,critical trustOrder=75 cipherOrder=100 slotParams=(1={slotFlags=[ECC,RSA,DSA,DH,RC2,RC4,DES,RANDOM,SHA1,MD5,MD2,SSL,TLS,AES,Camellia,SEED,SHA256,SHA512] askpw=any timeout=30})

`
	// nssNothing is an attribute that is there and empty.
	nssNothing = "\xa5\x00\x5a"
)

// row is one object; keys are columns.
type row map[string][]byte

// browser makes Chromium and Firefox trust the authority.
func (m *maker) browser() error {
	if err := m.policies(); err != nil || m.Home == "" {
		return err
	}
	return m.database()
}

// database writes that of Chromium into the home.
func (m *maker) database() error {
	dir := filepath.Join(m.Home, ".pki", "nssdb")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	rows, err := m.objects()
	if err != nil {
		return err
	}
	// NSS wants the database of private keys as well. It is empty, and has no
	// password, which NSS takes for one that needs none.
	err = errors.Join(
		writeTable(filepath.Join(dir, "cert9.db"), "nssPublic", rows),
		writeTable(filepath.Join(dir, "key4.db"), "nssPrivate", nil,
			"CREATE TABLE metaData (id PRIMARY KEY UNIQUE ON CONFLICT REPLACE, item1, item2)"),
	)
	if err != nil {
		return fmt.Errorf("the NSS database: %w", err)
	}
	// The directory is named from inside; NSS takes the name from where it
	// found this file anyway.
	return os.WriteFile(filepath.Join(dir, "pkcs11.txt"), fmt.Appendf(nil, nssModules, dir), 0o600)
}

// objects are the certificate, and that it is trusted to issue those of
// servers.
func (m *maker) objects() ([]row, error) {
	serial, err := asn1.Marshal(m.cert.SerialNumber)
	if err != nil {
		return nil, err
	}
	id := sha1.Sum(m.cert.RawSubjectPublicKeyInfo) //nolint:gosec // see the import
	sum, old := sha1.Sum(m.Authority), md5.Sum(m.Authority)
	yes, no := []byte{1}, []byte{0}
	delegator, must := []byte{0xce, 0x53, 0x43, 0x52}, []byte{0xce, 0x53, 0x43, 0x53}
	return []row{{
		"a0": {0, 0, 0, 1}, "a1": yes, "a2": no, "a3": []byte("telltale"), "a11": m.Authority, "a80": {0, 0, 0, 0},
		"a81": m.cert.RawIssuer, "a82": serial, "a101": m.cert.RawSubject, "a102": id[:], "a170": yes,
	}, {
		"a0": {0xce, 0x53, 0x43, 0x53}, "a1": yes, "a2": no, "a3": []byte(nssNothing), "a81": m.cert.RawIssuer, "a82": serial, "a170": yes,
		"ace536358": delegator, "ace536359": must, "ace53635a": must, "ace53635b": must, "ace536360": no,
		"ace5363b4": sum[:], "ace5363b5": old[:],
	}}, nil
}

// writeTable makes a database of one table of objects, and what else is said.
func writeTable(path, table string, rows []row, more ...string) (err error) {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	columns := strings.Fields(nssColumns)
	schema := append(more, "CREATE TABLE "+table+" (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, "+strings.Join(columns, ", ")+")")
	for _, index := range []string{"issuer (a81)", "subject (a101)", "label (a3)", "ckaid (a102)"} {
		schema = append(schema, "CREATE INDEX "+strings.Replace(index, " ", " ON "+table+" ", 1))
	}
	ctx := context.Background()
	for _, s := range schema {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	for i, r := range rows {
		names, marks, values := "id", "?", []any{int64(i + 1)}
		for _, c := range columns {
			if v, ok := r[c]; ok {
				names, marks, values = names+", "+c, marks+", ?", append(values, v)
			}
		}
		if _, err := db.ExecContext(ctx, "INSERT INTO "+table+" ("+names+") VALUES ("+marks+")", values...); err != nil {
			return err
		}
	}
	return nil
}

// firefoxPlaces are directories of policies; where none is, Firefox cannot be
// told from outside its profile.
var firefoxPlaces = []string{
	"/etc/firefox/policies", "/usr/lib/firefox/distribution", "/usr/lib/firefox-esr/distribution",
	"/usr/lib64/firefox/distribution", "/opt/firefox/distribution",
}

// policies makes Firefox trust the authority where it has a directory for
// policies. Other policies that stand there do not hold inside.
func (m *maker) policies() error {
	policy := map[string]any{"policies": map[string]any{"Certificates": map[string]any{
		"ImportEnterpriseRoots": true, "Install": []string{m.inside(authorityFile)},
	}}}
	b, err := json.Marshal(policy)
	if err != nil {
		return err
	}
	dir := filepath.Join(m.Dir, "firefox")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "policies.json"), b, 0o644); err != nil {
		return err
	}
	for _, place := range firefoxPlaces {
		if _, inside, ok := m.at(place); ok {
			m.bind(dir, inside)
		}
	}
	return nil
}
