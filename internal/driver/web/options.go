package web

import (
	"encoding/json"

	"example.org/telltale/internal/driver/ends"
)

// Options are the settings of a web end. Strings marked as templates hold
// {{name}} or {{name|filter}}, see [Names] and [Filters].
type Options struct {
	// Base stands before URLs that begin with a slash.
	Base string `json:"base"`
	// Proxy is the HTTP proxy that requests go through, as in
	// "http://127.0.0.1:8118"; empty for none.
	Proxy string `json:"proxy"`
	// Proxies name another one for single accounts; "direct" is none.
	Proxies map[string]string `json:"proxies"`
	// CA is a PEM file of authorities to trust besides the system's.
	CA string `json:"ca"`
	// Unverified takes any certificate.
	Unverified bool `json:"unverified"`
	// Headers of all requests. Templates.
	Headers map[string]string `json:"headers"`
	// Vars are further names for templates.
	Vars map[string]string `json:"vars"`
	// Login are the steps that log in, cookies are kept.
	Login []Step `json:"login"`
	// LoggedOut is what an answer looks like when the session is over: then
	// the login is done anew. Status 401 counts always.
	LoggedOut []Sign `json:"logged_out"`
	// Places are the ways to put a text, the usual one first.
	Places []Place `json:"places"`
	// Read is how the account reads what was written to it. Not needed if
	// every place has an answer.
	Read *Read `json:"read"`
	// Limit is the longest text that the service takes, in bytes.
	Limit int `json:"limit"`
	// Tries is how often a request whose connection is cut is made again, if
	// the service answers the sender himself, or a page is read. Default 2.
	Tries int `json:"tries"`
}

// Request is what to ask for.
type Request struct {
	// Method, by default POST with a body and GET without.
	Method string `json:"method"`
	// URL is a template; values in it are percent-encoded unless a filter
	// says otherwise.
	URL string `json:"url"`
	// Headers of this request. Templates.
	Headers map[string]string `json:"headers"`
	// One of these is the body. Body is a template, sent as it is. The values
	// of Form and Multipart are templates. In JSON every string is one.
	Body      string            `json:"body"`
	Form      map[string]string `json:"form"`
	JSON      json.RawMessage   `json:"json"`
	Multipart map[string]string `json:"multipart"`
	// Charset of Body and Form, as in "gbk". Default UTF-8.
	Charset string `json:"charset"`
	// Stay does not follow redirections.
	Stay bool `json:"stay"`
	// Socket sends Body through the WebSocket of Read instead of a request.
	Socket bool `json:"socket"`
}

// Step is a request by the way: for a login, or for a token.
type Step struct {
	Request
	Expect Expect `json:"expect"`
	// Save keeps values of the answer under names for templates, as in csrf.
	Save map[string]Extract `json:"save"`
}

// Place is one way to put a text.
type Place struct {
	Name string `json:"name"`
	// Thread, a template, names the thread that the text goes to, as in
	// "t{{nonce}}"; templates have it as {{thread}}. With it every message
	// has a page of its own, and one that nobody may see does not hide the
	// next. Without it all go to one page.
	Thread string `json:"thread"`
	// Before is done before each message.
	Before []Step `json:"before"`
	// Send puts the text.
	Send Request `json:"send"`
	// Expect says what the answer looks like.
	Expect Expect `json:"expect"`
	// Answer is for services that answer the sender: nobody else reads.
	Answer *Answer `json:"answer"`
	// Ref is where the answer names the message; see Read.ID.
	Ref *Extract `json:"ref"`
}

// Expect says how to tell what an answer means. Status 429, and 503 with
// Retry-After, always mean "too fast".
type Expect struct {
	// Status that an accepted request has. Default 200 to 399.
	Status []int `json:"status"`
	// Match is a regular expression for the body of an accepted request.
	Match string `json:"match"`
	// Refused are signs of a refusal, whatever the status.
	Refused []Sign `json:"refused"`
	// Busy are signs that it was too fast; After says how long to wait, 1s
	// if the service does not say.
	Busy  []Sign        `json:"busy"`
	After ends.Duration `json:"after"`
}

// Sign is something that an answer has; all that is given must hold.
type Sign struct {
	Status int `json:"status"`
	// Match is a regular expression for the body. Its first group, if there
	// is one, is the reason in the service's words.
	Match string `json:"match"`
	// JSON is a path that leads to a value other than null, false, "", 0.
	JSON string `json:"json"`
}

// Answer says what the sender himself is answered.
type Answer struct {
	// Text is where the answer shows the text that was sent. Another text
	// there means altered, none means dropped.
	Text *Extract `json:"text"`
	// Normal is a regular expression for the usual answer; without it there
	// the text counts as dropped. A template: {{text|regexp}} is the text.
	Normal string `json:"normal"`
}

// Extract finds values. One of CSS, Regexp, JSON and Header.
type Extract struct {
	// CSS is a selector: names, .class, #id, [attribute=value], descendants
	// and children (>). The value is the element's text, or Attr.
	CSS  string `json:"css"`
	Attr string `json:"attr"`
	// Regexp gives its first group, or all of the match.
	Regexp string `json:"regexp"`
	// JSON is a path as in data.items[*].text.
	JSON string `json:"json"`
	// Header is a field of the answer.
	Header string `json:"header"`
	// Unescape resolves HTML's character references; CSS always does.
	Unescape bool `json:"unescape"`
	// Trim cuts blanks off both ends.
	Trim bool `json:"trim"`
}

// Read is how an account reads.
type Read struct {
	Request
	// Stream is "sse" or "websocket" where the service sends by itself;
	// empty where it has to be asked.
	Stream string `json:"stream"`
	// Say is sent first through a WebSocket. Templates.
	Say    []string `json:"say"`
	Expect Expect   `json:"expect"`
	// Items finds the messages; Text, From and ID are looked for in each.
	// Without Text it is all of the item.
	Items Extract  `json:"items"`
	Text  *Extract `json:"text"`
	From  *Extract `json:"from"`
	// ID names the message, in the same way as Place.Ref does.
	ID *Extract `json:"id"`
	// NewestFirst says that the newest message stands on top.
	NewestFirst bool `json:"newest_first"`
	// Ignore is a regular expression for items that are no messages.
	Ignore string `json:"ignore"`
}

// ParseOptions reads and checks options. The errors are [ends.OptionError]s.
func ParseOptions(raw json.RawMessage) (Options, error) {
	var o Options
	if err := ends.Decode(raw, &o); err != nil {
		return o, err
	}
	_, err := compile(o)
	return o, err
}
