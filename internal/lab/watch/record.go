package watch

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"example.org/telltale/internal/lab/profile"
)

// TimeLayout is how records write the time, in UTC.
const TimeLayout = "1/2/2006 3:04:05 PM"

// Record is one captured message.
type Record struct {
	Sender    string
	Recipient string
	Text      string
	At        time.Time
	// Received is the direction as the capturing client saw it.
	Received bool
}

// Line is the record as tab-separated text: sender, recipient, text, time,
// and 0 for sent or 1 for received.
func (r Record) Line() string {
	direction := "0"
	if r.Received {
		direction = "1"
	}
	return Row(r.Sender, r.Recipient, r.Text, r.At.UTC().Format(TimeLayout), direction)
}

// ParseRecord reads what Line wrote. Tabs and line breaks of the text have
// become spaces.
func ParseRecord(line string) (Record, error) {
	cells := strings.Split(line, "\t")
	if len(cells) != 5 || cells[4] != "0" && cells[4] != "1" {
		return Record{}, fmt.Errorf("record %.60q: want sender, recipient, text, time and 0 or 1, with tabs between", line)
	}
	at, err := time.Parse(TimeLayout, cells[3])
	if err != nil {
		return Record{}, fmt.Errorf("record %.60q: %w", line, err)
	}
	return Record{Sender: cells[0], Recipient: cells[1], Text: cells[2], At: at, Received: cells[4] == "1"}, nil
}

// Row joins cells by tabs; tabs and line breaks inside them become spaces.
func Row(cells ...string) string {
	flat := strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")
	for i := range cells {
		cells[i] = flat.Replace(cells[i])
	}
	return strings.Join(cells, "\t")
}

// Encode puts text into charset, cipher and coding of the upload, ready for
// an address's query and for a line of a log.
func Encode(u profile.Upload, text string) (string, error) {
	plain := []byte(text)
	if u.Charset == "gb18030" {
		var err error
		if plain, err = simplifiedchinese.GB18030.NewEncoder().Bytes(plain); err != nil {
			return "", fmt.Errorf("encode a record in gb18030: %w", err)
		}
	}
	sealed, err := u.Box.Seal(plain)
	if err != nil {
		return "", err
	}
	if u.Base64 {
		return base64.RawURLEncoding.EncodeToString(sealed), nil
	}
	return hex.EncodeToString(sealed), nil
}

// Decode takes off what Encode put on.
func Decode(u profile.Upload, coded string) (string, error) {
	sealed, err := uncode(u, coded)
	if err != nil {
		return "", fmt.Errorf("decode a record: %w", err)
	}
	plain, err := u.Box.Open(sealed)
	if err != nil || u.Charset == "" {
		return string(plain), err
	}
	plain, err = simplifiedchinese.GB18030.NewDecoder().Bytes(plain)
	return string(plain), err
}

func uncode(u profile.Upload, coded string) ([]byte, error) {
	if u.Base64 {
		return base64.RawURLEncoding.DecodeString(coded)
	}
	return hex.DecodeString(coded)
}
