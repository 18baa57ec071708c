package telltale

// ProtocolVersion is the version of the driver protocol: JSON lines between
// telltale and a driver process. docs/driver-protocol.md describes it.
const ProtocolVersion = 1

// DriverRequest is one line from telltale to a driver process.
type DriverRequest struct {
	// ID is repeated in the response. IDs grow.
	ID int64 `json:"id"`
	// Op is "describe", "send", "reset" or "close".
	Op string `json:"op"`
	// Version of the protocol; set for "describe".
	Version int `json:"version,omitempty"`
	// Send is set for "send".
	Send *DriverSend `json:"send,omitempty"`
}

// DriverSend is the body of a "send" request.
type DriverSend struct {
	Probe string `json:"probe"`
	From  string `json:"from"`
	To    string `json:"to"`
	Text  string `json:"text"`
	// Place is one of the description's places; left out for the first.
	Place string `json:"place,omitempty"`
	// WaitMS is how long to wait for the message to arrive, in milliseconds.
	WaitMS int64 `json:"wait_ms"`
}

// DriverResponse is one line from a driver process: the answer to a request
// (ID set), or an event (ID zero): a receipt that came late.
type DriverResponse struct {
	ID int64 `json:"id,omitempty"`
	// Event is "late" for an unasked Receipt.
	Event string `json:"event,omitempty"`
	// Version of the protocol that the driver speaks; set for "describe".
	Version     int          `json:"version,omitempty"`
	Description *Description `json:"description,omitempty"`
	Receipt     *Receipt     `json:"receipt,omitempty"`
	// Error says that the request could not be carried out, and why.
	Error string `json:"error,omitempty"`
}
