package peel

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"example.org/telltale/internal/peel/match"
)

// A charset of several bytes a character can be read from any byte on, and
// what is read depends on where one begins. A text amid other bytes is read
// from the first place from which its own characters come out. Readings that
// begin elsewhere but come to the same place go on alike, so few places
// differ; a find is read from one of a few starts, and so [Retrace] finds it again
// without knowing where it was.

const (
	// startsMost is how many places of one layer are read from.
	startsMost = 256
	// startsWork bounds what is decoded from them, in bytes.
	startsWork = 64 << 20
	// startsBytes is how much of a layer is looked at for them.
	startsBytes = 1 << 20
)

// unitOf is the number of bytes of a unit in charsets whose units are of one
// length; 1 for those of mixed length, 0 for those of one byte.
func unitOf(form string) int {
	switch {
	case strings.HasPrefix(form, "utf-16"):
		return 2
	case strings.HasPrefix(form, "utf-32"):
		return 4
	case form == "gb18030", form == "big5", form == "shift-jis", form == "euc-kr", form == "euc-jp":
		return 1
	}
	return 0
}

// phases are what may be read of a layer in one charset.
type phases struct {
	form string
	b    []byte
	// decoder tells how long characters are; from and owner are of the stretch
	// that was looked at last: from which place a reading came first to each.
	decoder *encoding.Decoder
	from    int
	owner   []int
	listed  []int
}

func newPhases(form string, b []byte) *phases {
	r := &phases{form: form, b: b}
	if unitOf(form) == 1 {
		r.decoder = match.Charset(form).NewDecoder()
	}
	return r
}

// starts lists the places that a reading may begin at so that it differs from
// those before: always 0, and in order.
func (r *phases) starts() []int {
	if r.listed != nil {
		return r.listed
	}
	r.listed = []int{0}
	if r.decoder == nil {
		for i := 1; i < min(unitOf(r.form), len(r.b)); i++ {
			r.listed = append(r.listed, i)
		}
		return r.listed
	}
	most := min(startsMost, max(4, startsWork/max(1, len(r.b))))
	for from := 0; from < min(len(r.b), startsBytes); from += len(r.owner) {
		r.stretch(from)
		for i, owner := range r.owner[1:] {
			if at := from + 1 + i; owner == at && len(r.listed) < most {
				r.listed = append(r.listed, at)
			}
		}
		if len(r.listed) == most {
			break
		}
	}
	return r.listed
}

// startOf is the first of the starts from which the reading comes to a place;
// 0 if none does.
func (r *phases) startOf(at int) int {
	if r.decoder == nil {
		return at % max(1, unitOf(r.form))
	}
	if at >= startsBytes {
		return 0
	}
	if at < r.from || at >= r.from+len(r.owner) {
		from := at
		for from > 0 && r.b[from-1] >= firstTrail {
			from--
		}
		r.stretch(from)
	}
	owner := r.owner[at-r.from]
	if _, ok := slices.BinarySearch(r.starts(), owner); owner == r.from || !ok {
		return 0 // every reading comes here, or none that is tried
	}
	return owner
}

// firstTrail is the least byte that may be part of a character of several
// bytes, in the charsets of mixed length: what is below is itself, wherever
// one began, so that all readings meet behind it.
const firstTrail = 0x30

// stretch looks at the bytes from a place at which all readings meet up to the
// next one.
func (r *phases) stretch(from int) {
	end := from
	for end < len(r.b) && end < startsBytes && r.b[end] >= firstTrail {
		end++
	}
	r.from, r.owner = from, make([]int, min(end+1, len(r.b))-from)
	for i := range r.owner {
		r.owner[i] = -1
	}
	for i := range r.owner {
		for at := i; at < len(r.owner) && r.owner[at] < 0; at += r.width(from + at) {
			r.owner[at] = from + i
		}
	}
}

// width is the length of the character at a place, as the decoder takes it.
func (r *phases) width(at int) int {
	if r.b[at] < utf8.RuneSelf {
		return 1
	}
	const longest = 4
	src := r.b[at:min(len(r.b), at+longest)]
	var dst [longest]byte
	for room := 2; room <= longest; room++ { // for one character and no more
		_, n, err := r.decoder.Transform(dst[:room], src, true)
		if n > 0 && (err == nil || errors.Is(err, transform.ErrShortDst)) {
			return n
		}
	}
	return 1
}
