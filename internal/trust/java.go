package trust

import (
	"crypto/sha1" //nolint:gosec // the digest of the format
	"encoding/binary"
	"fmt"
	"math"
	"time"
	"unicode/utf16"
)

// The Java keystore format (JKS), which every version of Java reads.
const (
	javaMagic    = 0xfeedfeed
	javaVersion  = 2
	javaTrusted  = 2
	javaPassword = "changeit" // that of every cacerts; Java asks for none when it only trusts
)

// keystore is a JKS file that holds certificates, DER.
func keystore(certs [][]byte) ([]byte, error) {
	var b []byte
	for _, n := range []uint32{javaMagic, javaVersion, uint32(len(certs))} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	for i, der := range certs {
		if len(der) > math.MaxInt32 {
			return nil, fmt.Errorf("a certificate of %d octets", len(der))
		}
		b = binary.BigEndian.AppendUint32(b, javaTrusted)
		b = javaText(b, fmt.Sprintf("telltale-%d", i))
		b = binary.BigEndian.AppendUint64(b, uint64(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()))
		b = javaText(b, "X.509")
		b = binary.BigEndian.AppendUint32(b, uint32(len(der)))
		b = append(b, der...)
	}
	h := sha1.New() //nolint:gosec // see the import
	for _, u := range utf16.Encode([]rune(javaPassword)) {
		h.Write([]byte{byte(u >> 8), byte(u)})
	}
	h.Write([]byte("Mighty Aphrodite"))
	h.Write(b)
	return h.Sum(b), nil
}

func javaText(b []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(text))), text...)
}
