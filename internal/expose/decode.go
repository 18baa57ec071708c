package expose

import (
	"bytes"
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.org/telltale"
	"example.org/telltale/internal/peel"
)

// Bounds on one log file, and on the search for its scheme.
const (
	mostLines   = 100_000
	sampleLines = 12
	openLines   = 24
)

// lines are the lines of log files, without empty ones.
func lines(files []fetched) [][]byte {
	var out [][]byte
	for _, f := range files {
		for line := range bytes.Lines(f.body) {
			if line = bytes.TrimSpace(line); len(line) > 0 && len(out) < mostLines {
				out = append(out, line)
			}
		}
	}
	return out
}

// Decode opens every line with one scheme and returns the records, several
// of a line if it held several, and the number of lines that stayed shut.
// The charset is told for each record: UTF-8 or else GB18030.
func Decode(lines [][]byte, s Scheme) (records []string, unread int) {
	for _, line := range lines {
		text, _, ok := open(line, s)
		if !ok {
			unread++
			continue
		}
		for record := range strings.Lines(text) {
			if record = strings.TrimRight(record, "\r\n"); record != "" {
				records = append(records, record)
			}
		}
	}
	return records, unread
}

// open opens one line; charset is empty for UTF-8.
func open(line []byte, s Scheme) (text, charset string, ok bool) {
	b, err := peel.Replay(withoutCharset(s.Path), s.Key, line)
	if err != nil {
		return "", "", false
	}
	if !utf8.Valid(b) {
		charset = "gb18030"
		if b, err = peel.Replay([]string{charset}, nil, b); err != nil {
			return "", "", false
		}
	}
	return string(b), charset, readable(string(b))
}

// withoutCharset leaves the charset to be told for each record.
func withoutCharset(coats []string) []string {
	if n := len(coats); n > 0 && (coats[n-1] == "gb18030" || coats[n-1] == "utf-8") {
		return coats[:n-1]
	}
	return coats
}

// readable accepts text in fields: printable, and more than one word.
func readable(text string) bool {
	if text == "" || !utf8.ValidString(text) || !strings.ContainsAny(text, "\t|;, ") {
		return false
	}
	odd := 0
	for _, r := range text {
		if r == utf8.RuneError || unicode.Is(unicode.Co, r) || !unicode.IsPrint(r) && r != '\t' && r != '\n' && r != '\r' {
			odd++
		}
	}
	return odd == 0 && peel.Plausible([]byte(text)) > 0.6
}

// works reports whether a scheme opens nearly all of a sample, and the
// charset that most of the records are in.
func works(sample [][]byte, s Scheme) (charset string, ok bool) {
	good, chinese := 0, 0
	for i, line := range sample {
		_, set, ok := open(line, s)
		if ok {
			good++
		}
		if set != "" {
			chinese++
		}
		if i+1-good > len(sample)/4 {
			return "", false
		}
	}
	if chinese > 0 {
		charset = "gb18030"
	}
	return charset, len(sample) > 0
}

// sampled takes lines from the whole length.
func sampled(lines [][]byte, n int) [][]byte {
	if len(lines) <= n {
		return lines
	}
	var out [][]byte
	for i := range n {
		out = append(out, lines[i*(len(lines)-1)/(n-1)])
	}
	return out
}

// finder looks for the scheme of a host's logs.
type finder struct {
	opener  *peel.Opener
	schemes []Scheme   // known ones, best first
	keys    []peel.Key // those of the host first
	own     []peel.Needle
	words   []string
}

// find returns a scheme that opens the lines: a known one, or one of the
// common codings and ciphers with one of the keys, or what a search finds
// in lines that hold our own messages.
func (f *finder) find(ctx context.Context, lines [][]byte) (Scheme, bool) {
	sample := sampled(lines, sampleLines)
	for _, s := range f.schemes {
		s.Path, s.Key = insideRequest(s.Path), f.nearest(s.Key)
		if len(s.Path) == 0 {
			continue
		}
		if charset, ok := works(sample, s); ok {
			return withCharset(s, charset), true
		}
	}
	for _, coding := range codings(sample) {
		for _, s := range f.guesses(ctx, coding, sample) {
			if charset, ok := works(sample, s); ok {
				return withCharset(s, charset), true
			}
		}
	}
	return f.search(ctx, lines, sample)
}

// withCharset completes a scheme's path with its charset.
func withCharset(s Scheme, charset string) Scheme {
	s.Path = slices.Clone(withoutCharset(s.Path))
	if charset != "" {
		s.Path = append(s.Path, charset)
	}
	return s
}

// insideRequest cuts a path after the part of the request that carried the
// record: the log holds what stood in that part.
func insideRequest(coats []string) []string {
	begin := 0
	for i, coat := range coats {
		name, _, _ := strings.Cut(coat, ":")
		switch name {
		case "http", "target", "query", "header", "cookie", "body", "form", "json", "multipart", "lines":
			begin = i + 1
		}
	}
	return coats[begin:]
}

// nearest is the same key from the best source: the host's own, if it is there.
func (f *finder) nearest(key *peel.Key) *peel.Key {
	if key == nil {
		return nil
	}
	for i := range f.keys {
		if bytes.Equal(f.keys[i].Bytes, key.Bytes) {
			return &f.keys[i]
		}
	}
	return key
}

// codings are the ways in which most lines of a sample may be coded.
func codings(sample [][]byte) [][]string {
	var out [][]string
	for _, coat := range []string{"hex", "base64", "base64url", "base32"} {
		good := 0
		for _, line := range sample {
			if _, err := peel.Replay([]string{coat}, nil, line); err == nil {
				good++
			}
		}
		if good*4 >= len(sample)*3 && good > 0 {
			out = append(out, []string{coat})
		}
	}
	return append(out, nil)
}

func ciphers() []string {
	return []string{
		"des-ecb", "des-cbc", "des-cbc:iv", "3des-ecb", "3des-cbc", "3des-cbc:iv",
		"aes-128-ecb", "aes-128-cbc", "aes-128-cbc:iv", "aes-192-ecb", "aes-192-cbc", "aes-192-cbc:iv",
		"aes-256-ecb", "aes-256-cbc", "aes-256-cbc:iv", "rc4", "xor",
	}
}

// guesses are the schemes under a coding that open one of the first lines:
// most keys fall at once.
func (f *finder) guesses(ctx context.Context, coding []string, sample [][]byte) []Scheme {
	out := []Scheme{{Path: coding}}
	tried := 0
	for _, line := range sample {
		raw, err := peel.Replay(coding, nil, line)
		if err != nil || tried == 2 {
			continue
		}
		tried++
		for i := range f.keys {
			if ctx.Err() != nil {
				return out
			}
			for _, cipher := range ciphers() {
				if _, _, ok := open(raw, Scheme{Path: []string{cipher}, Key: &f.keys[i]}); ok {
					out = append(out, Scheme{Path: append(slices.Clone(coding), cipher), Key: &f.keys[i]})
				}
			}
		}
	}
	return out
}

// search opens the newest lines with everything there is.
func (f *finder) search(ctx context.Context, lines, sample [][]byte) (Scheme, bool) {
	if f.opener == nil || len(f.own) == 0 {
		return Scheme{}, false
	}
	for _, line := range lines[max(0, len(lines)-openLines):] {
		result := f.opener.Open(ctx, peel.Job{Bytes: line, Needles: f.own, Keys: f.keys, Words: f.words})
		for _, find := range result.Finds {
			s := Scheme{Path: find.Path, Key: find.Key}
			if charset, ok := works(sample, s); ok {
				return withCharset(s, charset), true
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	return Scheme{}, false
}

// recover reads the logs of a visit and adds their summaries to it.
func (h *host) recover(ctx context.Context, visit *telltale.Visit, all []*family) {
	f := &finder{
		opener: h.opener, schemes: h.target.Schemes, own: h.target.Own, words: h.target.Words,
		keys: append(slices.Clone(h.keys), h.target.Keys...),
	}
	var logs []Log
	var found []telltale.Recovered
	for _, fam := range all {
		text := lines(fam.files)
		if len(text) == 0 {
			continue
		}
		s, ok := f.find(ctx, text)
		if !ok {
			note(visit, "the %d lines of %.60q could not be read with any key at hand", len(text), fam.name)
			continue
		}
		f.schemes = append([]Scheme{s}, f.schemes...)
		records, unread := Decode(text, s)
		r := telltale.Recovered{Files: len(fam.files), Listed: len(fam.logs), Path: s.Path, Unread: unread}
		if s.Key != nil {
			r.Key, r.KeySource = hex.EncodeToString(s.Key.Bytes), s.Key.Source
		}
		logs, found = append(logs, Log{Name: fam.name, Records: records}), append(found, r)
	}
	summaries := Summarise(logs, Known{Own: h.target.Own, Words: h.target.Known})
	for i, sum := range summaries {
		sum.Files, sum.Listed, sum.Path, sum.Unread = found[i].Files, found[i].Listed, found[i].Path, found[i].Unread
		sum.Key, sum.KeySource = found[i].Key, found[i].KeySource
		visit.Recovered = append(visit.Recovered, sum)
	}
}
