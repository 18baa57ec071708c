package wordlist

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"example.org/telltale"
)

// Options are how a file is to be read. The zero value will mostly do.
type Options struct {
	// List, Date and Version are used in the place of what the file's name
	// says, if set. They do not change the canonical form.
	List, Date, Version string
	// Charset is one of [Charsets]; empty to find it.
	Charset string
	// Combine is what stands between the words of a combination, as in "+".
	// Empty: a plus sign, if it stands inside enough entries to be one.
	// "none": every entry is one text.
	Combine string
	// Keys are tried on enciphered files, before [HistoricKeys].
	Keys []Key
	// Open, if set, is asked for lists under other coats than those of the
	// historic clients.
	Open func(b []byte) (Opened, bool)
}

// Opened is a list as found under coats.
type Opened struct {
	Lines          []string
	Coats          []string
	Key, KeySource string
}

func (o Options) keys() []Key { return append(slices.Clone(o.Keys), HistoricKeys()...) }

// Read reads one file, whatever its layout. name is its path, with slashes;
// it gives the list's name and date, and stands in errors.
//
// Files that are no text are tried with the ciphers of the historic clients:
// the chain of the 3.x clients (plain[i] = (c[i] ^ 0x68) - c[i-1], and the
// variant with the plain byte before), AES in ECB mode and DES-ECB with the
// keys at hand; as a whole or line by line; raw, in hex or in base64.
func Read(name string, b []byte, o Options) (List, error) {
	if len(b) > MostBytes {
		return List{}, fmt.Errorf("%s: %d bytes, a list has at most %d", name, len(b), MostBytes)
	}
	if canonical(b) {
		return parse(name, b)
	}
	if o.Date != "" && !ValidDate(o.Date) {
		return List{}, fmt.Errorf("%q is no date: write it as 2011-04-24", o.Date)
	}
	if len(bytes.TrimSpace(bytes.TrimRight(b, "\x00"))) == 0 {
		return List{}, fmt.Errorf("%s: empty: there is no list in it", name)
	}
	text, source, err := openText(name, b, o)
	if err != nil {
		return List{}, err
	}
	source.File, source.Digest = name, telltale.DigestOf(b)
	if rows, ok := table(name, text); ok {
		return readTable(name, rows, source, o)
	}
	entries, err := lines(name, text, o)
	if err != nil {
		return List{}, err
	}
	return Join(List{Snapshots: []Snapshot{o.snapshot(name, source, entries)}}), nil
}

// snapshot names what was read.
func (o Options) snapshot(name string, source Source, entries []Entry) Snapshot {
	s := Snapshot{Source: source, Entries: entries}
	s.List, s.Date, s.Version = Named(name)
	if o.List != "" {
		s.List = o.List
	}
	if o.Date != "" {
		s.Date = o.Date
	}
	if o.Version != "" {
		s.Version = o.Version
	}
	return s
}

// openText takes coats off until there is text.
func openText(name string, b []byte, o Options) (string, Source, error) {
	if text, ok := decode(b, o.Charset); ok {
		if coded(text) {
			if got, ok := unlock(b, o, "hex", "base64"); ok {
				return got.text, got.source(), nil
			}
		}
		return text, Source{Coats: coatsOf(o.Charset)}, nil
	}
	if got, ok := unlock(b, o, "", "hex", "base64"); ok {
		return got.text, got.source(), nil
	}
	if o.Charset == "" {
		if text, charset, ok := guess(b); ok {
			return text, Source{Coats: []string{charset}}, nil
		}
		if mostlyText(b) {
			return string(b), Source{}, nil
		}
	}
	if o.Open != nil {
		if got, ok := o.Open(b); ok {
			return strings.Join(got.Lines, "\n"), Source{Coats: got.Coats, Key: got.Key, KeySource: got.KeySource}, nil
		}
	}
	at := firstOdd(b)
	return "", Source{}, fmt.Errorf("%s: offset %d: byte %#02x is of no text, and no key at hand opens the file (%.1f bits of entropy a byte): give its key with --keys, or a file that holds it with --keys-from, or its --charset", name, at, b[at], entropy(b))
}

func (o opened) source() Source {
	s := Source{Coats: o.coats, KeySource: o.key.Source}
	if len(o.key.Bytes) > 0 {
		s.Key = fmt.Sprintf("%x", o.key.Bytes)
	}
	return s
}

// coded reports whether every line may be bytes in hex or base64.
func coded(text string) bool {
	n := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.Trim(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=") != "" {
			return false
		}
		n += len(line)
	}
	return n >= 4*least
}

// mostlyText accepts UTF-8 with a stray control character in a hundred.
func mostlyText(b []byte) bool {
	odd := 0
	for _, c := range b {
		if c == 0 {
			return false
		}
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			odd++
		}
	}
	return utf8.Valid(b) && odd*100 <= len(b)
}

// firstOdd is the place of the first byte that belongs to no text in UTF-8.
func firstOdd(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 || r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f {
			return i
		}
		i += n
	}
	return 0
}

func entropy(b []byte) float64 {
	var counts [256]int
	for _, c := range b {
		counts[c]++
	}
	h := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(b))
			h -= p * math.Log2(p)
		}
	}
	return h
}

// lines reads one entry a line, with the blanks around it; lines of nothing
// but blanks are none.
func lines(name, text string, o Options) ([]Entry, error) {
	var entries []Entry
	n := 0
	for line := range strings.Lines(text) {
		n++
		if line = bare(line); trimmed(line) == "" {
			continue
		}
		if len(line) > LongestEntry {
			return nil, fmt.Errorf("%s: line %d has %d bytes, an entry has at most %d: is it a list with one entry a line?", name, n, len(line), LongestEntry)
		}
		if len(entries) == MostEntries {
			return nil, tooMany(name)
		}
		entries = append(entries, Entry{Text: line})
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("%s: blank lines only: there is no list in it", name)
	}
	combine(entries, o.Combine)
	return entries, nil
}

// combineShare is the share of entries with a plus sign inside from which it
// is taken for a sign of combinations: one in twenty.
const combineShare = 20

// combine splits combinations into their words and marks patterns.
func combine(entries []Entry, sign string) {
	if sign == "none" {
		return
	}
	if sign == "" {
		with := 0
		for _, e := range entries {
			if len(split(e.Text, "+")) > 1 {
				with++
			}
		}
		if with*combineShare >= len(entries) && with > 1 {
			sign = "+"
		}
	}
	for i := range entries {
		entries[i] = entryOf(entries[i].Text, sign)
	}
}

// entryOf reads one entry; sign may be empty.
func entryOf(text, sign string) Entry {
	e := Entry{Text: text}
	if pattern(text) {
		e.Pattern = true
	} else if words := split(text, sign); len(words) > 1 {
		e.Words = words
	}
	return e
}

// split gives the words of a combination, or nil if a part is empty.
func split(text, sign string) []string {
	if sign == "" || !strings.Contains(text, sign) {
		return nil
	}
	words := strings.Split(text, sign)
	for i := range words {
		if words[i] = trimmed(words[i]); words[i] == "" {
			return nil
		}
	}
	return words
}
