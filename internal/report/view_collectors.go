package report

// Collector is a host that gets copies, or that was checked for openness.
type Collector struct {
	Host string `json:"host"`
	// Messages of ours whose copies went there.
	Messages Count `json:"messages"`
	// Contains what a copy holds besides the text; Weak and Open are what is
	// wrong with its protection and with the place, in words.
	Contains []string `json:"contains,omitempty"`
	Weak     []string `json:"weak,omitempty"`
	Open     []string `json:"open,omitempty"`
	Visits   []Place  `json:"visits,omitempty"`
	// Whereabouts are what is on record of the host itself.
	Whereabouts Whereabouts `json:"whereabouts"`
	// Others is the number of records that are not ours; Outsiders the
	// number of people in them who never used this client.
	Others    Count `json:"others,omitempty"`
	Outsiders Count `json:"outsiders,omitempty"`
}

// Place is one directory that was looked at.
type Place struct {
	Base     string      `json:"base"`
	When     string      `json:"when,omitempty"`
	Requests Count       `json:"requests"`
	Listing  bool        `json:"listing"`
	Files    []FileGroup `json:"files,omitempty"`
	Families []Family    `json:"families,omitempty"`
	Notes    []string    `json:"notes,omitempty"`
}

// FileGroup is the files of one kind in a listing. Files of strangers are
// counted by ending and never named.
type FileGroup struct {
	Kind  string   `json:"kind"`
	Label string   `json:"label"`
	Count Count    `json:"count"`
	Names []string `json:"names,omitempty"`
	More  Count    `json:"more,omitempty"`
}

// Family is the log files of one family, in numbers.
type Family struct {
	Name    string `json:"name"`
	Files   Count  `json:"files"`
	Listed  Count  `json:"listed"`
	Records Count  `json:"records"`
	Unread  Count  `json:"unread,omitempty"`
	Own     Count  `json:"own,omitempty"`
	// Others are the records that are not ours.
	Others    Count  `json:"others"`
	Users     Count  `json:"users"`
	Addresses Count  `json:"addresses,omitempty"`
	Numbers   Count  `json:"numbers,omitempty"`
	Days      string `json:"days,omitempty"`
	// Outsiders never used this client; Explained messages hold a known
	// trigger word, Unexplained ones hold none.
	Outsiders   Count       `json:"outsiders,omitempty"`
	Explained   Count       `json:"explained,omitempty"`
	Unexplained Count       `json:"unexplained,omitempty"`
	Scripts     string      `json:"scripts,omitempty"`
	TopWords    []WordCount `json:"top_words,omitempty"`
	Path        string      `json:"path,omitempty"`
	KeyText     string      `json:"key_text,omitempty"`
	KeyFrom     string      `json:"key_from,omitempty"`
	// Sample are masked records.
	Sample []string `json:"sample,omitempty"`
}

// WordCount is a word and the number of messages that hold it.
type WordCount struct {
	Word  string `json:"word"`
	Count Count  `json:"count"`
}
