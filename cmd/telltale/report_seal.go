package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/report"
	"example.org/telltale/internal/stamp"
	"example.org/telltale/internal/witness"
)

// sealOf is what a reader of the report needs to check the case. What cannot be
// read is left out: the report says what there is, case verify what is wrong.
func sealOf(reader *casefile.Reader) report.Seal {
	s := report.Seal{
		PublicKey: reader.PublicKey, Checkpoint: reader.Checkpoint,
		CaseDir: filepath.Base(reader.Dir), Entries: int(reader.Entries),
		Format: reader.Version, Plan: reader.Plan, Unfinished: reader.Version > 1 && reader.Ended == nil,
		Redacted: reader.Redacted,
		Stamps:   stampsOf(reader.Dir), Witnesses: witnessesOf(reader.Dir),
	}
	if reader.Redacted {
		s.Masked = maskedOf(reader.Dir)
	}
	if s.Plan != nil {
		addPlanTimes(reader.Dir, &s)
	}
	return s
}

// addPlanTimes reads when the plan was written, and with which programs the run
// went on.
func addPlanTimes(dir string, s *report.Seal) {
	_ = casefile.EachEntry(dir, func(e format.Entry, _ []byte) error {
		switch e.Type {
		case format.TypePlan:
			if s.PlanSigned.IsZero() {
				s.PlanSigned = e.At
			}
		case format.TypeResume:
			var program string
			if json.Unmarshal(e.Body, &program) == nil {
				s.Resumed = append(s.Resumed, program)
			}
		}
		return nil
	})
}

// stampsOf reads the time stamps that lie with a case, by name.
func stampsOf(dir string) []report.Seen {
	var out []report.Seen
	for _, name := range caseFiles(dir, format.StampDir, ".tsr") {
		size := coveredBy(name)
		raw, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil || size == 0 {
			continue
		}
		signed, err := os.ReadFile(filepath.Join(dir, format.CheckpointDir, fmt.Sprintf("%08d", size)))
		if err != nil {
			continue
		}
		if info, err := stamp.Check(raw, sha256.Sum256(signed)); err == nil {
			out = append(out, report.Seen{File: name, By: info.By, At: info.Time, Entries: size})
		}
	}
	return out
}

// witnessesOf reads the witnesses' signatures that lie with a case, by name.
func witnessesOf(dir string) []report.Seen {
	var out []report.Seen
	for _, name := range caseFiles(dir, format.WitnessDir, "") {
		raw, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil || strings.HasSuffix(name, ".pub") {
			continue
		}
		who, err := witness.Name(raw)
		if err != nil {
			continue
		}
		public, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(witness.KeyFileName(who))))
		if err != nil {
			continue
		}
		key, err := witness.ParseKey(strings.TrimSpace(string(public)))
		if err != nil {
			continue
		}
		if _, at, err := witness.Check(raw, key); err == nil {
			out = append(out, report.Seen{File: name, By: who, At: at, Entries: coveredBy(name)})
		}
	}
	return out
}

// caseFiles lists the small files of one of a case's folders, by name.
func caseFiles(dir, folder, ending string) []string {
	entries, err := os.ReadDir(filepath.Join(dir, folder))
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && info.Size() <= format.MaxSmall && strings.HasSuffix(e.Name(), ending) {
			out = append(out, folder+"/"+e.Name())
		}
	}
	slices.Sort(out)
	return out
}

// coveredBy reads the number that the files of stamps and witnesses begin with;
// 0 if there is none.
func coveredBy(name string) int {
	base := name[strings.LastIndexByte(name, '/')+1:]
	number, _, _ := strings.Cut(base, "-")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return n
}

// maskedOf reads what was taken out of a redacted copy, in the words of who made
// it: the lines of the note behind the first five.
func maskedOf(dir string) []string {
	raw, err := os.ReadFile(filepath.Join(dir, format.RedactedFile))
	if err != nil || len(raw) > format.MaxSmall {
		return nil
	}
	opened, err := note.Open(raw, note.VerifierList())
	var unverified *note.UnverifiedNoteError
	if errors.As(err, &unverified) {
		opened = unverified.Note
	}
	if opened == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSuffix(opened.Text, "\n"), "\n")
	return lines[min(5, len(lines)):]
}
