package isolate

// Question is one message to send. Canaries are added by whoever sends it.
type Question struct {
	// ID is unique in the search and follows from its history, as in "q007";
	// "q007.2" is the same question put again after a void.
	ID string
	// Text to send.
	Text string
	// Why it is asked, in words.
	Why string
	// Proof is true if the question belongs to the certificate, should the
	// words it is about turn out to be the ones.
	Proof bool
}

// Exchange is a question with what came of it. Neither Answered nor Void: it
// is still open.
type Exchange struct {
	Question
	Answered bool
	Reacted  bool
	Void     bool
}

// Result is what a search found.
type Result struct {
	// Words of the rule in the order of the text. If the result is not Exact
	// they are the last guess, or empty. With Invert they stop the reaction
	// when all of them are there.
	Words []string
	// Certificate is what was asked in proof.
	Certificate []Proof
	// Exact is true when every proof held. Otherwise Why says what failed.
	Exact bool
	Why   string
	// Broken lists answers that contradict a filter that only looks for
	// parts: unreliable answers, exceptions, or a filter that remembers. An
	// exact result stands all the same.
	Broken []Break
	// Questions asked, those that reacted, and those that were void.
	Questions, Triggering, Voids int
}

// Proof is one line of a certificate.
type Proof struct {
	// Question that was asked.
	Question string
	// Claim in words, as in `without "b": no reaction`.
	Claim string
	Text  string
	// Reacts is the answer that the claim needs; Held whether it came.
	Reacts bool
	Held   bool
}

// Break is a pair of answers: the message of Silent holds all that the message
// of Reacted holds, and did not react (with Invert: the other way round).
type Break struct {
	Reacted, Silent string
}
