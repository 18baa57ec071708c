package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/signer"
)

// key looks at the key that the case would be signed with. It asks for no
// passphrase.
func (d *doctor) key() {
	place, err := d.app.keyPlace()
	if err != nil {
		d.note("the signing key", err, "")
		return
	}
	place.Passphrase = nil
	info, err := signer.Look(place)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.note("the signing key", nil, "there is none: the audit makes one that no passphrase protects; see telltale case key")
	case errors.Is(err, signer.ErrProtected):
		d.note("the signing key", nil, "protected by a passphrase, which the audit asks for")
	case err == nil && info.Protected && !info.Agent:
		d.note("the signing key", nil, shown(info.Name)+", under a passphrase that the audit asks for")
	default:
		d.note("the signing key", err, shown(info.Name))
	}
}

// clockOff is how far the clock of this machine may be from that of an authority
// before it is worth a word.
const clockOff = time.Minute

// stamps asks each time-stamping authority for a stamp over bytes that mean
// nothing.
func (d *doctor) stamps(ctx context.Context, s telltale.Scenario) {
	for _, authority := range s.Timestamp {
		got, err := d.app.askStamp(ctx, authority, []byte("telltale doctor"))
		detail := ""
		if err == nil {
			detail = shown(got.By)
			if off := d.app.clock().Sub(got.Time).Round(time.Second); off.Abs() > clockOff {
				detail += fmt.Sprintf("; the clock of this machine differs by %v: set it, the case is dated by it", off)
			}
		}
		d.note("time stamps of "+shown(authority), err, detail)
	}
}
