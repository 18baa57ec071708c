package telltale

import "time"

// Visit is what the active checks saw on one host within the scope: at most
// Limits.Requests GET requests, all under paths the app itself had used.
// Requests are flows of the sensor "expose". What strangers wrote is counted
// and masked; the fetched bytes stay in the case.
type Visit struct {
	Host string `json:"host"`
	// Base is the directory the visit stayed under, as in "/log/".
	Base     string    `json:"base"`
	At       time.Time `json:"at"`
	Requests int       `json:"requests"`
	// Flows of the requests, in order.
	Flows []string `json:"flows,omitempty"`
	// Listing is true when the server lists the directory.
	Listing bool `json:"listing"`
	// Entries of the listing.
	Entries []Entry `json:"entries,omitempty"`
	// Recovered is the summary of the logs that could be read.
	Recovered []Recovered `json:"recovered,omitempty"`
	// Notes say what was not asked or could not be read, and why.
	Notes []string `json:"notes,omitempty"`
}

// Entry is one line of a directory listing.
type Entry struct {
	Name string `json:"name"`
	Size int64  `json:"size,omitempty"`
	// Kind is "key", "log", "directory", "stray" (nothing to do with the
	// service: somebody else's) or "other".
	Kind string `json:"kind"`
}

// Recovered summarises the log files of one family on one host.
type Recovered struct {
	// Family as in "messages", "calls", "logins".
	Family string `json:"family"`
	// Files read, and how many there were in the listing.
	Files  int `json:"files"`
	Listed int `json:"listed"`
	// Path of coats of one record, and the key that opened them.
	Path      []string `json:"path"`
	Key       string   `json:"key,omitempty"`
	KeySource string   `json:"key_source,omitempty"`
	// Records read, Unread those that could not be.
	Records int `json:"records"`
	Unread  int `json:"unread,omitempty"`
	// Users is the number of distinct account names, Addresses of distinct
	// network addresses, Numbers of distinct telephone numbers.
	Users     int `json:"users"`
	Addresses int `json:"addresses,omitempty"`
	Numbers   int `json:"numbers,omitempty"`
	// FirstDay and LastDay as YYYY-MM-DD.
	FirstDay string `json:"first_day,omitempty"`
	LastDay  string `json:"last_day,omitempty"`
	// Scripts counts messages by writing: "han", "latin", "mixed", "other".
	Scripts map[string]int `json:"scripts,omitempty"`
	// Outsiders are distinct users who appear in messages but in no login
	// record: people who never used the monitored client.
	Outsiders int `json:"outsiders,omitempty"`
	// Explained counts messages that hold a known trigger word; Unexplained
	// those that hold none: captured for another reason, such as who wrote.
	Explained   int `json:"explained,omitempty"`
	Unexplained int `json:"unexplained,omitempty"`
	// TopWords are the known words that explain most messages.
	TopWords []WordCount `json:"top_words,omitempty"`
	// Sample are up to three records with every name, number, address and
	// text masked, to show the shape.
	Sample []string `json:"sample,omitempty"`
	// Own counts records of the case's own probes, found by their canaries.
	Own int `json:"own,omitempty"`
}

// WordCount is a word and how many messages hold it.
type WordCount struct {
	Word  string `json:"word"`
	Count int    `json:"count"`
}
