// Package format holds the words of the case file: names, limits and the bodies
// of entries that are not in the vocabulary. It has types and constants and
// nothing that acts, so that whoever writes cases and whoever checks them can
// share it without sharing a line of code. docs/format.md says what they mean.
package format

import (
	"encoding/json"
	"time"

	"example.org/telltale"
)

// Version is the version of the directory's layout and entries that is
// written; versions from Oldest on are read.
const (
	Version = 2
	Oldest  = 1
)

// Names within a case.
const (
	FormatFile     = "format"
	PublicKeyFile  = "key.pub"
	CanaryKeyFile  = "canary.key"
	LogFile        = "log/entries.jsonl"
	TornPrefix     = "log/torn-"
	CheckpointDir  = "checkpoints"
	CheckpointFile = "checkpoint"
	BlobDir        = "blobs"
	CaptureDir     = "capture"
	AuthorityDir   = "ca"
	StampDir       = "stamps"
	WitnessDir     = "witness"
	SourceDir      = "sources"
	RedactedFile   = "redacted"
	IndexFile      = "index.sqlite"
	LockFile       = "lock"
)

// First lines of what is signed; the case's id follows.
const (
	CheckpointOrigin = "telltale/case/"
	RedactedOrigin   = "telltale/redacted/"
	// CheckpointOrigin1 is the whole first line in version 1.
	CheckpointOrigin1 = "telltale/case"
)

// Limits, so that a hostile case fills nobody's memory.
const (
	// MaxEntry bounds one line of the log.
	MaxEntry = 64 << 20
	// MaxBlob bounds what one blob unpacks to.
	MaxBlob = 256 << 20
	// MaxSmall bounds the files that hold a line or two.
	MaxSmall = 1 << 20
	// MaxDepth bounds how deep values of an entry are nested.
	MaxDepth = 100
)

// Lengths and prefixes of the commitment; see "The commitment of an entry".
const (
	SaltSize = 16

	PrefixScalar = 0x10
	PrefixArray  = 0x11
	PrefixObject = 0x12
	PrefixSalt   = 0x13
)

// MaskedMember is the only member of the object that stands for a masked value.
const MaskedMember = "~masked"

// Types of entries that are not bodies of the vocabulary alone.
const (
	TypeBegin        = "begin"
	TypeScenario     = "scenario"
	TypePlan         = "plan"
	TypeApp          = "app"
	TypeCoverage     = "coverage"
	TypeStage        = "stage"
	TypeProbe        = "probe"
	TypeReceipt      = "receipt"
	TypeFlow         = "flow"
	TypeLayer        = "layer"
	TypeListening    = "listening"
	TypeIsolation    = "isolation"
	TypeVisit        = "visit"
	TypeFile         = "file"
	TypeTorn         = "torn"
	TypeResume       = "resume"
	TypeObservations = "observations"
	TypeFindings     = "findings"
	TypeEnd          = "end"
	// TypeCapture is what version 1 calls TypeFile.
	TypeCapture = "capture"
)

// Entry is one line of the log. Members are written in the order of their
// names.
type Entry struct {
	// At is when the entry was written, in UTC.
	At   time.Time       `json:"at"`
	Body json.RawMessage `json:"body"`
	// N counts from 0 without gaps.
	N int64 `json:"n"`
	// Salt of the whole entry; absent where something is masked.
	Salt []byte `json:"salt,omitempty"`
	// Salts by JSON pointer of what is not masked in an entry of which
	// something is.
	Salts map[string][]byte `json:"salts,omitempty"`
	Type  string            `json:"type"`
}

// Begin opens every log.
type Begin struct {
	// Case is 16 hexadecimal digits, at random.
	Case    string `json:"case,omitempty"`
	Program string `json:"program"`
	// CanaryKey commits to the key before the first canary is typed.
	CanaryKey telltale.Digest `json:"canary_key"`
	PublicKey string          `json:"public_key"`
}

// File seals a file of the case other than blobs. The last entry of a file
// counts.
type File struct {
	File   string          `json:"file"`
	Size   int64           `json:"size"`
	Digest telltale.Digest `json:"digest"`
	// Cut says that the writer of a packet file did not live to close it.
	Cut bool `json:"cut,omitempty"`
	// Signed is over how many entries the newest checkpoint was then. It is
	// missing in version 1, and before the first checkpoint.
	Signed int64 `json:"signed,omitempty"`
}

// Torn names a part of a line that a crash left at the end of the log.
type Torn struct {
	File  string `json:"file"`
	Bytes int    `json:"bytes"`
	// Digest is missing in version 1.
	Digest telltale.Digest `json:"digest,omitempty"`
}

// End says that the run came to its end.
type End struct {
	// Stopped says why it ended before its plan did; empty if it did not.
	Stopped string `json:"stopped,omitempty"`
}

// Masked stands for a value that was taken out of a redacted copy.
type Masked struct {
	// As is what readers may take in its place: an alias, or null.
	As json.RawMessage `json:"as"`
	// Hash is the commitment to the value.
	Hash []byte `json:"hash"`
}
