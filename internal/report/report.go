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

	"example.org/telltale"
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
