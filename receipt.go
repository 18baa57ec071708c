package telltale

import "time"

// Outcome is what came of a probe at the recipient's end.
type Outcome string

// The outcomes.
const (
	// Delivered: the recipient got the text as it was typed.
	Delivered Outcome = "delivered"
	// Altered: the recipient got something else.
	Altered Outcome = "altered"
	// Dropped: nothing arrived and nobody was told.
	Dropped Outcome = "dropped"
	// Refused: nothing arrived and the sender was told.
	Refused Outcome = "refused"
	// Diverted: the recipient's side got it, but not where messages arrive:
	// it lies in Receipt.Place, a folder that few people open.
	Diverted Outcome = "diverted"
	// Void: the question was not put, or the answer could not be read. A
	// void trial is never a negative; it is asked again or left out.
	Void Outcome = "void"
)

// Receipt is what came of a probe. The last receipt of a probe counts: a
// message that was taken for dropped may still arrive.
type Receipt struct {
	Probe string `json:"probe"`
	// Typed is what was in the input field, read back before sending.
	Typed   string  `json:"typed"`
	Outcome Outcome `json:"outcome"`
	// Got is what the recipient saw; empty unless delivered, altered or
	// diverted.
	Got string `json:"got,omitempty"`
	// Place is where a diverted message was found, as in "Junk".
	Place string `json:"place,omitempty"`
	// Ended says that the sender's session was ended over this message.
	Ended bool `json:"ended,omitempty"`
	// Reader says that not the sender was refused but the recipient, when
	// the message was to be read.
	Reader bool `json:"reader,omitempty"`
	// Reason is set for void and refused: what the app or the driver said.
	Reason string `json:"reason,omitempty"`
	// Sent is when the message left the input field; Settled when its fate
	// was known or the wait was over.
	Sent    time.Time `json:"sent"`
	Settled time.Time `json:"settled"`
	// Late says that the message arrived after an earlier receipt had been
	// written for it.
	Late bool `json:"late,omitempty"`
}

// Kept reports whether the message was kept from its recipient unaltered:
// dropped, refused, diverted or altered. Void is not.
func (o Outcome) Kept() bool {
	return o == Dropped || o == Refused || o == Altered || o == Diverted
}

// Cell is one cell of the matrix delivered × copied.
type Cell string

// The cells, and what a trial that is void gives.
const (
	CellDelivered       Cell = "delivered"
	CellDeliveredCopied Cell = "delivered+copied"
	CellDropped         Cell = "dropped"
	CellDroppedCopied   Cell = "dropped+copied"
	CellVoid            Cell = "void"
)

// CellOf joins delivery and copy. Altered, refused and diverted count as dropped: the
// recipient did not get what was typed.
func CellOf(o Outcome, copied bool) Cell {
	switch {
	case o == Void || o == "":
		return CellVoid
	case o.Kept() && copied:
		return CellDroppedCopied
	case o.Kept():
		return CellDropped
	case copied:
		return CellDeliveredCopied
	}
	return CellDelivered
}

// Reacted reports whether the app did anything but deliver.
func (c Cell) Reacted() bool {
	return c == CellDeliveredCopied || c == CellDropped || c == CellDroppedCopied
}
