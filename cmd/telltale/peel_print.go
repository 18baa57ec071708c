package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"example.org/telltale/internal/peel"
)

// peelFind and peelNote are the lines of --json.
type peelFind struct {
	File   string `json:"file"`
	Find   string `json:"find"`
	Offset int    `json:"offset"`
	// Path are the names of the coats; Coats have their parameters too.
	Path   []string `json:"path"`
	Coats  []string `json:"coats"`
	Key    *string  `json:"key"`
	Source string   `json:"key_source,omitempty"`
	Score  float64  `json:"score"`
	List   []string `json:"list,omitempty"`
}

type peelNote struct {
	File   string `json:"file"`
	Note   string `json:"note"`
	Offset int    `json:"offset"`
	Detail string `json:"detail"`
}

// noteSealed is the note for what could not be opened.
const noteSealed = "sealed"

// peelPrinter writes results and remembers what the exit code must be.
type peelPrinter struct {
	w                  io.Writer
	json, onion, color bool
	// found a copy; unsure whether there are others.
	found, unsure bool
}

func (p *peelPrinter) print(file string, r peel.Result) error {
	w := bufio.NewWriter(p.w)
	for _, f := range r.Finds {
		p.found = true
		if err := p.find(w, file, f); err != nil {
			return err
		}
	}
	for _, n := range r.Notes {
		p.unsure = p.unsure || n.Kind == peel.NoteLimit
		if err := p.note(w, file, n); err != nil {
			return err
		}
	}
	for _, rest := range r.Rests {
		p.unsure = true
		if err := p.note(w, file, sealedNote(rest)); err != nil {
			return err
		}
	}
	return w.Flush()
}

// sealedNote says what stayed shut, and why that is said.
func sealedNote(r peel.Rest) peel.Note {
	under := ""
	if len(r.Path) > 0 {
		under = " under " + coats(r.Path)
	}
	return peel.Note{Kind: noteSealed, Offset: r.Offset, Detail: fmt.Sprintf("%d bytes%s look like ciphertext, and no key at hand opens them", len(r.Bytes), under)}
}

// coats writes a path with its parameters, which are captured bytes, escaped.
func coats(path []string) string {
	quoted := strconv.Quote(strings.Join(path, " › "))
	return quoted[1 : len(quoted)-1]
}

func (p *peelPrinter) find(w io.Writer, file string, f peel.Find) error {
	line := peelFind{File: file, Offset: f.Offset, Path: []string{}, Coats: append([]string{}, f.Path...), Score: f.Score, List: f.List}
	for _, coat := range f.Path {
		name, parameter, _ := strings.Cut(coat, ":")
		switch name {
		case "hash":
			name, _, _ = strings.Cut(parameter, ":")
		case "chunked":
			name = "http-chunked"
		case "add":
			name = "add-n"
		}
		line.Path = append(line.Path, name)
	}
	if f.Key != nil {
		key := hex.EncodeToString(f.Key.Bytes)
		line.Key, line.Source = &key, f.Key.Source
	}
	if p.onion {
		return p.peeled(w, line, f)
	}
	needles := f.Needles
	if f.List != nil {
		needles = []string{""}
	}
	for _, text := range needles {
		line.Find = text
		if err := p.line(w, line); err != nil {
			return err
		}
	}
	return nil
}

// line prints one find. Captured text is quoted: it is hostile.
func (p *peelPrinter) line(w io.Writer, f peelFind) error {
	if p.json {
		return json.NewEncoder(w).Encode(f)
	}
	what := strconv.Quote(f.Find)
	if f.List != nil {
		what = fmt.Sprintf("a list of %d lines", len(f.List))
	}
	path := "as it is"
	if len(f.Coats) > 0 {
		path = coats(f.Coats)
	}
	_, err := fmt.Fprintf(w, "%s:%d: %s: %s", f.File, f.Offset, what, path)
	if err == nil && f.Key != nil {
		_, err = fmt.Fprintf(w, " (key %s, %s)", *f.Key, f.Source)
	}
	if err == nil {
		_, err = fmt.Fprintln(w)
	}
	return err
}

func (p *peelPrinter) note(w io.Writer, file string, n peel.Note) error {
	if p.json {
		return json.NewEncoder(w).Encode(peelNote{file, n.Kind, n.Offset, n.Detail})
	}
	_, err := fmt.Fprintf(w, "%s:%d: note: %s: %s\n", file, n.Offset, n.Kind, n.Detail)
	return err
}
