package telltale

// App is what was tested. No finding is stated without one.
type App struct {
	// Name is how people call the app.
	Name string `json:"name"`
	// Version is what the app says of itself; empty if it says nothing.
	Version string `json:"version,omitempty"`
	// Platform is operating system and architecture, as in "linux/amd64".
	Platform string `json:"platform,omitempty"`
	// Vantage is where in the network the app ran, in the tester's words.
	Vantage string `json:"vantage,omitempty"`
	// Places are the ways in which a text can be put, the usual one first; see
	// Description.
	Places []string `json:"places,omitempty"`
	// Files are the app's own files: program, libraries, resources.
	Files []AppFile `json:"files,omitempty"`
}

// AppFile is one file of an app. Keys are looked for in its bytes.
type AppFile struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	Digest Digest `json:"digest"`
	// Harvest says that keys were looked for in this file. Large programs
	// are digested only.
	Harvest bool `json:"harvest,omitempty"`
}

// Side tells on which side of the app under test an account stands.
type Side string

// The sides.
const (
	// SideApp accounts use the app under test, and sensors watch them.
	SideApp Side = "app"
	// SidePeer accounts talk to the app under test from a client that is
	// trusted and not watched.
	SidePeer Side = "peer"
	// SideWitness accounts are only read: whatever of a probe arrives at one
	// is a copy to somebody who is not the recipient.
	SideWitness Side = "witness"
)

// Account is one end that the driver can type into and read from.
type Account struct {
	Name string `json:"name" yaml:"name"`
	Side Side   `json:"side" yaml:"side"`
}

// Direction is seen from the app under test.
type Direction string

// The directions.
const (
	// Sent messages are typed into the app under test.
	Sent Direction = "sent"
	// Received messages are typed at the peer and arrive at the app.
	Received Direction = "received"
	// Both is used in claims that hold for sent and received alike.
	Both Direction = "both"
)
