// Package report prints a case for people: one self-contained HTML page, plain
// text for a terminal, and JSON for other programs.
//
// All three print the same [View], which [Build] derives from the record. It is
// a pure function: the same record gives the same bytes. The page needs no
// network and no script. Captured bytes are hostile: every string of a view has
// passed [Visible], every list is bounded, and what third parties wrote appears
// only as counts or masked.
package report

import (
	"errors"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/report/words"
)

// Input is what a report is made from.
type Input struct {
	// Record of the case, findings included.
	Record *telltale.Record
	// Blob reads captured bytes. It may be nil, and it may fail: the report
	// then says that the bytes were not at hand.
	Blob func(telltale.Digest) ([]byte, error)
	// Reference is the same scenario run against a build that is thought to
	// be honest, such as the clean client. It may be nil.
	Reference *Input
	// Seal says how a reader can check the case.
	Seal Seal
	// Stopped says why the run ended before its plan was; empty if it did not.
	Stopped string
	// Lines says on which line of the case's log, counted from 1, a probe or a
	// flow stands, by its id. It may be nil.
	Lines map[string]int
	// Words are the language of the report; nil is English.
	Words *words.Catalogue
}

// Seal is what a reader needs to check a case. Empty fields are left out.
type Seal struct {
	// PublicKey that the checkpoint is signed with, as the case writes it.
	PublicKey string
	// Checkpoint is the text of the signed note.
	Checkpoint string
	// CaseDir is the case's directory, to be printed in commands.
	CaseDir string
	// Entries is the number of entries of the case's log.
	Entries int
	// Verified is the outcome of a verification in words; empty if none ran.
	Verified string
	// Format is the version of the case's format; 0 if not known.
	Format int
	// Plan was signed before the first message, at PlanSigned; nil for a case
	// without one.
	Plan       *telltale.Plan
	PlanSigned time.Time
	// Resumed are the programs with which the run went on after a break, and
	// what of them is not as the plan says.
	Resumed []string
	// Unfinished is true of a case whose run has not come to its end.
	Unfinished bool
	// Stamps and Witnesses are what others signed.
	Stamps, Witnesses []Seen
	// Redacted is true of a redacted copy. What is missing there was taken out
	// on purpose; Masked are the sentences of who did it.
	Redacted bool
	Masked   []string
}

// Seen is a checkpoint that somebody else signed: a time stamp or a witness.
type Seen struct {
	// File in the case, as in "stamps/00000042-1.tsr"; By whom.
	File, By string
	At       time.Time
	// Entries of the log that the checkpoint covers.
	Entries int
}

// catalogue of the report.
func (in Input) catalogue() (*words.Catalogue, error) {
	if in.Words != nil {
		return in.Words, nil
	}
	return words.Load(words.English)
}

// ErrNoRecord says that an Input has no record.
var ErrNoRecord = errors.New("report: no record to report on; open the case first")

// exposeSensor is the sensor name of telltale's own checks of collectors.
const exposeSensor = "expose"

// witnessSensor is the sensor name of what arrived at witness accounts.
const witnessSensor = "witness"

// bytesOf reads a blob; nil if there is none or it cannot be read.
func (in Input) bytesOf(d telltale.Digest) []byte {
	if in.Blob == nil || d == "" {
		return nil
	}
	b, err := in.Blob(d)
	if err != nil {
		return nil
	}
	return b
}
