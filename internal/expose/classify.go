package expose

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Kinds of entries, as in telltale.Entry.
const (
	KindKey       = "key"
	KindLog       = "log"
	KindDirectory = "directory"
	KindStray     = "stray"
	KindOther     = "other"
)

// keyFileSize is the largest file that is taken for a key, in bytes.
const keyFileSize = 4 << 10

var (
	keyName = regexp.MustCompile(`(?i)(^|[^a-z])(key|keys|secret|passwd|password|pass|pwd)($|[^a-z])|\.(key|pem|der|pfx)$`)
	// dated finds YYYYMMDD, YYYY-MM-DD, YYYYMM and the like in a name.
	dated = regexp.MustCompile(`(19|20)\d{2}[-_.]?(0[1-9]|1[0-2])([-_.]?(0[1-9]|[12]\d|3[01]))?`)
)

// Classify tells the kind of an entry by its name and size.
func Classify(e Entry) string {
	if strings.HasSuffix(e.Path, "/") {
		return KindDirectory
	}
	kind := kindOfName(path.Base(e.Path))
	if kind == KindKey && e.Size > keyFileSize {
		return KindOther
	}
	return kind
}

func kindOfName(name string) string {
	ext := strings.ToLower(path.Ext(name))
	switch {
	case stray(ext):
		return KindStray
	case keyName.MatchString(name):
		return KindKey
	case ext == ".log", dated.MatchString(name) && (ext == ".txt" || ext == ".dat" || ext == ".csv" || ext == ""):
		return KindLog
	}
	return KindOther
}

// stray are endings of what people share and services do not keep.
func stray(ext string) bool {
	switch ext {
	case ".avi", ".mkv", ".mp4", ".mpg", ".mpeg", ".wmv", ".rmvb", ".flv", ".mov", ".vob",
		".mp3", ".flac", ".wma", ".ogg", ".torrent", ".nfo", ".iso", ".cue", ".nrg",
		".rar", ".r00", ".7z", ".ace", ".srt":
		return true
	}
	return false
}

// looksLikeKey accepts short files of one line, without markup.
func looksLikeKey(b []byte) bool {
	text := strings.TrimSpace(string(b))
	return len(text) >= 5 && len(b) <= 256 && !strings.ContainsAny(text, "<\n") && (utf8.ValidString(text) || len(b) <= 64)
}

// familyOf is a log's name without its date and ending, and its day. The
// newest log of a service may have no date; its day is zero.
func familyOf(p string) (family string, on time.Time) {
	name := path.Base(p)
	found := dated.FindString(name)
	family = strings.Replace(name, found, "", 1)
	if ext := path.Ext(family); ext != family {
		family = strings.TrimSuffix(family, ext)
	}
	family = strings.Trim(family, "-_. ")
	digits := strings.NewReplacer("-", "", "_", "", ".", "").Replace(found)
	for _, layout := range []string{"20060102", "200601"} {
		if t, err := time.Parse(layout, digits); err == nil {
			return family, t
		}
	}
	return family, time.Time{}
}

// plan is what to ask for, in order.
type plan struct {
	keys, logs, directories, small []Entry
}

// Bounds on what is asked for, beside the budget.
const (
	mostKeys        = 4
	logsPerFamily   = 2
	mostDirectories = 3
	mostSmall       = 2
	smallSize       = 256
)

// planOf chooses from a listing: key files; of each family of logs the
// newest, then the next; sub-directories; small files that may be keys.
func planOf(entries []Entry) plan {
	var p plan
	for _, e := range entries {
		switch {
		case e.Kind == KindKey && len(p.keys) < mostKeys:
			p.keys = append(p.keys, e)
		case e.Kind == KindDirectory && len(p.directories) < mostDirectories:
			p.directories = append(p.directories, e)
		case e.Kind == KindOther && e.Size > 0 && e.Size <= smallSize && len(p.small) < mostSmall:
			p.small = append(p.small, e)
		}
	}
	byFamily := logsByFamily(entries)
	for age := range logsPerFamily {
		for _, f := range byFamily {
			if age < len(f.logs) {
				p.logs = append(p.logs, f.logs[age])
			}
		}
	}
	return p
}

// family is the logs of one name, newest first.
type family struct {
	name string
	logs []Entry
	// files are those that were fetched.
	files []fetched
}

func logsByFamily(entries []Entry) []*family {
	var all []*family
	byName := map[string]*family{}
	for _, e := range entries {
		if e.Kind != KindLog {
			continue
		}
		name, _ := familyOf(e.Path)
		if byName[name] == nil {
			byName[name] = &family{name: name}
			all = append(all, byName[name])
		}
		byName[name].logs = append(byName[name].logs, e)
	}
	for _, f := range all {
		slices.SortStableFunc(f.logs, func(a, b Entry) int { return newer(a.Path, b.Path) })
	}
	return all
}

// newer sorts newest first; a log without a date is the one being written.
func newer(a, b string) int {
	_, dayA := familyOf(a)
	_, dayB := familyOf(b)
	if dayA.IsZero() != dayB.IsZero() {
		if dayA.IsZero() {
			return -1
		}
		return 1
	}
	return cmp.Or(dayB.Compare(dayA), cmp.Compare(b, a))
}

// families joins what was fetched with what was listed.
func families(files []fetched, entries []Entry) []*family {
	all := logsByFamily(entries)
	for _, file := range files {
		name, _ := familyOf(file.entry.Path)
		for _, f := range all {
			if f.name == name {
				f.files = append(f.files, file)
			}
		}
	}
	return all
}
