package report

import "example.org/telltale"

// SchemaVersion is the version of the JSON form of a [View]. It grows by one
// whenever a field changes its meaning or goes away.
const SchemaVersion = 2

// View is a whole report, ready to print: sentences in plain words, tables in
// order, lists already bounded. docs/report-json.md describes its JSON form.
type View struct {
	Version int `json:"version"`
	// Language of the sentences, as in "en".
	Language string `json:"language"`
	// Program that made the report, as in "telltale 0.1.0".
	Program string  `json:"program"`
	Case    string  `json:"case"`
	Subject Subject `json:"subject"`
	Answer  Answer  `json:"answer"`
	// Numbers are the few that matter most.
	Numbers []Number `json:"numbers"`
	// Matrix of delivered × copied, and the same for the reference build.
	Matrix    []MatrixRow `json:"matrix"`
	Reference []MatrixRow `json:"reference_matrix,omitempty"`
	// MatrixNotes say what the matrix leaves out.
	MatrixNotes []string `json:"matrix_notes,omitempty"`
	Picture     Picture  `json:"-"`

	Triggers     []Trigger `json:"triggers"`
	MoreTriggers Count     `json:"more_triggers,omitempty"`
	// Exceptions let messages through that any of the triggers would catch.
	Exceptions []string `json:"exceptions,omitempty"`
	// Opened is one copied message, coat by coat; nil if none was copied.
	Opened         *Opened     `json:"opened,omitempty"`
	Collectors     []Collector `json:"collectors"`
	MoreCollectors Count       `json:"more_collectors,omitempty"`
	// Hosts are all that the app spoke to.
	Hosts        []Host    `json:"hosts"`
	MoreHosts    Count     `json:"more_hosts,omitempty"`
	Lists        Lists     `json:"lists"`
	Findings     []Finding `json:"findings"`
	MoreFindings Count     `json:"more_findings,omitempty"`
	Effects      Effects   `json:"-"`

	Timeline Timeline `json:"-"`
	Coverage Coverage `json:"coverage"`
	Methods  Methods  `json:"methods"`
	// Plan is nil for a case without one.
	Plan     *Plan  `json:"plan,omitempty"`
	Verify   Verify `json:"verify"`
	Glossary []Term `json:"-"`
}

// Subject is what was tested, where and when.
type Subject struct {
	App      string `json:"app"`
	Platform string `json:"platform,omitempty"`
	Vantage  string `json:"vantage,omitempty"`
	// Began and Took are empty if nothing was typed.
	Began string    `json:"began,omitempty"`
	Took  string    `json:"took,omitempty"`
	Files []AppFile `json:"files,omitempty"`
	// MoreFiles were left out of Files.
	MoreFiles Count `json:"more_files,omitempty"`
}

// AppFile is one file of the tested app.
type AppFile struct {
	Path   string `json:"path"`
	Size   Count  `json:"size"`
	Digest string `json:"digest"`
}

// Tone says which way an answer goes.
type Tone string

// The tones.
const (
	// ToneAlarm: at least one finding is supported.
	ToneAlarm Tone = "found"
	// ToneQuiet: the test worked and found nothing.
	ToneQuiet Tone = "nothing found"
	// ToneOpen: the test could not decide.
	ToneOpen Tone = "undecided"
)

// Answer is the whole case in a few plain sentences.
type Answer struct {
	Tone     Tone   `json:"tone"`
	Headline string `json:"headline"`
	// Strength says in a few words what the answer rests on.
	Strength string `json:"strength"`
	// Brief answers who, what, where and how sure.
	Brief     []Fact   `json:"brief"`
	Sentences []string `json:"sentences"`
	// Reference compares with the reference build; empty without one.
	Reference string `json:"reference,omitempty"`
	// Sure says how sure the answer is, and why.
	Sure []string `json:"sure"`
}

// Number is one key number with what it counts.
type Number struct {
	Value string `json:"value"`
	Label string `json:"label"`
	// Bad marks numbers that should be nought.
	Bad bool `json:"bad,omitempty"`
}

// MatrixRow is a [Row] with its words.
type MatrixRow struct {
	Row
	// Label of the group, and Going for the direction: "sent", "received".
	Label string `json:"label"`
	Going string `json:"going"`
}

// Trigger is a set of words that sets the app off, with its proof.
type Trigger struct {
	Finding string   `json:"finding"`
	Words   []string `json:"words"`
	Without []string `json:"without,omitempty"`
	// Manner says how the words are compared, if a survey found them.
	Manner []string `json:"manner,omitempty"`
	// Places where they were seen to set it off, Spared where not.
	Places []string `json:"places,omitempty"`
	Spared []string `json:"spared,omitempty"`
	// Direction in words, Effect what happens to such a message.
	Direction string           `json:"direction"`
	Cell      telltale.Cell    `json:"cell"`
	Effect    string           `json:"effect"`
	Verdict   telltale.Verdict `json:"verdict"`
	// Stands is the verdict in words.
	Stands string         `json:"stands"`
	Trials string         `json:"trials"`
	Proofs []ProofOfWords `json:"proofs"`
	// Traits tell how the words are compared, and for whom.
	Traits []Trait `json:"traits,omitempty"`
}

// Trait is one thing known of how the words of a trigger are compared.
type Trait struct {
	Name      string        `json:"name"`
	Answer    string        `json:"answer"`
	Statement string        `json:"statement"`
	Probes    []ProbeResult `json:"probes"`
	More      Count         `json:"more,omitempty"`
}

// ProofOfWords is the certificate of one search for exact words.
type ProofOfWords struct {
	// From is the text that reacted and was taken apart.
	From      string `json:"from"`
	Direction string `json:"direction"`
	Exact     bool   `json:"exact"`
	// Why the search is not exact.
	Why   string      `json:"why,omitempty"`
	Lines []ProofLine `json:"lines"`
	More  Count       `json:"more,omitempty"`
}

// ProofLine is one line of a certificate.
type ProofLine struct {
	Claim string `json:"claim"`
	Text  string `json:"text"`
	// Needs is the answer that the claim needs.
	Needs  string        `json:"needs"`
	Held   bool          `json:"held"`
	Probes []ProbeResult `json:"probes"`
	More   Count         `json:"more,omitempty"`
}

// ProbeResult is a probe and what came of it.
type ProbeResult struct {
	Probe  string        `json:"probe"`
	Cell   telltale.Cell `json:"cell"`
	Result string        `json:"result"`
}

// Finding is one claim as the case states it. Claim holds captured text as it
// was; every other string is safe to print.
type Finding struct {
	ID        string           `json:"id"`
	Kind      telltale.Kind    `json:"kind"`
	Claim     telltale.Claim   `json:"claim" view:"raw"`
	Statement string           `json:"statement"`
	Verdict   telltale.Verdict `json:"verdict"`
	// Stands is the verdict in words, KindWords the kind.
	Stands    string `json:"stands"`
	KindWords string `json:"kind_words"`
	// Basis is whether the canary itself was seen, in words.
	Basis   string    `json:"basis"`
	Trials  string    `json:"trials,omitempty"`
	Needed  Count     `json:"needed,omitempty"`
	Effect  *Interval `json:"effect,omitempty"`
	Probes  string    `json:"probes,omitempty"`
	Flows   string    `json:"flows,omitempty"`
	Digests []string  `json:"digests,omitempty"`
	// Keys say where the keys came from that opened the evidence.
	Keys []string `json:"keys,omitempty"`
	// MoreDigests were left out of Digests.
	MoreDigests Count `json:"more_digests,omitempty"`
	// Opens is true for the first finding of its kind in a row.
	Opens bool `json:"-"`
	// Coverage holds the blind spots of this finding that are not those of
	// the whole case.
	Coverage []string `json:"coverage,omitempty"`
	Method   string   `json:"method"`
}

// Interval is an effect with its bounds.
type Interval struct {
	What string  `json:"what"`
	Size float64 `json:"size"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Short is size and bounds, Text says all of it in words.
	Short string `json:"short"`
	Text  string `json:"text"`
}
