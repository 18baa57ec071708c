// Package mutate damages cases in every way it knows and asks a verifier
// whether it notices. It is for tests and measures: what a verifier does not
// notice and name, somebody can do to a case unseen.
//
// # What counts as named
//
// A verifier names a mutation if it says something that it does not say of the
// case as it was, and says it of a file that was changed, added, removed or
// renamed, of a folder that such a file lies in, or of one that contradicts it:
//
//   - a change in the log may be told of a checkpoint, which signs other lines,
//     of a witness's file or a time stamp over such a checkpoint, of `redacted`,
//     which signs the whole log, and of files that the changed lines name;
//   - a change in a checkpoint may be told of its copy, of the line of the log
//     that was signed there, and of time stamps and witnesses' files over it;
//   - a change in key.pub may be told of everything that it signs, and a change
//     in witness/NAME.pub of everything that NAME signed;
//   - a change in format may end the verification with an error that names it.
//
// # Notes
//
// What a crash leaves behind, and what anybody may add later, does not make a
// case worthless, so a verifier only notes it; a mutation that does the same
// cannot be told from it. A note is enough, see [Gentle], for
//
//   - bytes without a newline behind the last line of the log;
//   - the checkpoint before the newest as the copy of the newest;
//   - lines behind the newest checkpoint;
//   - files that nothing vouches for: blobs, packet files, torn lines, what
//     others sign, and what is called unfinished;
//   - a whole case as it was when one of its checkpoints was signed, and its run
//     not finished. Of a finished one that is older than it could be, only who
//     knows a newer checkpoint can tell.
//
// Two files may be removed, for they are no evidence: lock and index.sqlite.
package mutate

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Tree is the files of a case by slashed path. The bytes are shared between
// trees and never changed.
type Tree map[string][]byte

// Load reads a case.
func Load(dir string) (Tree, error) {
	t := Tree{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		t[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	return t, err
}

// With is the tree with one file set, or removed if content is nil.
func (t Tree) With(name string, content []byte) Tree {
	out := maps.Clone(t)
	if content == nil {
		delete(out, name)
	} else {
		out[name] = content
	}
	return out
}

// Names are the paths, sorted.
func (t Tree) Names() []string { return slices.Sorted(maps.Keys(t)) }

// Changed lists the paths in which two trees differ, sorted.
func (t Tree) Changed(other Tree) []string {
	var out []string
	for name, content := range t {
		if b, there := other[name]; !there || !bytes.Equal(b, content) {
			out = append(out, name)
		}
	}
	for name := range other {
		if _, there := t[name]; !there {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// write brings some files of a directory to what the tree says.
func (t Tree) write(dir string, names []string) error {
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		content, there := t[name]
		if !there {
			if err := os.Remove(path); err != nil {
				return err
			}
			// A folder that was made for it alone goes with it.
			_ = os.Remove(filepath.Dir(path))
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Save writes all files into a directory.
func (t Tree) Save(dir string) error { return t.write(dir, t.Names()) }
