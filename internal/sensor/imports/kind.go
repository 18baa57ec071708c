package imports

import (
	"bytes"

	"example.org/telltale/internal/pcapng"
)

// kindOf tells what a file is by its first octets; "" if none of the kinds.
func kindOf(b []byte) Kind {
	if pcapng.IsCapture(b) {
		return KindCapture
	}
	digits := 0
	for digits < len(b) && b[digits] >= '0' && b[digits] <= '9' {
		digits++
	}
	if digits > 0 && digits < 13 && digits < len(b) && b[digits] == ':' {
		return KindMitm
	}
	b = bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(b) > 0 && b[0] == '{' {
		return KindHAR
	}
	return ""
}
