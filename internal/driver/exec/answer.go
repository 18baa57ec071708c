package exec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"example.org/telltale"
)

// MaxLine is the longest line of the protocol, in bytes, end included.
const MaxLine = 1 << 20

var (
	errEnded   = errors.New("the process ended without an answer")
	errTooLong = fmt.Errorf("the line is longer than %d bytes", MaxLine)
)

// ParseResponse reads one line of a driver's output. An answer names its
// request; an event names itself and brings a receipt.
func ParseResponse(b []byte) (telltale.DriverResponse, error) {
	var r telltale.DriverResponse
	if len(b) > MaxLine {
		return r, errTooLong
	}
	if !utf8.Valid(b) {
		return r, errors.New("the line is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	if err := dec.Decode(&r); err != nil {
		return r, fmt.Errorf("the line is not a JSON answer: %w; nothing but answers may be printed on standard output, notes belong on standard error", err)
	}
	if dec.More() {
		return r, errors.New("more than one JSON value on the line")
	}
	return r, checkEvent(r)
}

func checkEvent(r telltale.DriverResponse) error {
	switch {
	case r.ID < 0:
		return fmt.Errorf("id %d is negative", r.ID)
	case r.ID > 0 && r.Event != "":
		return fmt.Errorf("id %d and event %q on one line: an answer has an id, an event has none", r.ID, clean(r.Event))
	case r.ID > 0:
		return nil
	case r.Event == "":
		return errors.New("neither an id nor an event: repeat the id of the request")
	case r.Event != "late":
		return fmt.Errorf("event %q is unknown: version %d of the protocol has only \"late\"", clean(r.Event), telltale.ProtocolVersion)
	case r.Receipt == nil || r.Receipt.Probe == "":
		return errors.New("a late event without a receipt that names its probe")
	}
	return checkOutcome(r.Receipt.Outcome)
}

// checkAnswer holds an answer against its request.
func checkAnswer(r telltale.DriverResponse, req telltale.DriverRequest) error {
	switch {
	case r.ID != req.ID:
		return fmt.Errorf("the answer has id %d, the request had %d", r.ID, req.ID)
	case r.Error != "":
		return nil
	case req.Op == "describe" && r.Version != telltale.ProtocolVersion:
		return fmt.Errorf("the driver speaks version %d of the protocol, telltale speaks %d: install matching versions", r.Version, telltale.ProtocolVersion)
	}
	return nil
}

func checkDescription(r telltale.DriverResponse) error {
	if r.Description == nil {
		return errors.New("the answer to \"describe\" has no description")
	}
	for _, a := range r.Description.Accounts {
		if a.Name == "" {
			return errors.New("an account without a name")
		}
		if a.Side != telltale.SideApp && a.Side != telltale.SidePeer {
			return fmt.Errorf("account %q has side %q: want %q or %q", clean(a.Name), clean(string(a.Side)), telltale.SideApp, telltale.SidePeer)
		}
	}
	return nil
}

func checkReceipt(r *telltale.Receipt, probe string) error {
	if r == nil {
		return errors.New("the answer to \"send\" has no receipt")
	}
	if r.Probe != probe {
		return fmt.Errorf("the receipt is for probe %q, sent was %q", clean(r.Probe), probe)
	}
	return checkOutcome(r.Outcome)
}

func checkOutcome(o telltale.Outcome) error {
	known := []telltale.Outcome{telltale.Delivered, telltale.Altered, telltale.Dropped, telltale.Refused, telltale.Diverted, telltale.Void}
	if !slices.Contains(known, o) {
		return fmt.Errorf("outcome %q is unknown: want one of %q", clean(string(o)), known)
	}
	return nil
}
