package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/wordlist"
)

const listLong = `Reads keyword lists of filters, as they were published or as an app fetched
them, compares snapshots of them, and sets them against what probing found.

  telltale list import DIR -o list.json    read lists into one canonical file
  telltale list show list.json             what is in it
  telltale list diff old.json new.json     what was added and removed
  telltale list match CASE list.json       which entries probing found, too

Where a LIST is asked for, a canonical file will do, a file in any layout that
import reads, a directory of such files, or a case directory, which stands for
the lists that the app fetched.`

func (a *app) listCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Read, compare and match keyword lists",
		Long:  listLong,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.listImportCommand(), a.listShowCommand(), a.listDiffCommand(), a.listMatchCommand())
	return cmd
}

// listFlags say how files are read. Every list command has them.
type listFlags struct {
	only, charset, combine string
	keys, keysFrom         []string
	json                   bool
}

func (f *listFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.only, "list", "", "take only lists whose name holds this text")
	flags.StringVar(&f.charset, "charset", "", "charset of the files: "+strings.Join(wordlist.Charsets(), ", ")+" (default: found)")
	flags.StringVar(&f.combine, "combine", "", "what stands between the words of a combination, or none (default: + if many entries have it)")
	flags.StringArrayVar(&f.keys, "keys", nil, "file with keys of enciphered lists, one a line: hex:..., base64:... or text (may be repeated)")
	flags.StringArrayVar(&f.keysFrom, "keys-from", nil, "file in whose bytes such keys may stand (may be repeated)")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	complete(cmd, "charset", wordlist.Charsets())
	complete(cmd, "combine", []string{"+", "none"})
}

// complete offers fixed values for a flag.
func complete(cmd *cobra.Command, flag string, values []string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag stands a few lines above each call
	}
}

// mostListKeys is how many keys are taken from a --keys-from file.
const mostListKeys = 4000

// options gather keys and wishes.
func (f listFlags) options() (wordlist.Options, error) {
	o := wordlist.Options{Charset: f.charset, Combine: f.combine}
	if f.charset != "" && !slices.Contains(wordlist.Charsets(), f.charset) {
		return o, exitWith(exitUsage, fmt.Errorf("--charset %q is not known: have %s", f.charset, strings.Join(wordlist.Charsets(), ", ")))
	}
	var job peel.Job
	if err := (peelFlags{keys: f.keys, keysFrom: f.keysFrom, keyBudget: mostListKeys}).readKeys(&job); err != nil {
		return o, err
	}
	for _, k := range job.Keys {
		o.Keys = append(o.Keys, wordlist.Key(k))
	}
	o.Open = openList(job)
	return o, nil
}

// listReader reads what the arguments of a list command name.
type listReader struct {
	options wordlist.Options
	only    string
	// skipped says what a directory held besides lists.
	skipped []skippedFile
	files   int
}

type skippedFile struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

// Bounds on the directories that are walked.
const (
	mostListFiles = 20_000
	mostListBytes = 1 << 30
)

// read gives the lists that a file, a directory or a case holds.
func (r *listReader) read(arg string) (wordlist.List, error) {
	info, err := os.Stat(arg)
	if err != nil {
		return wordlist.List{}, fmt.Errorf("%w: name a list, a directory of lists, or a case", err)
	}
	var l wordlist.List
	switch {
	case !info.IsDir():
		l, err = r.file(arg)
	case isCase(arg):
		l, err = caseLists(arg)
	default:
		l, err = r.directory(arg)
	}
	if err != nil {
		return l, err
	}
	return r.selected(l, arg)
}

// selected keeps the lists asked for.
func (r *listReader) selected(l wordlist.List, arg string) (wordlist.List, error) {
	if r.only == "" {
		return l, nil
	}
	names := map[string]bool{}
	kept := slices.DeleteFunc(slices.Clone(l.Snapshots), func(s wordlist.Snapshot) bool {
		names[s.List] = true
		return !strings.Contains(s.List, r.only)
	})
	if len(kept) == 0 {
		return l, fmt.Errorf("%s: no list's name holds %q: have %s", arg, r.only, strings.Join(sortedKeys(names), ", "))
	}
	return wordlist.List{Format: l.Format, Snapshots: kept}, nil
}

func sortedKeys(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func (r *listReader) file(name string) (wordlist.List, error) {
	info, err := os.Stat(name)
	if err != nil {
		return wordlist.List{}, err
	}
	if info.Size() > wordlist.MostBytes {
		return wordlist.List{}, fmt.Errorf("%s: %d bytes, a list has at most %d", name, info.Size(), wordlist.MostBytes)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return wordlist.List{}, err
	}
	r.files++
	return wordlist.Read(filepath.ToSlash(name), b, r.options)
}

// directory reads every file below a directory but those that are plainly no
// lists. What cannot be read is skipped and said.
func (r *listReader) directory(dir string) (wordlist.List, error) {
	var lists []wordlist.List
	before, size := r.files, int64(0)
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") && name != dir {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		if why := noList(d.Name()); why != "" {
			r.skipped = append(r.skipped, skippedFile{name, why})
			return nil
		}
		if info, err := d.Info(); err == nil {
			size += info.Size()
		}
		if r.files-before >= mostListFiles || size > mostListBytes {
			return fmt.Errorf("%s: more than %d files or %d MiB: name the directories that hold lists", dir, mostListFiles, mostListBytes>>20)
		}
		l, err := r.file(name)
		if err != nil {
			r.skipped = append(r.skipped, skippedFile{name, err.Error()})
			return nil
		}
		lists = append(lists, l)
		return nil
	})
	if err != nil {
		return wordlist.List{}, err
	}
	if len(lists) == 0 {
		return wordlist.List{}, fmt.Errorf("%s: no list in it%s", dir, r.firstSkipped())
	}
	return wordlist.Join(lists...), nil
}

func (r *listReader) firstSkipped() string {
	if len(r.skipped) == 0 {
		return ": it holds no files"
	}
	return fmt.Sprintf(" (%s: %s)", r.skipped[0].File, r.skipped[0].Why)
}

// noList says why a file's name is that of no list.
func noList(name string) string {
	lower := strings.ToLower(name)
	for _, start := range []string{"readme", "license", "licence", "copying", "makefile", "changelog"} {
		if strings.HasPrefix(lower, start) {
			return "a file about the lists"
		}
	}
	switch filepath.Ext(lower) {
	case ".md", ".pdf", ".html", ".htm", ".py", ".sh", ".png", ".jpg", ".svg", ".r", ".ipynb":
		return "no list by its name"
	}
	return ""
}

func isCase(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "log", "entries.jsonl"))
	return err == nil
}

// caseLists are the lists that the app of a case fetched.
func caseLists(dir string) (wordlist.List, error) {
	reader, err := casefile.Read(dir)
	if err != nil {
		return wordlist.List{}, err
	}
	l := wordlist.FromRecord(reader.Record, filepath.ToSlash(dir))
	if len(l.Snapshots) == 0 {
		return l, fmt.Errorf("%s: the app fetched no list in this case", dir)
	}
	return l, nil
}

// readAll reads all arguments, each for itself.
func (a *app) readLists(flags listFlags, args []string) ([]wordlist.List, *listReader, error) {
	o, err := flags.options()
	if err != nil {
		return nil, nil, err
	}
	r := &listReader{options: o, only: flags.only}
	var lists []wordlist.List
	var errs []error
	for _, arg := range args {
		l, err := r.read(arg)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		lists = append(lists, l)
	}
	return lists, r, errors.Join(errs...)
}

// sayingSkipped names the files that were left out, on standard error.
func (a *app) sayingSkipped(r *listReader) {
	for _, s := range r.skipped {
		fmt.Fprintf(a.stderr, "skipped %s: %s\n", s.File, s.Why)
	}
}
