package casefile

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"example.org/telltale"
)

// Digests lists every blob that the record names, each once, sorted.
func Digests(r *telltale.Record) []telltale.Digest {
	named := map[telltale.Digest]bool{}
	for _, f := range r.Flows {
		for _, m := range f.Messages {
			named[m.Bytes] = true
		}
	}
	for _, l := range r.Layers {
		named[l.Bytes] = true
		for _, step := range l.Steps {
			named[step] = true
		}
	}
	for _, f := range r.App.Files {
		if f.Harvest {
			named[f.Digest] = true
		}
	}
	delete(named, "")
	return sortedDigests(named)
}

func sortedDigests(set map[telltale.Digest]bool) []telltale.Digest {
	out := make([]telltale.Digest, 0, len(set))
	for d := range set {
		out = append(out, d)
	}
	slices.Sort(out)
	return out
}

// strays reports files that nothing in the log accounts for. A blob without
// an entry is what a crash leaves between the two; anything else is foreign.
func (v *verification) strays() {
	err := filepath.WalkDir(v.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file := v.relative(path)
		switch {
		case v.expected(file):
		case strings.HasPrefix(file, "blobs/"):
			v.blobStray(file)
		case isUnfinished(file):
			v.note(file, "an unfinished file that is derived: a run was cut off; it may be deleted")
		case strings.HasPrefix(file, "capture/"):
			if _, ok := v.state.files[file]; !ok {
				v.note(file, "was not closed: the run was cut off or goes on")
			}
		default:
			v.problem(file, 0, "does not belong to a case")
		}
		return nil
	})
	if err != nil {
		v.problem(".", 0, "cannot be walked: %v", err)
	}
}

// expected reports whether a file is accounted for by another check or is
// derived and may be anything.
func (v *verification) expected(file string) bool {
	if _, ok := v.state.files[file]; ok {
		return true
	}
	switch file {
	case "format", "checkpoint", "checkpoint.new", "key.pub", "canary.key", "lock", "log/entries.jsonl",
		"index.sqlite", "report.html", "report.json", "report.txt":
		return true
	}
	return strings.HasPrefix(file, "checkpoints/") || strings.HasPrefix(file, "log/torn-") ||
		strings.HasPrefix(file, "ca/")
}

// unfinished reports whether a file is what is left of writing one that is
// derived from the log.
func isUnfinished(file string) bool {
	name, _, found := strings.Cut(file, ".new")
	switch name {
	case "report.html", "report.json", "report.txt", "index.sqlite":
		return found
	}
	return false
}

func (v *verification) blobStray(file string) {
	hex := strings.NewReplacer("blobs/", "", "/", "", ".zst", "").Replace(file)
	d := telltale.Digest("sha256:" + hex)
	if _, err := d.Hex(); err != nil {
		if strings.Contains(file, "/.new-") {
			v.note(file, "an unfinished blob: a crash left it")
			return
		}
		v.problem(file, 0, "is not named like a blob")
		return
	}
	if v.named[d] {
		return
	}
	b, err := readBlob(filepath.Join(v.dir, filepath.FromSlash(file)))
	if err != nil || telltale.DigestOf(b) != d {
		v.problem(file, 0, "is not what its name says")
		return
	}
	v.note(file, "is named by no entry: a crash came between the two")
}
