package main

import (
	"bufio"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/unpack"
)

const keysLong = `Keys lists what in a program may be a key, the likeliest first, with where it
stands and why one may think so. It proves nothing: telltale peel --keys-from
tries every place of a file on captured bytes, and only a message that opens
tells a key.

Archives are taken apart first: ZIP and what is made of it (APK, JAR, IPA),
asar, tar, Debian and RPM packages, cabinets, MSI, installers by NSIS and Inno
Setup, self-extracting archives. Sections are named in PE, ELF and Mach-O.

Looked at are printable texts in ASCII and UTF-16LE, what they stand for in hex
and base64, digests of the likelier ones, bytes that are random among others
that are not, and AES keys with their round keys behind them. What speaks for a
key: a length that ciphers take, characters in no order of words, a string of its
own, a word like "key" or "secret" in front. The score says how much does.

Exit codes: 0 no candidate, 1 a file could not be read, 2 wrong usage, 10 there
are candidates, 11 none, but not everything could be read.`

// keysFlags are the options of the command.
type keysFlags struct {
	max   int
	least float64
	json  bool
	plain bool
}

func (a *app) keysCommand() *cobra.Command {
	var flags keysFlags
	cmd := &cobra.Command{
		Use:   "keys BINARY...|-",
		Short: "List what in a program may be a key, with reasons",
		Long:  keysLong,
		Example: `  telltale keys app.apk
  telltale keys --json --max 500 client.exe
  telltale keys --plain client.dat > keys.txt && telltale peel --keys keys.txt --find hello upload.bin`,
		Args: cobra.MinimumNArgs(1),
		RunE: failing(func(_ *cobra.Command, args []string) error { return a.keys(flags, args) }),
	}
	f := cmd.Flags()
	f.IntVar(&flags.max, "max", 100, "most candidates of one file")
	f.Float64Var(&flags.least, "min-score", 0.2, "least score, from 0 to 1")
	f.BoolVar(&flags.json, "json", false, "print one JSON object a line")
	f.BoolVar(&flags.plain, "plain", false, "print the keys alone, one a line, as telltale peel --keys reads them")
	cmd.MarkFlagsMutuallyExclusive("json", "plain")
	return cmd
}

// mostProgram bounds the files that are read, in bytes.
const mostProgram = 1 << 30

func (a *app) keys(flags keysFlags, files []string) error {
	if flags.max < 1 {
		return exitWith(exitUsage, fmt.Errorf("--max %d: ask for one candidate at least", flags.max))
	}
	out := bufio.NewWriter(a.stdout)
	found, limited := false, false
	for _, name := range files {
		b, err := a.readBinary(name)
		if err != nil {
			return err
		}
		keys, notes, err := candidateKeys(name, b, flags)
		if err != nil {
			return err
		}
		found, limited = found || len(keys) > 0, limited || len(notes) > 0
		if err := a.printKeys(out, name, keys, notes, flags); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	switch {
	case found:
		return exitWith(exitFound, nil)
	case limited:
		return exitWith(exitInconclusive, nil)
	}
	return nil
}

// readBinary reads a file, or standard input.
func (a *app) readBinary(name string) ([]byte, error) {
	if name != "-" {
		return readProgram(name)
	}
	b, err := io.ReadAll(io.LimitReader(a.stdin, mostProgram+1))
	if err == nil && len(b) > mostProgram {
		err = fmt.Errorf("standard input: more than %d bytes: unpack it and name the parts", mostProgram)
	}
	return b, err
}

// readProgram reads a file that keys are looked for in.
func readProgram(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: name a program, an archive or an installer", err)
	case info.IsDir():
		return nil, fmt.Errorf("%s is a directory: name the files in it", name)
	case info.Size() > mostProgram:
		return nil, fmt.Errorf("%s: %d bytes, at most %d are read: unpack it and name the parts", name, info.Size(), mostProgram)
	}
	return os.ReadFile(name)
}

// keyLine is one candidate; a line of --json.
type keyLine struct {
	File string `json:"file"`
	// Part is the file inside File, if it is in an archive, and Section the
	// part of the program that holds it.
	Part    string `json:"part,omitempty"`
	Section string `json:"section,omitempty"`
	// Offset in the part, or else in the file.
	Offset  int      `json:"offset"`
	Form    string   `json:"form"`
	Text    string   `json:"text,omitempty"`
	Key     string   `json:"key"`
	Bytes   int      `json:"bytes"`
	Entropy float64  `json:"entropy"`
	Score   float64  `json:"score"`
	Fits    []string `json:"fits"`
	Reasons []string `json:"reasons"`
}

// candidateKeys gathers the candidates of a file and of all that is in it.
func candidateKeys(name string, b []byte, flags keysFlags) ([]keyLine, []unpack.Note, error) {
	var all []keyLine
	notes, err := unpack.Walk(name, b, unpackOptions(), func(p unpack.Part) error {
		if p.Packed {
			return nil
		}
		sections := unpack.Sections(p.Bytes)
		for _, k := range peel.Candidates(withoutNames(p.Bytes, sections), flags.max) {
			if k.Score >= flags.least {
				all = append(all, lineOf(name, p, sections, k))
			}
		}
		all = bestKeys(all, flags.max)
		return nil
	})
	return all, notes, err
}

// withoutNames blanks the tables of a program that hold the names of its
// functions and types, which are no place for keys.
func withoutNames(b []byte, sections []unpack.Section) []byte {
	tables := slices.DeleteFunc(slices.Clone(sections), func(s unpack.Section) bool {
		return !slices.Contains([]string{".strtab", ".symtab", ".dynstr", ".dynsym", ".shstrtab", ".gopclntab", ".gnu.version"}, s.Name) &&
			!strings.HasPrefix(s.Name, ".debug") && !strings.HasPrefix(s.Name, "__DWARF") && !strings.HasPrefix(s.Name, "__TEXT,__gopclntab")
	})
	if len(tables) == 0 {
		return b
	}
	b = slices.Clone(b)
	for _, t := range tables {
		clear(b[t.From:t.To])
	}
	return b
}

// unpackOptions lend the walk the decoders that peel has.
func unpackOptions() unpack.Options {
	return unpack.Options{Decode: func(coding string, b []byte) ([]byte, error) { return peel.Replay([]string{coding}, nil, b) }}
}

func lineOf(name string, p unpack.Part, sections []unpack.Section, k peel.KeyCandidate) keyLine {
	_, part, _ := strings.Cut(strings.TrimPrefix(p.Name, name), "!/")
	return keyLine{
		File: name, Part: part, Section: unpack.SectionAt(sections, k.Offset), Offset: k.Offset, Form: k.Form, Text: k.Text,
		Key: hex.EncodeToString(k.Key), Bytes: len(k.Key), Entropy: float64(int(k.Entropy*100+0.5)) / 100,
		Score: float64(int(k.Score*100+0.5)) / 100, Fits: append([]string{}, k.Fits...), Reasons: k.Reasons,
	}
}

// bestKeys sorts by score and keeps each key once.
func bestKeys(all []keyLine, most int) []keyLine {
	slices.SortStableFunc(all, func(a, b keyLine) int { return cmp.Compare(b.Score, a.Score) })
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(k keyLine) bool {
		again := seen[k.Key]
		seen[k.Key] = true
		return again
	})
	return all[:min(len(all), most)]
}

// keyNote is what could not be read; a line of --json.
type keyNote struct {
	File   string `json:"file"`
	Part   string `json:"part,omitempty"`
	Note   string `json:"note"`
	Offset int64  `json:"offset"`
}

func (a *app) printKeys(w io.Writer, name string, keys []keyLine, notes []unpack.Note, flags keysFlags) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, k := range keys {
		var err error
		switch {
		case flags.json:
			err = enc.Encode(k)
		case flags.plain:
			_, err = fmt.Fprintf(w, "hex:%s\n", k.Key)
		default:
			err = printKey(w, k)
		}
		if err != nil {
			return err
		}
	}
	for _, n := range notes {
		_, part, _ := strings.Cut(strings.TrimPrefix(n.Part, name), "!/")
		if flags.json {
			if err := enc.Encode(keyNote{name, part, n.What, n.Offset}); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(a.stderr, "note: %s\n", shown(n.String()))
	}
	return nil
}

// printKey prints a candidate on two lines. What stands in the file is quoted.
func printKey(w io.Writer, k keyLine) error {
	text := ""
	if k.Text != "" {
		text = " " + strconv.Quote(k.Text)
	}
	where := k.File
	if k.Part != "" {
		where += "!/" + k.Part
	}
	where += fmt.Sprintf("+%#x", k.Offset)
	if k.Section != "" {
		where += " (" + k.Section + ")"
	}
	_, err := fmt.Fprintf(w, "%.2f  %s  %s%s, %d bytes, %.2f bits a byte\n      %s: %s\n",
		k.Score, k.Key, k.Form, text, k.Bytes, k.Entropy, shown(where), strings.Join(k.Reasons, "; "))
	return err
}
