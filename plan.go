package telltale

// Plan is what was settled before the first message: which question, in which
// order, judged by which methods, and when to stop. It is written and signed
// before anything is typed, so that nobody can choose the analysis to suit the
// answers (pre-registration). What departs from it later shows.
type Plan struct {
	// Program that made the plan, as in "telltale 0.3.0".
	Program string `json:"program"`
	// Scenario is the SHA-256 of the canonical JSON of the scenario.
	Scenario Digest `json:"scenario"`
	Seed     uint64 `json:"seed"`
	// Schedule is the SHA-256 of the questions that are known beforehand, one
	// a line: key, arm, direction, word, each ended by a tab but the last by a
	// newline. Questions counts them. They are the harmless messages that come
	// first and, unless words are tried many at a time, each word and its
	// control in each of Scenario.Trials blocks. What is asked later follows
	// from the answers by the methods of Analysis.
	Schedule  Digest `json:"schedule"`
	Questions int    `json:"questions"`
	// Analysis names the methods that findings may rest on: as Finding.Method
	// does, which joins several by "; ", each followed by a blank and
	// Finding.Version in brackets.
	Analysis []string `json:"analysis"`
	// Alpha is the error rate for all tests together.
	Alpha float64 `json:"alpha"`
	// Stop is the stop rule in words, one limit each.
	Stop []string `json:"stop"`
}
