package telltale

import (
	"slices"
	"strings"
)

// Kind is what a finding claims.
type Kind string

// The kinds. The comment names the fields of Claim that belong to each.
const (
	// KindCopy: what is typed goes to someone else. Direction, Condition.
	KindCopy Kind = "copy"
	// KindSuppression: messages are kept from their recipient. Direction,
	// Condition, Detail (dropped, altered or refused).
	KindSuppression Kind = "suppression"
	// KindTrigger: these words set it off. Words, Without, Direction (sent,
	// received or both), Cell.
	KindTrigger Kind = "trigger"
	// KindTargeting: this account is watched, whatever it writes. Account.
	KindTargeting Kind = "targeting"
	// KindDestination: copies go to this host. Host, Detail (http, https, tcp).
	KindDestination Kind = "destination"
	// KindContent: the copy also holds this. Host, Detail (a Field constant).
	KindContent Kind = "content"
	// KindWeak: others can read it. Host, Detail (a Weak constant).
	KindWeak Kind = "weak-protection"
	// KindExposure: the place is open. Host, Detail (an Open constant).
	KindExposure Kind = "exposure"
	// KindList: the client fetches a word list. Host, Detail (the path).
	KindList Kind = "list"
	// KindException: these words let a message through that triggers of a
	// survey would otherwise catch, all that were tried. Words, Direction.
	KindException Kind = "exception"
)

// Condition says when a copy or a suppression happens.
type Condition string

// The conditions.
const (
	// Always: every message, from every account tested.
	Always Condition = "always"
	// OnWords: messages that hold certain words.
	OnWords Condition = "words"
	// OnAccount: every message of certain accounts.
	OnAccount Condition = "account"
)

// Details of KindContent.
const (
	FieldSender    = "sender"
	FieldRecipient = "recipient"
	FieldTime      = "time"
)

// Details of KindWeak.
const (
	// WeakHTTP: sent over HTTP without TLS.
	WeakHTTP = "plain-http"
	// WeakNone: no cipher at all on the content.
	WeakNone = "no-cipher"
	// WeakXOR: a byte-wise cipher that falls to known plaintext.
	WeakXOR = "xor"
	// WeakDES: single DES, 56 bits of key.
	WeakDES = "des"
	// WeakECB: electronic codebook mode, equal blocks show.
	WeakECB = "ecb"
	// WeakKeyInApp: the key stands in the app's own files.
	WeakKeyInApp = "key-in-app"
	// WeakKeyBeside: the key can be fetched next to the data.
	WeakKeyBeside = "key-beside-data"
)

// Details of KindExposure.
const (
	OpenListing   = "listing"
	OpenKey       = "key"
	OpenRecords   = "third-party-records"
	OpenStrangers = "strangers-files"
)

// Claim is the part of a finding that can be true or false, in fields that
// can be compared with a truth. Fields that do not belong to Kind are empty.
type Claim struct {
	Kind      Kind      `json:"kind"`
	Direction Direction `json:"direction,omitempty"`
	Condition Condition `json:"condition,omitempty"`
	Words     []string  `json:"words,omitempty"`
	Without   []string  `json:"without,omitempty"`
	Cell      Cell      `json:"cell,omitempty"`
	Account   string    `json:"account,omitempty"`
	Host      string    `json:"host,omitempty"`
	Detail    string    `json:"detail,omitempty"`
	// Rule says more of a trigger that a survey found; nil of others.
	Rule *Rule `json:"rule,omitempty"`
}

// Key writes the claim on one line; equal claims have equal keys, whatever
// the order of their words.
func (c Claim) Key() string {
	words, without := slices.Clone(c.Words), slices.Clone(c.Without)
	slices.Sort(words)
	slices.Sort(without)
	key := strings.Join([]string{
		string(c.Kind), string(c.Direction), string(c.Condition),
		strings.Join(words, "+"), strings.Join(without, "+"),
		string(c.Cell), c.Account, c.Host, c.Detail,
	}, "|")
	if c.Rule != nil {
		key += "|" + c.Rule.Key()
	}
	return key
}

// Verdict is how a claim stands.
type Verdict string

// The verdicts.
const (
	Supported    Verdict = "supported"
	NotSupported Verdict = "not supported"
	Inconclusive Verdict = "inconclusive"
)

// Observation is one flat row that joins a probe to a flow or to its
// delivery. Rows are derived from raw facts and can be derived again.
type Observation struct {
	Probe string `json:"probe"`
	// Flow that the row is about; empty for rows about delivery.
	Flow string `json:"flow,omitempty"`
	// Host of the flow, copied here so that rows can be read alone.
	Host string `json:"host,omitempty"`
	// Feature as in "outcome", "copy", "flows", "bytes", "delay_ms".
	Feature string `json:"feature"`
	// Value of countable features; Text of the others.
	Value float64 `json:"value"`
	Text  string  `json:"text,omitempty"`
}

// Trials counts the trials behind a finding.
type Trials struct {
	// Treated trials and those of them that reacted.
	Treated        int `json:"treated"`
	TreatedReacted int `json:"treated_reacted"`
	// Control trials and those of them that reacted.
	Control        int `json:"control"`
	ControlReacted int `json:"control_reacted"`
	// Void trials, left out of the others.
	Void int `json:"void"`
}

// Effect is a size with its uncertainty.
type Effect struct {
	// What is measured, as in "share of messages copied, treatment - control".
	What string  `json:"what"`
	Size float64 `json:"size"`
	// Low and High bound the size with confidence 1 - Alpha of the case.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// P is the p-value of the test, Adjusted after correction for all tests
	// of the case. Both are 0 for a direct finding, which needs no test.
	P        float64 `json:"p"`
	Adjusted float64 `json:"p_adjusted"`
}

// Finding is one claim with its verdict and everything needed to doubt it.
type Finding struct {
	// ID as in "F03", in the order of the report.
	ID    string `json:"id"`
	Claim Claim  `json:"claim"`
	// Statement says it in one plain sentence.
	Statement string  `json:"statement"`
	Verdict   Verdict `json:"verdict"`
	// Direct is true when the canary itself was found in the bytes, false
	// when the claim rests on statistics.
	Direct bool    `json:"direct"`
	Trials Trials  `json:"trials"`
	Effect *Effect `json:"effect,omitempty"`
	// Needed is the number of further trials that would decide an
	// inconclusive claim.
	Needed int `json:"needed,omitempty"`
	// Traits of a trigger, those whose proofs hold.
	Traits []Trait `json:"traits,omitempty"`
	// Evidence: ids of probes, flows and layers' digests.
	Probes  []string `json:"probes,omitempty"`
	Flows   []string `json:"flows,omitempty"`
	Digests []Digest `json:"digests,omitempty"`
	// Keys are the sources of the keys that opened the evidence, each by
	// itself, as in "app-file:client.dat"; see Layer.KeySource.
	Keys []string `json:"keys,omitempty"`
	// Coverage says what could not be seen and so is not denied.
	Coverage []string `json:"coverage,omitempty"`
	// Method and the version of the program that stated the finding.
	Method  string `json:"method"`
	Version string `json:"version"`
}
