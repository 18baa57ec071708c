package expose

import (
	"bytes"
	"math"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Bounds on a listing: bytes looked at, and entries read.
const (
	listingBytes   = 1 << 20
	listingEntries = 2000
)

// Entry is one entry of a listing.
type Entry struct {
	// Path on the host, decoded; directories end in a slash.
	Path string
	// Size in bytes as the listing tells it (rounded by some servers), -1 if
	// it tells none.
	Size int64
	// Kind is one of the Kind constants.
	Kind string
}

// sizes matches the size at the end of a row: Apache's "1.2K", nginx's
// "1234", "-" for none.
var sizes = regexp.MustCompile(`(?:^|[\s:])(\d{1,15}(?:\.\d+)?)\s?([KMGkmg]?)(?:i?B)?\s*$`)

// ParseListing reads a directory listing as Apache, nginx, lighttpd and
// simple servers write it, into entries that lie directly in base on host.
// Links to anywhere else are left out. ok is false if the page is none: it
// must call itself an index or be little else than links to its own entries.
func ParseListing(base, host string, page []byte) (entries []Entry, ok bool) {
	r := reader{base: base, host: host, seen: map[string]bool{}}
	tokens := html.NewTokenizer(bytes.NewReader(page[:min(len(page), listingBytes)]))
	tokens.SetMaxBuf(64 << 10)
	for len(r.entries) < listingEntries {
		if tokens.Next() == html.ErrorToken {
			break // the end, or more than is bearable
		}
		r.take(tokens.Token())
	}
	r.close()
	if !r.titled && (len(r.entries) == 0 || r.strange > 0 || !r.bare) {
		return nil, false
	}
	return r.entries, true
}

// reader walks over the tags of a page.
type reader struct {
	base, host string
	entries    []Entry
	seen       map[string]bool
	// link and text are the entry being read, and what stands behind its
	// name; inside is the element whose text is the page's title.
	link   string
	inLink bool
	text   strings.Builder
	inside atom.Atom
	// titled: the page calls itself an index. bare: links stand in <pre>,
	// a list or a table; strange counts links to elsewhere.
	titled, bare bool
	strange      int
}

func (r *reader) take(t html.Token) {
	switch t.Type {
	case html.StartTagToken, html.SelfClosingTagToken:
		r.open(t)
	case html.EndTagToken:
		switch t.DataAtom {
		case atom.A:
			r.inLink = false
		case atom.Title, atom.H1, atom.H2:
			r.inside = 0
		case atom.Tr, atom.Li, atom.Pre:
			r.close()
		}
	case html.TextToken:
		r.words(t.Data)
	}
}

func (r *reader) open(t html.Token) {
	switch t.DataAtom {
	case atom.Title, atom.H1, atom.H2:
		r.inside = t.DataAtom
	case atom.Pre, atom.Table, atom.Ul:
		r.bare = true
	case atom.Script, atom.Form, atom.Iframe:
		r.strange++
	case atom.A:
		r.close()
		for _, a := range t.Attr {
			if a.Key == "href" {
				r.follow(a.Val)
			}
		}
	}
}

// follow begins an entry, if the link is to one.
func (r *reader) follow(href string) {
	path, ok := below(r.base, r.host, href)
	if ok {
		r.link, r.inLink = path, true
		return
	}
	up := strings.HasPrefix(r.base, href) || href == "../" || href == ".."
	if !up && !strings.HasPrefix(href, "?") {
		r.strange++
	}
}

func (r *reader) words(text string) {
	if r.inside != 0 {
		lower := strings.ToLower(text)
		for _, sign := range []string{"index of", "directory listing", "listing of"} {
			r.titled = r.titled || strings.Contains(lower, sign)
		}
	}
	if r.link != "" && !r.inLink && r.text.Len() < 200 {
		first, _, more := strings.Cut(text, "\n")
		r.text.WriteString(first[:min(len(first), 200)] + " ")
		if more {
			r.close()
		}
	}
}

// close ends the entry being read.
func (r *reader) close() {
	if r.link != "" && !r.seen[r.link] {
		r.seen[r.link] = true
		e := Entry{Path: r.link, Size: sizeIn(r.text.String())}
		e.Kind = Classify(e)
		r.entries = append(r.entries, e)
	}
	r.link, r.inLink = "", false
	r.text.Reset()
}

// sizeIn reads the size at the end of a row.
func sizeIn(row string) int64 {
	m := sizes.FindStringSubmatch(strings.TrimRight(row, " \r\n\t"))
	if m == nil {
		return -1
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return -1
	}
	power := strings.Index(" kmg", strings.ToLower(m[2]))
	if m[2] == "" {
		power = 0
	}
	return int64(math.Round(n * math.Pow(1024, float64(power))))
}
