package survey

// Question is one message to send.
type Question struct {
	// Key follows from the place in the survey, as in "survey/000017"; it is
	// the same when the survey is replayed. A message that was void is put
	// again under the next key.
	Key string `json:"key"`
	// Body to send; the caller adds canaries.
	Body string `json:"body"`
	// Parts are the words that make the body, in order. Where a word is tried
	// in another form, the form stands here.
	Parts []string `json:"parts"`
	// Purpose says in words why it is asked.
	Purpose string `json:"purpose"`
}

// Answer is what happened to a message.
type Answer struct {
	// Effects are labels of what happened beyond plain delivery, such as
	// "refused" or "copy:log.example.test", sorted or not; none if nothing did.
	// Labels are compared as they are, but "altered" may come with Got, "ended"
	// and "dropped" are taken for what they say, and those that begin with
	// "copy:" are believed to hide nothing.
	Effects []string `json:"effects,omitempty"`
	// Got is the text received, if it was altered.
	Got string `json:"got,omitempty"`
	// Void says that the message could not be put or its fate is not known.
	Void bool `json:"void,omitempty"`
}

// Labels that the survey knows the meaning of.
const (
	// Altered: the text received differs from the text sent.
	Altered = "altered"
	// Dropped: nothing was received. It may happen by chance.
	Dropped = "dropped"
	// Ended: the session was ended, so the message was costly.
	Ended = "ended"
	// CopyPrefix begins the label of a copy seen elsewhere.
	CopyPrefix = "copy:"
)

// Exchange is a question with its answer.
type Exchange struct {
	Question
	Answer Answer `json:"answer"`
}
