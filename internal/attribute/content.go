package attribute

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"example.org/telltale"
)

// contentLimit bounds how much of one layer is searched.
const contentLimit = 1 << 20

// contents lists what else a copy holds besides the text: the names of
// sender and recipient as whole fields, and the time of sending. It looks at
// every step from the innermost bytes outwards, because the last coats may
// have cut the text out of a record (as json:text does).
func contents(t *trial, layer telltale.Layer, blob Blob) []string {
	var sender, recipient, stamped bool
	look := func(digest telltale.Digest, names, times bool) {
		data := blob.fetch(digest)
		data = data[:min(len(data), contentLimit)]
		data = bytes.ReplaceAll(data, []byte(t.Text), []byte(" "))
		sender = sender || names && wholeField(data, t.From)
		recipient = recipient || names && wholeField(data, t.To)
		stamped = stamped || times && holdsTime(data, t.sent)
	}
	look(layer.Bytes, true, true)
	for i, step := range layer.Steps {
		// A Date header says nothing of the copy, so whole HTTP messages
		// are searched for names alone.
		look(step, true, i >= len(layer.Path) || layer.Path[i] != "http")
	}
	var out []string
	for field, found := range map[string]bool{telltale.FieldSender: sender, telltale.FieldRecipient: recipient, telltale.FieldTime: stamped} {
		if found {
			out = append(out, field)
		}
	}
	slices.Sort(out)
	return out
}

// wholeField reports whether name stands in data with no letter, digit, dot,
// dash or underscore next to it, whatever its case.
func wholeField(data []byte, name string) bool {
	if name == "" {
		return false
	}
	low, want := bytes.ToLower(data), []byte(strings.ToLower(name))
	for from := 0; ; {
		i := bytes.Index(low[from:], want)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(want)
		before, _ := utf8.DecodeLastRune(low[:start])
		after, _ := utf8.DecodeRune(low[end:])
		if !inName(before, start == 0) && !inName(after, end == len(low)) {
			return true
		}
		from = start + 1
	}
}

func inName(r rune, edge bool) bool {
	if edge || r == utf8.RuneError {
		return false
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-", r)
}

// timeForm is one way to write a time.
type timeForm struct {
	shape  *regexp.Regexp
	layout string
	// slack allows for time zones: the writing rarely says which one.
	slack time.Duration
}

const (
	daySlack  = 26 * time.Hour // zones reach from -12 to +14 hours
	dateSlack = 48 * time.Hour // a date alone, in any zone
)

// timeForms are the common ways, constant once compiled.
var timeForms = []timeForm{
	{regexp.MustCompile(`\b\d{1,2}/\d{1,2}/\d{4},? \d{1,2}:\d{2}:\d{2} [AP]M\b`), "1/2/2006 3:04:05 PM", daySlack},
	{regexp.MustCompile(`\b\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d{2}:\d{2}\b`), "1/2/2006 15:04:05", daySlack},
	{regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}`), "2006-01-02 15:04:05", daySlack},
	{regexp.MustCompile(`\b\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d{2}:\d{2}\b`), "2006/1/2 15:04:05", daySlack},
	{regexp.MustCompile(`\b\d{1,2}\.\d{1,2}\.\d{4} \d{2}:\d{2}:\d{2}\b`), "2.1.2006 15:04:05", daySlack},
	{regexp.MustCompile(`\b\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2}\b`), "2 Jan 2006 15:04:05", daySlack},
	{regexp.MustCompile(`\b20\d{12}\b`), "20060102150405", daySlack},
	{regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}\b`), "2006-01-02", dateSlack},
	{regexp.MustCompile(`\b\d{1,2}/\d{1,2}/\d{4}\b`), "1/2/2006", dateSlack},
}

// epochForm is seconds or milliseconds since 1970. It has no zone.
var epochForm = regexp.MustCompile(`\b[12]\d{9}(\d{3})?\b`)

// holdsTime reports whether data holds a date or time near sent.
func holdsTime(data []byte, sent time.Time) bool {
	if sent.IsZero() {
		return false
	}
	data = bytes.ReplaceAll(data, []byte(`\/`), []byte("/"))
	for _, form := range timeForms {
		for _, found := range form.shape.FindAll(data, 1000) {
			text := strings.NewReplacer("T", " ", ",", "").Replace(string(found))
			at, err := time.Parse(form.layout, text)
			if err == nil && at.Sub(sent).Abs() <= form.slack {
				return true
			}
		}
	}
	return holdsEpoch(data, sent)
}

func holdsEpoch(data []byte, sent time.Time) bool {
	for _, found := range epochForm.FindAll(data, 1000) {
		n, err := strconv.ParseInt(string(found), 10, 64)
		if err != nil {
			continue
		}
		at := time.Unix(n, 0)
		if len(found) == 13 {
			at = time.UnixMilli(n)
		}
		if at.Sub(sent).Abs() <= time.Hour {
			return true
		}
	}
	return false
}
