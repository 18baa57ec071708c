package redact

import (
	"bytes"
	"context"
	"crypto/sha256"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/peel/match"
)

// searcher looks for the texts that must not be read. It may be used
// concurrently.
type searcher struct {
	texts []text
	// plain finds texts in every charset and altered form, coded in every
	// simple coding.
	plain, coded *match.Set
	// short are texts, and their forms in charsets, that are too short for
	// these: they are looked for as words.
	short   []shortForm
	opener  *peel.Opener
	needles []peel.Needle
	keys    []peel.Key

	mu sync.Mutex
	// clean are contents that were searched to the bottom, by digest; limited
	// of them were too large for it.
	clean   map[[sha256.Size]byte]bool
	limited int
}

// shortForm is a short text in one charset.
type shortForm struct {
	text  int
	bytes []byte
	// word says that letters and digits beside it make it another word.
	word bool
}

func newSearcher(texts []text, keys []peel.Key) *searcher {
	s := &searcher{texts: texts, keys: keys, opener: peel.New(peel.All()), clean: map[[sha256.Size]byte]bool{}}
	for i, t := range texts {
		s.needles = append(s.needles, peel.Needle{Probe: t.alias, Text: t.text})
		s.addShort(i, t.text)
	}
	s.plain, s.coded = match.Compile(s.needles), match.CompileCoded(s.needles)
	return s
}

// leastForm is the length in bytes from which on a text is looked for in the
// middle of words.
const leastForm = match.MinLen

func (s *searcher) addShort(i int, text string) {
	word := strings.ContainsFunc(text, func(r rune) bool { return r < utf8.RuneSelf })
	for _, form := range []string{match.UTF8, "utf-16le", "utf-16be", "gb18030", "big5"} {
		b := match.Encode(lower(text), form)
		if len(b) < leastNamed || len(b) >= leastForm {
			continue
		}
		same := func(f shortForm) bool { return f.text == i && bytes.Equal(f.bytes, b) }
		if !slices.ContainsFunc(s.short, same) {
			s.short = append(s.short, shortForm{i, b, word})
		}
	}
}

// shallow returns the numbers of the texts that stand in b, as they are or in
// a simple coding, and whether any does.
func (s *searcher) shallow(b []byte) ([]int, bool) {
	which := s.long(b)
	if len(s.short) > 0 {
		which = append(which, s.shortIn(b)...)
	}
	slices.Sort(which)
	return slices.Compact(which), len(which) > 0
}

// long returns the texts that do not turn up by chance, not even in noise.
func (s *searcher) long(b []byte) []int {
	var which []int
	for _, set := range []*match.Set{s.plain, s.coded} {
		for _, hit := range set.Find(b, 0) {
			which = append(which, hit.Needle)
		}
	}
	return which
}

// first is a text that stands in b as shallow sees it, or nil.
func (s *searcher) first(b []byte) *found {
	if which, any := s.shallow(b); any {
		return &found{text: which[0]}
	}
	return nil
}

// firstLong is one of the texts that do not turn up by chance, or nil.
func (s *searcher) firstLong(b []byte) *found {
	if which := s.long(b); len(which) > 0 {
		return &found{text: which[0]}
	}
	return nil
}

func (s *searcher) shortIn(b []byte) []int {
	var which []int
	low := bytes.Map(foldASCII, b)
	if !utf8.Valid(b) {
		low = lowerBytes(b)
	}
	for _, f := range s.short {
		if hasWord(low, f) {
			which = append(which, f.text)
		}
	}
	return which
}

func foldASCII(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// lowerBytes makes ASCII letters lower case in what need not be text.
func lowerBytes(b []byte) []byte {
	out := bytes.Clone(b)
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return out
}

// hasWord reports whether b holds the text, as a word if it is one.
func hasWord(b []byte, f shortForm) bool {
	for from := 0; ; {
		at := bytes.Index(b[from:], f.bytes)
		if at < 0 {
			return false
		}
		at += from
		if !f.word || !letterBefore(b[:at]) && !letterAfter(b[at+len(f.bytes):]) {
			return true
		}
		from = at + 1
	}
}

func letterBefore(b []byte) bool {
	r, _ := utf8.DecodeLastRune(b)
	return wordSign(r)
}

func letterAfter(b []byte) bool {
	r, _ := utf8.DecodeRune(b)
	return wordSign(r)
}

// wordSign reports whether a sign goes on with a word. Signs of other writings
// do not: they stand beside Latin words without a blank.
func wordSign(r rune) bool {
	return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// found is a text that can be read somewhere.
type found struct {
	text int
	path []string
}

// deep searches b as anybody could who has peel and the keys of the case. It
// returns nil if nothing can be read.
func (s *searcher) deep(ctx context.Context, b []byte) (*found, error) {
	key := sha256.Sum256(b)
	s.mu.Lock()
	clean := s.clean[key]
	s.mu.Unlock()
	if clean {
		return nil, nil
	}
	if f := s.first(b); f != nil {
		return f, nil
	}
	if len(s.needles) == 0 {
		return nil, nil
	}
	result := s.opener.Open(ctx, peel.Job{Bytes: b, Needles: s.needles, Keys: s.keys})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, find := range result.Finds {
		if len(find.Probes) > 0 {
			return &found{text: s.number(find.Probes[0]), path: find.Path}, nil
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clean[key] = true
	if slices.ContainsFunc(result.Notes, func(n peel.Note) bool { return n.Kind == peel.NoteLimit }) {
		s.limited++
	}
	return nil, nil
}

// number is that of the text with an alias.
func (s *searcher) number(alias string) int {
	return slices.IndexFunc(s.texts, func(t text) bool { return t.alias == alias })
}

// rule is the one that a text was found by.
func (s *searcher) rule(f *found) string {
	return s.texts[f.text].rule
}

// named is what a find is called in errors: an alias, not the text.
func (s *searcher) named(f *found) string {
	return s.texts[f.text].alias + " (" + s.texts[f.text].rule + ")"
}

// each calls use for every number below n, on all processors, and returns the
// first error.
func each(ctx context.Context, n int, use func(i int) error) error {
	var mu sync.Mutex
	var failed error
	next := 0
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1, next <= n && failed == nil && ctx.Err() == nil
	}
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i, ok := take(); ok; i, ok = take() {
				if err := use(i); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
				}
			}
		})
	}
	workers.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}
