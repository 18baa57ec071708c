package telltale

// Isolation is the result of one search for the exact words of a trigger,
// with the probes that prove it.
type Isolation struct {
	// Text that reacted as a whole.
	Text      string    `json:"text"`
	Direction Direction `json:"direction"`
	// Words that make the app react when all of them are in a message,
	// sorted. A filter that sees one word as a whole has one entry.
	Words []string `json:"words"`
	// Without lists words of which each, added to Words, stops the reaction.
	Without []string `json:"without,omitempty"`
	// Cell that the reaction falls into.
	Cell Cell `json:"cell"`
	// Certificate: what was asked at the end, and what the answers must be.
	Certificate []Proof `json:"certificate"`
	// Exact is true when every proof held. Otherwise Why says what failed.
	Exact bool   `json:"exact"`
	Why   string `json:"why,omitempty"`
	// Traits are what else was found out about the words.
	Traits []Trait `json:"traits,omitempty"`
	// Rule is what a survey found besides; nil if a search led to the words.
	Rule *Rule `json:"rule,omitempty"`
	// Place is where the survey was made; empty for the usual place.
	Place string `json:"place,omitempty"`
}

// Trait is one thing known of how words are compared and for whom: whether
// their order matters, which ways of writing count as the same, whether the
// other direction or another account is watched too.
type Trait struct {
	// Name as in "order", "case", "blanks", "received", "with carol".
	Name string `json:"name"`
	// Answer is "yes", "no", "unknown" or "not applicable".
	Answer string `json:"answer"`
	// Statement says it in words, as in "case is ignored".
	Statement string `json:"statement"`
	// Proofs are the messages that decide it.
	Proofs []Proof `json:"proofs,omitempty"`
}

// TraitUnknown is the answer of a trait that is not proven.
const TraitUnknown = "unknown"

// Proof is one line of a certificate.
type Proof struct {
	// Claim in words, as in `without "b": no reaction`.
	Claim string `json:"claim"`
	// Text that was tested, canary left out.
	Text string `json:"text"`
	// Reacts is the answer that the claim needs.
	Reacts bool `json:"reacts"`
	// Probes that put the question; each must have given the answer, or for
	// an app that samples, at least one must for a reaction and all for none.
	Probes []string `json:"probes"`
	// Held says whether they did.
	Held bool `json:"held"`
}
