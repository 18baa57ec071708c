// Package peel opens captured bytes: given what was typed, it finds every
// copy of it, with the coats around it (codings, compressions, containers,
// ciphers), the key and the place. It is a bounded, deterministic, pure
// best-first search: no clock, no randomness, no state between jobs but a
// memo of compiled needles.
//
// # Paths
//
// A path names the coats, outermost first. An element may carry a parameter
// behind a colon: "query:r", "header:Cookie", "json:text", "form:d". Ciphers
// are named with their mode ("des-ecb", "aes-256-cbc"). A charset other than
// UTF-8 is the last element. [Replay] takes the same path off other bytes.
//
// # Trust
//
// The bytes are hostile. Every peeler bounds what it reads and writes, and
// the whole search ends within its [Budget]; what was left undone is a [Note].
package peel

import (
	"context"

	"example.org/telltale/internal/peel/match"
)

// Key is one candidate key.
type Key struct {
	Bytes []byte
	// Source says where it came from, as in "app-file:client.dat", with
	// " (md5)" or the like behind it for a derived key. Keys found by
	// known plaintext have the source "derived".
	Source string
}

// SourceDerived is the source of keys that were computed from the
// ciphertext and known plaintext, and stand in no file.
const SourceDerived = "derived"

// SourceCapture is the source of salts and keys of digests that stand in the
// same bytes as the digest.
const SourceCapture = "capture"

// Needle is a text to look for, and the probe it belongs to. A probe may
// have many. Forms shorter than [match.MinLen] bytes are not looked for:
// they turn up by chance.
type Needle = match.Needle

// Job is one run of bytes to open.
type Job struct {
	Bytes   []byte
	Needles []Needle
	// Keys in order of preference. Ciphers try them all.
	Keys []Key
	// KeyFiles are searched for keys at every place, for layers that look
	// like ciphertext and that no other key opens. It takes seconds.
	KeyFiles []KeyFile
	// Passwords: Keys that are text are tried as passwords, too, for the few
	// layers that stay shut, which takes about a second. Without it they are
	// where a message says that its key was made of one, or if there are
	// KeyFiles.
	Passwords bool
	// Words are texts that may well stand inside: words that were typed.
	// They help to tell a right key from a wrong one and are not reported.
	Words []string
	// ExpectList asks for lists of words, one a line, too.
	ExpectList bool
	Budget     Budget
}

// Budget bounds a search. A zero field means the default.
type Budget struct {
	// Depth is the greatest number of coats (default 16).
	Depth int
	// Nodes is the number of layers looked into (default 3000).
	Nodes int
	// Bytes is the sum of all decoded layers (default 48 MiB; 8 MiB where the
	// job's own bytes are more than 128 MiB).
	Bytes int64
}

// hugeJob is the size of a job from which on little memory is left.
const hugeJob = 128 << 20

func (b Budget) withDefaults(size int) Budget {
	if b.Depth <= 0 {
		b.Depth = 16
	}
	if b.Nodes <= 0 {
		b.Nodes = 3000
	}
	if b.Bytes <= 0 {
		b.Bytes = 48 << 20
		if size > hugeJob {
			b.Bytes = 8 << 20
		}
	}
	return b
}

// Result is what a search found, best first, and what it has to say.
type Result struct {
	Finds []Find
	Notes []Note
	// Rests are what could not be opened, likeliest first.
	Rests []Rest
}

// Find is one opened layer that holds copies of needles, or a list.
type Find struct {
	// Path of coats, outermost first. Empty: the bytes as they came.
	Path []string
	// Offset in Job.Bytes of the outermost part that held the copy.
	Offset int
	// Score in 0..1: how sure the path is.
	Score float64
	// Key of the last cipher in Path; nil if there is none.
	Key *Key
	// Steps[i] are the bytes before Path[i] was taken off. Fields that go
	// with the copy may stand in Bytes or in any step.
	Steps [][]byte
	// Bytes after the last coat, as UTF-8 if the last coat is a charset.
	Bytes []byte
	// Probes whose needles are in Bytes, in order of the job's needles.
	Probes []string
	// Needles that were found.
	Needles []string
	// List holds the lines, duplicates kept, when Bytes are a list.
	List []string
}

// Kinds of notes.
const (
	// NoteLimit: a budget ended the search or a layer was cut to size.
	NoteLimit = "limit"
	// NoteTruncated: a compressed stream ends before its end.
	NoteTruncated = "truncated"
	// NoteMalformed: a coat was recognised but could not be read.
	NoteMalformed = "malformed"
	// NoteECB: equal cipher blocks show that a codebook mode is in use.
	NoteECB = "ecb-repeat"
	// NoteCycle: bytes that unpack to themselves.
	NoteCycle = "cycle"
)

// Note is something that the reader of a Result must know.
type Note struct {
	// Kind is one of the Note constants.
	Kind string
	// Offset in Job.Bytes of the outermost part concerned.
	Offset int
	Detail string
}

// Peeler takes one kind of coat off. Peel is pure and bounded; it returns
// its bids, or none to decline. It must not change or keep in.Bytes, but
// candidates may be parts of it.
type Peeler interface {
	Name() string
	Peel(in Input) []Candidate
}

// Input is what a Peeler may know.
type Input struct {
	Bytes []byte
	// Under is the path that led here.
	Under []string
	Keys  []Key
	Cribs *Cribs
	// Shape of Bytes, measured once for all peelers.
	Shape Shape
	// Best is the best bid of earlier peelers for the bytes as a whole.
	// Costly peelers decline when another is sure.
	Best float64
	// Sure is the score of the path so far. Derived says that a key on it was
	// computed; a second cipher under it would fit anything.
	Sure    float64
	Derived bool
	// List says that a list of words is wanted.
	List bool
	// Limit is the most bytes that one candidate may have.
	Limit int
	// Context ends long work.
	Context context.Context
	// ivs are values beside the layer that may be its IV.
	ivs [][]byte
	// ring is what a search keeps of its keys; nil outside of one.
	ring *keyring
}

// Candidate is a bid: the bytes under a coat.
type Candidate struct {
	// Coats taken off, usually one.
	Coats []string
	Bytes []byte
	// Offset and Length of the part of Input.Bytes that was read.
	// Length 0 means all of it.
	Offset, Length int
	Score          float64
	Key            *Key
	// Rest is what stood behind and could not be read.
	Rest []byte
	// Note is a Note constant when the coat came off only in part.
	Note string
	// Whole says that the coat explains the input as a whole; Part that the
	// candidate is one named part of it.
	Whole, Part bool
}
