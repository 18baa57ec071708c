package wordlist

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// order sorts snapshots: by list, then by date, then by version, dated ones
// after those that are not.
func order(a, b Snapshot) int {
	return cmp.Or(
		cmp.Compare(a.List, b.List), cmp.Compare(a.Date, b.Date),
		versions(a.Version, b.Version), cmp.Compare(a.Source.File, b.Source.File),
	)
}

// versions compares texts with numbers in them by the numbers.
func versions(a, b string) int {
	for a != "" && b != "" {
		da, db := digits(a), digits(b)
		if da == 0 || db == 0 {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		na, _ := strconv.ParseUint(a[:da], 10, 64)
		nb, _ := strconv.ParseUint(b[:db], 10, 64)
		if na != nb {
			return cmp.Compare(na, nb)
		}
		a, b = a[da:], b[db:]
	}
	return cmp.Compare(len(a), len(b))
}

func digits(s string) int {
	n := 0
	for n < len(s) && n < 18 && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

func same(a, b Snapshot) bool {
	return a.List == b.List && a.Date == b.Date && a.Version == b.Version &&
		slices.EqualFunc(a.Entries, b.Entries, func(x, y Entry) bool { return x.Text == y.Text })
}

var (
	dateInName    = regexp.MustCompile(`[-._ ]?((?:19|20)\d\d)[-._]?(\d\d)[-._]?(\d\d)([-._ T]|$)`)
	versionInName = regexp.MustCompile(`(?i)[-._ ](v\d+(?:\.\d+)*)$`)
)

// Named reads a file's name: which list it is a snapshot of, when it was
// taken, or which version it is. Names are as in
// "dlist-4.0/keyfile.2011-12-22.plain" and "lists/line-v24.txt". The last
// directory is part of the list's name, since it often says the most.
func Named(file string) (list, date, version string) {
	file = strings.ReplaceAll(file, "\\", "/")
	dir, base := path.Split(file)
	stem := base
	for range 2 {
		ext := path.Ext(stem)
		if len(ext) > 1 && len(ext) <= 8 && len(ext) < len(stem) && !strings.ContainsAny(ext[1:], "0123456789") {
			stem = strings.TrimSuffix(stem, ext)
		}
	}
	if m := dateInName.FindStringSubmatchIndex(stem); m != nil {
		day := stem[m[2]:m[3]] + "-" + stem[m[4]:m[5]] + "-" + stem[m[6]:m[7]]
		if ValidDate(day) {
			date, stem = day, stem[:m[0]]+stem[m[8]:]
		}
	}
	if m := versionInName.FindStringSubmatchIndex(stem); m != nil {
		version, stem = strings.ToLower(stem[m[2]:m[3]]), stem[:m[0]]
	}
	if stem = strings.Trim(stem, "-._ "); stem == "" {
		stem = strings.TrimSuffix(base, path.Ext(base))
	}
	if stem == "" {
		stem = base
	}
	if parent := path.Base(path.Clean(dir)); parent != "." && parent != "/" && parent != ".." {
		stem = parent + "/" + stem
	}
	return stem, date, version
}

// ValidDate reports whether s is a day as YYYY-MM-DD.
func ValidDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
