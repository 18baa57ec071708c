package peel_test

import (
	"bytes"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"example.org/telltale/internal/peel"
)

// TestFindsTextInEveryCharset: as it is and in base64, amid other bytes.
func TestFindsTextInEveryCharset(t *testing.T) {
	t.Parallel()
	for text, charsets := range map[string][]encoding.Encoding{
		"竹米羊牛果花山水":           {simplifiedchinese.GB18030, simplifiedchinese.GBK, simplifiedchinese.HZGB2312, traditionalchinese.Big5, japanese.EUCJP, japanese.ISO2022JP},
		"かなのことば竹":            {japanese.ShiftJIS, japanese.EUCJP, japanese.ISO2022JP, simplifiedchinese.GB18030},
		"가나다라마바사":            {korean.EUCKR},
		"Запрещённое слово":  {charmap.Windows1251, charmap.KOI8R, charmap.ISO8859_5, charmap.CodePage866},
		"żółć gęślą jaźń":    {charmap.Windows1250},
		"Größe façade naïve": {charmap.Windows1252, charmap.ISO8859_1, charmap.CodePage437, charmap.Windows1254},
		"Ελληνικά γράμματα":  {charmap.Windows1253},
		"ภาษาไทยคำต้องห้าม":  {charmap.Windows874},
		"مرحبا بالعالم":      {charmap.Windows1256},
		"שלום לעולם":         {charmap.Windows1255},
	} {
		for _, charset := range charsets {
			written, err := charset.NewEncoder().Bytes([]byte(text))
			if err != nil {
				t.Fatal(charset, err)
			}
			plain := append([]byte("in front "), append(bytes.Clone(written), " behind"...)...)
			for _, b := range [][]byte{plain, b64(plain)} {
				if got := open(t, peel.Job{Bytes: b, Needles: []peel.Needle{{Probe: "p", Text: text}}}); len(got.Finds) != 1 {
					t.Errorf("%v: %d finds in %q", charset, len(got.Finds), b)
				}
			}
		}
	}
}
