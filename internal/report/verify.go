package report

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// Verify is how a reader checks the case.
type Verify struct {
	// Commands that check the case: telltale's own first, then a second
	// implementation of the format that shares no code with it.
	Commands   []string `json:"commands"`
	PublicKey  string   `json:"public_key,omitempty"`
	Checkpoint []string `json:"checkpoint,omitempty"`
	Entries    Count    `json:"entries,omitempty"`
	// Format is the version of the case's format; 0 if not known.
	Format Count `json:"format,omitempty"`
	// Outcome of the verification that ran before the report, if any.
	Outcome string `json:"outcome,omitempty"`
	// Stamps and Witnesses are others' words that the checkpoint existed.
	Stamps    []Vouch `json:"stamps,omitempty"`
	Witnesses []Vouch `json:"witnesses,omitempty"`
	// Redacted says that this is a copy from which values were taken out, and
	// Masked what was, in the words of who did it.
	Redacted bool     `json:"redacted,omitempty"`
	Masked   []string `json:"masked,omitempty"`
	// Code is the checkpoint as a QR code; empty if there is none.
	Code QRCode `json:"-"`
}

// Vouch is a time stamp or a witness's signature over a checkpoint.
type Vouch struct {
	// File in the case, and By whom it is.
	File string `json:"file"`
	By   string `json:"by,omitempty"`
	// At is when, in UTC; Entries of the log that it covers.
	At      string `json:"at,omitempty"`
	Entries Count  `json:"entries,omitempty"`
}

// QRCode is drawn as rows of lines in a box Size wide and high, the
// quiet zone included.
type QRCode struct {
	Size int
	Path string `view:"raw"`
}

// Bounds of what is printed of a seal.
const (
	mostVouches = 12
	// quietZone is the width of the border of a QR code, in modules.
	quietZone = 4
)

func (x *index) verify(s Seal) Verify {
	dir := s.CaseDir
	if dir == "" {
		dir = "CASE"
	}
	v := Verify{
		Commands:  []string{"telltale case verify " + shellWord(dir), "python3 verify.py " + shellWord(dir)},
		PublicKey: s.PublicKey, Entries: Count(s.Entries), Format: Count(s.Format), Outcome: s.Verified,
		Redacted: s.Redacted, Masked: cutAll(s.Masked, mostPlanned, 300),
		Stamps: vouches(s.Stamps), Witnesses: vouches(s.Witnesses),
	}
	if s.Format == 1 {
		v.Commands = v.Commands[:1] // The second implementation reads version 2 alone.
	}
	if s.Checkpoint != "" {
		v.Checkpoint = cutAll(strings.Split(strings.TrimRight(s.Checkpoint, "\n"), "\n"), 20, 300)
		v.Code = codeOf(s.Checkpoint)
	}
	return v
}

func vouches(list []Seen) []Vouch {
	var out []Vouch
	for _, s := range list[:min(len(list), mostVouches)] {
		out = append(out, Vouch{File: cut(s.File, 120), By: cut(s.By, 120), At: moment(s.At), Entries: Count(s.Entries)})
	}
	return out
}

// codeOf draws a text as a QR code; one that does not fit gives none.
func codeOf(text string) QRCode {
	c, err := qr.Encode(text, qr.L)
	if err != nil {
		return QRCode{}
	}
	var b strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			run := 0
			for x+run < c.Size && c.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %d.5h%d", x+quietZone, y+quietZone, run)
				x += run
			}
		}
	}
	return QRCode{Size: c.Size + 2*quietZone, Path: b.String()}
}

// shellWord quotes a path for a shell, if it needs it.
func shellWord(s string) string {
	const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%"
	if s != "" && strings.Trim(s, safe) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
