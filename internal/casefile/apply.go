package casefile

import (
	"bytes"
	"encoding/json"
	"fmt"

	"example.org/telltale"
)

// Begin opens every log.
type Begin struct {
	Program string `json:"program"`
	// CanaryKey commits to the key before the first canary is typed.
	CanaryKey telltale.Digest `json:"canary_key"`
	PublicKey string          `json:"public_key"`
}

// Torn names a part of a line that a crash left at the end of the log.
type Torn struct {
	File  string `json:"file"`
	Bytes int    `json:"bytes"`
}

// Capture seals a packet file.
type Capture struct {
	File   string          `json:"file"`
	Size   int64           `json:"size"`
	Digest telltale.Digest `json:"digest"`
	// Cut says that the writer did not live to close it.
	Cut bool `json:"cut,omitempty"`
}

// apply adds an entry to the record. This table is the list of entry types.
// The sets "observations" and "findings" replace what an earlier run stated.
func apply(r *telltale.Record, e Entry) error {
	switch e.Type {
	case "begin", "torn", "capture", "resume":
		return nil
	case "scenario":
		return decode(e, &r.Scenario)
	case "app":
		return decode(e, &r.App)
	case "coverage":
		return decode(e, &r.Coverage)
	case "listening":
		return extend(e, &r.Listening)
	case "probe":
		return extend(e, &r.Probes)
	case "receipt":
		return extend(e, &r.Receipts)
	case "flow":
		return extend(e, &r.Flows)
	case "layer":
		return extend(e, &r.Layers)
	case "isolation":
		return extend(e, &r.Isolations)
	case "visit":
		return extend(e, &r.Visits)
	case "stage":
		return extend(e, &r.Stages)
	case "observations":
		r.Observations = nil
		return decode(e, &r.Observations)
	case "findings":
		r.Findings = nil
		return decode(e, &r.Findings)
	}
	return fmt.Errorf("entry %d has the unknown type %.40q", e.N, e.Type)
}

func extend[T any](e Entry, to *[]T) error {
	var one T
	if err := decode(e, &one); err != nil {
		return err
	}
	*to = append(*to, one)
	return nil
}

func decode(e Entry, to any) error {
	dec := json.NewDecoder(bytes.NewReader(e.Body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(to); err != nil {
		return fmt.Errorf("entry %d (%s): %w", e.N, e.Type, err)
	}
	return nil
}

// parseLine reads one line of the log, without its newline.
func parseLine(line []byte) (Entry, error) {
	var e Entry
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		return Entry{}, fmt.Errorf("not an entry: %w", err)
	}
	if dec.More() {
		return Entry{}, fmt.Errorf("bytes after the entry at offset %d", dec.InputOffset())
	}
	return e, nil
}
