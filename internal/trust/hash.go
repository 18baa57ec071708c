package trust

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the hash of names in OpenSSL's directories
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
)

// addHashed puts the authority where OpenSSL looks for it: under the hash of
// its name, with the first number that is free.
func (m *maker) addHashed(dir string) error {
	hash, err := nameHash(m.cert.RawSubject)
	if err != nil {
		return err
	}
	for i := range 100 {
		path := filepath.Join(dir, fmt.Sprintf("%08x.%d", hash, i))
		if _, err := os.Lstat(path); os.IsNotExist(err) {
			return os.WriteFile(path, m.pem, 0o644)
		}
	}
	return fmt.Errorf("%s holds 100 authorities of the name %s", dir, m.cert.Subject)
}

// nameHash is OpenSSL's X509_NAME_hash: the first four octets, little-endian,
// of the SHA-1 of the canonical name.
func nameHash(subject []byte) (uint32, error) {
	var name []asn1.RawValue
	if _, err := asn1.Unmarshal(subject, &name); err != nil {
		return 0, fmt.Errorf("the authority's name: %w", err)
	}
	var all []byte
	for _, set := range name {
		b, err := canonical(set)
		if err != nil {
			return 0, fmt.Errorf("the authority's name: %w", err)
		}
		all = append(all, b...)
	}
	sum := sha1.Sum(all) //nolint:gosec // see the import
	return binary.LittleEndian.Uint32(sum[:]), nil
}

type attribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

// canonical writes a relative name with its texts in UTF-8, in small letters,
// and with single blanks.
func canonical(set asn1.RawValue) ([]byte, error) {
	var members []byte
	for rest := set.Bytes; len(rest) > 0; {
		var a attribute
		var err error
		if rest, err = asn1.Unmarshal(rest, &a); err != nil {
			return nil, err
		}
		switch a.Value.Tag {
		case asn1.TagUTF8String, asn1.TagPrintableString, asn1.TagIA5String, asn1.TagT61String:
			text := bytes.Join(bytes.Fields(a.Value.Bytes), []byte(" "))
			a.Value = asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: lower(text)}
		}
		b, err := asn1.Marshal(a)
		if err != nil {
			return nil, err
		}
		members = append(members, b...)
	}
	return asn1.Marshal(asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: members})
}

// lower changes ASCII letters only, as OpenSSL does.
func lower(b []byte) []byte {
	out := bytes.Clone(b)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return out
}
