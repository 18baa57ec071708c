package expose

import (
	"fmt"
	"net"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode"

	"example.org/telltale"
)

// maxBases bounds the directories looked at on one host.
const maxBases = 4

// bases are the directories of the paths, each once, in order. The root of a
// host says nothing of the service; it is looked at only if nothing else is.
func bases(paths []string) []string {
	var out []string
	seen := map[string]bool{}
	root := false
	for _, p := range paths {
		dir, ok := directory(p)
		switch {
		case !ok || seen[dir]:
		case dir == "/":
			root = true
		default:
			seen[dir] = true
			out = append(out, dir)
		}
	}
	if len(out) == 0 && root {
		out = []string{"/"}
	}
	return out[:min(len(out), maxBases)]
}

// directory cuts the file name off a path: "/log/up?x=1" gives "/log/".
func directory(p string) (string, bool) {
	if cut := strings.IndexAny(p, "?#"); cut >= 0 {
		p = p[:cut]
	}
	p, err := url.PathUnescape(p)
	if err != nil || !strings.HasPrefix(p, "/") || !harmless(strings.ReplaceAll(p, "/", "")) {
		return "", false
	}
	dir := p[:strings.LastIndexByte(p, '/')+1]
	clean := path.Clean(dir)
	if clean != "/" {
		clean += "/"
	}
	return dir, dir == clean
}

// below resolves a link of a listing and returns its path if it is an entry
// of the directory: on the same host, one name further down, nothing else.
func below(base, host, link string) (string, bool) {
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil || u.Opaque != "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", false
	}
	if u.Scheme != "" && u.Scheme != "http" || u.Host != "" && !strings.EqualFold(u.Host, host) {
		return "", false
	}
	p := u.Path
	if u.Host == "" && !strings.HasPrefix(p, "/") {
		p = base + strings.TrimPrefix(p, "./")
	}
	name, ok := strings.CutPrefix(p, base)
	name = strings.TrimSuffix(name, "/")
	if !ok || name == "." || name == ".." || !harmless(name) {
		return "", false
	}
	return p, true
}

// harmless accepts a file name that means nothing but itself.
func harmless(name string) bool {
	return name != "" && len(name) <= 200 && !strings.ContainsFunc(name, func(r rune) bool {
		return r == '/' || r == '\\' || r == unicode.ReplacementChar || unicode.IsControl(r)
	})
}

// url is the address of a path on the host.
func (t Target) url(path string) string {
	u := url.URL{Scheme: "http", Host: t.Host, Path: path}
	if strings.Contains(t.Host, ":") {
		u.Host = "[" + t.Host + "]"
	}
	if t.Port != 0 && t.Port != 80 {
		u.Host = net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
	}
	return u.String()
}

// maxNotes bounds what a hostile host can make a visit say.
const maxNotes = 20

func note(v *telltale.Visit, format string, args ...any) {
	if len(v.Notes) < maxNotes {
		v.Notes = append(v.Notes, fmt.Sprintf(format, args...))
	}
}

// named is a path for a note. Only directories and the service's own kinds of
// files are named; a name that strangers chose is not repeated.
func named(p string) string {
	name := path.Base(p)
	if strings.HasSuffix(p, "/") || kindOfName(name) == KindLog || kindOfName(name) == KindKey {
		return fmt.Sprintf("%.80q", p)
	}
	return "a file"
}
