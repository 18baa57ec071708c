package survey

// Result is what a survey found.
type Result struct {
	Rules []Rule `json:"rules,omitempty"`
	// Exceptions are words that disable two rules or more.
	Exceptions []string `json:"exceptions,omitempty"`
	// Redundant are words that react only because the parts of a rule stand
	// inside them.
	Redundant []string `json:"redundant,omitempty"`
	// Length is an effect that no word causes, nil if none was seen.
	Length *Length `json:"length,omitempty"`
	// Always are effects that every message has; they were left out of account.
	Always []string `json:"always,omitempty"`
	// Unexplained are words that reacted together and that no proven rule
	// explains.
	Unexplained [][]string `json:"unexplained,omitempty"`
	Coverage    Coverage   `json:"coverage"`
	// Why is set if the survey ended early, such as by its budget.
	Why string `json:"why,omitempty"`
	// Messages asked, void ones included; Triggering ones had some effect.
	Messages   int `json:"messages"`
	Triggering int `json:"triggering"`
	Voids      int `json:"voids"`
	// Chance counts reactions that did not come again.
	Chance int `json:"chance"`
}

// Order of the parts of a rule.
type Order string

// Orders. A rule of one part has none.
const (
	OrderNone    Order = ""
	OrderAny     Order = "any"
	OrderListed  Order = "as listed"
	OrderUnknown Order = "unknown"
)

// Trait is whether a rule has a property.
type Trait string

// Traits.
const (
	Yes     Trait = "yes"
	No      Trait = "no"
	Unknown Trait = "unknown"
)

// Case says how letters are compared.
type Case string

// Cases.
const (
	CaseFolded  Case = "folded"
	CaseExact   Case = "exact"
	CaseFirst   Case = "first" // the first letter in either case, the others as they are
	CaseUnknown Case = "unknown"
	CaseNone    Case = "" // the parts have no letters with case
)

// Place says where a word must stand to disable a rule.
type Place string

// Places, with respect to the parts of the rule.
const (
	Anywhere Place = "anywhere"
	After    Place = "after"
	Before   Place = "before"
)

// Unless is a word that disables a rule.
type Unless struct {
	// Word; several that only together disable it are joined by "+".
	Word  string `json:"word"`
	Place Place  `json:"place"`
}

// Rule is a rule that was found.
type Rule struct {
	// Parts in the order of the rule, or in that of the vocabulary.
	Parts []string `json:"parts"`
	// Alternatives to a part, nil if none has any: Alternatives[i] are other
	// words that do in place of Parts[i].
	Alternatives [][]string `json:"alternatives,omitempty"`
	Order        Order      `json:"order,omitempty"`
	Unless       []Unless   `json:"unless,omitempty"`
	// Effects, sorted.
	Effects []string `json:"effects"`
	// Boundary: the parts must be words of their own.
	Boundary Trait `json:"boundary"`
	Case     Case  `json:"case,omitempty"`
	// Exact is true if every line of the certificate held.
	Exact       bool   `json:"exact"`
	Certificate []Line `json:"certificate"`
}

// Line is one claim of a certificate with the messages that prove it.
type Line struct {
	Claim string   `json:"claim"`
	Parts []string `json:"parts"`
	// Reacts says whether the effects of the rule must be there.
	Reacts bool     `json:"reacts"`
	Keys   []string `json:"keys"`
}

// Length is an effect of long messages.
type Length struct {
	// Limit in bytes up to which messages were clear; Above is the shortest
	// that was not.
	Limit   int      `json:"limit"`
	Above   int      `json:"above"`
	Effects []string `json:"effects"`
	Keys    []string `json:"keys"`
}

// Coverage says what was shown to be no rule: which combinations stood in a
// message without any effect and without a known exception.
type Coverage struct {
	// Singles, of all words that no rule explains.
	Singles Share `json:"singles"`
	// Pairs that stood together, in some order; Orders counts both orders.
	Pairs  Share `json:"pairs"`
	Orders Share `json:"orders"`
	// Triples is estimated from a sample if there are many.
	Triples Share `json:"triples"`
	// Apart counts words that were clear without another one, which might have
	// been their exception.
	Apart Share `json:"apart"`
	// Excused counts words that were tried as the exception of a rule, summed
	// over the rules.
	Excused Share `json:"excused"`
	// Unput are terms that could not be put: too long, or void every time.
	Unput []string `json:"unput,omitempty"`
}

// Share counts what was done of what there is.
type Share struct {
	Done int `json:"done"`
	Of   int `json:"of"`
}
