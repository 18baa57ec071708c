package browser

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"example.org/telltale/internal/driver/ends"
)

// The ways to type.
const (
	// TypeKeys presses keys, and composes what has none.
	TypeKeys = "keys"
	// TypeInsert puts a text in at once, as a paste does.
	TypeInsert = "insert"
)

// Options are the settings of a page. In URL, steps and args, {{name}},
// {{address}}, {{user}}, {{password}} and {{more.X}} stand for the account, and {{to}}
// for the address of the recipient.
//
// Selectors are CSS selectors; pierce/, xpath/, text/ and aria/ in front of one
// mean what they mean in recordings of Chrome's developer tools.
type Options struct {
	// URL is the page that is opened first.
	URL string `json:"url"`
	// Login leads to the open chat. Open is done before the first message to
	// somebody, and when the recipient changes.
	Login []Step `json:"login"`
	Open  []Step `json:"open"`
	// Recording is a file that Chrome's recorder exported as JSON; its steps
	// are done before Login.
	Recording string `json:"recording"`
	// Ready is seen when messages can be typed; the input field unless given.
	Ready string `json:"ready"`

	// Input is the field that a message is typed into.
	Input string `json:"input"`
	// Typing is TypeKeys or TypeInsert.
	Typing string `json:"typing"`
	// Send is what sends it.
	Send Send `json:"send"`
	// Limit is the longest text in bytes.
	Limit int `json:"limit"`
	// Cannot names texts that the page does not take as they are.
	Cannot []ends.Cannot `json:"cannot"`

	// Messages says where messages are shown.
	Messages Messages `json:"messages"`
	// Errors are shown when a message was not accepted, Ended when the
	// session is over.
	Errors []Notice `json:"errors"`
	Ended  []Notice `json:"ended"`
	// Dialog matches the text of a dialog that says that a message was not
	// accepted. Any other dialog is an error.
	Dialog ends.Pattern `json:"dialog"`
	// Shadows looks into the shadow roots of the page as well.
	Shadows bool `json:"shadows"`

	// Browser is the program; one that is installed is looked for otherwise.
	Browser string   `json:"browser"`
	Args    []string `json:"args"`
	// Profile is a directory that is kept, for accounts that were logged in
	// by hand. Otherwise every session begins with a new one.
	Profile string `json:"profile"`
	// Show opens a window that people can see.
	Show bool `json:"show"`
	// Box starts the browser in the sandbox of the audit, or outside of it.
	// Left out: inside, if there is one.
	Box *bool `json:"box"`
	// Lang as in "en-US", Width and Height of the page.
	Lang   string `json:"lang"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	// Patience bounds each wait for the page.
	Patience ends.Duration `json:"patience"`
}

// Step does one thing, the first that is given: goes to a page, waits for an
// element, types into it, clicks it, presses a key.
type Step struct {
	Go   string `json:"go"`
	Wait string `json:"wait"`
	// Gone waits until no such element can be seen.
	Gone  string `json:"gone"`
	Click string `json:"click"`
	// Into is the field that Type goes to.
	Into string `json:"into"`
	Type string `json:"type"`
	Key  string `json:"key"`

	// selectors are those of a recording: any of them will do.
	selectors []string
	double    bool
	up, down  bool
}

// Send says what sends a message: a key, or a button.
type Send struct {
	Key   string `json:"key"`
	Click string `json:"click"`
}

// Messages says where messages are shown.
type Messages struct {
	// Selector matches one element for each message.
	Selector string `json:"selector"`
	// Text and From are found within; From may name an attribute as in
	// ".sender@data-name". Own matches those that the account wrote.
	Text string `json:"text"`
	From string `json:"from"`
	Own  string `json:"own"`
	// Order is where new ones come: last, or first.
	Order string `json:"order"`
}

// Notice is an element that says something went wrong, if its text matches.
type Notice struct {
	Selector string `json:"selector"`
	Match    string `json:"match"`
}

// ParseOptions reads options. The errors are [ends.OptionError]s.
func ParseOptions(raw json.RawMessage) (Options, error) {
	o := Options{
		Typing: TypeKeys, Messages: Messages{Order: "last"}, Lang: "en-US", Width: 1200, Height: 900,
		Patience: ends.Duration(20 * time.Second),
	}
	if err := ends.Decode(raw, &o); err != nil {
		return Options{}, err
	}
	if o.Send == (Send{}) {
		o.Send.Key = "Enter"
	}
	return o, o.validate()
}

func (o *Options) validate() error {
	wrong := func(path, what, fix string) error { return &ends.OptionError{Path: path, What: what, Fix: fix} }
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || o.URL == "" || !slices.Contains([]string{"http", "https", "file", "about", "data"}, u.Scheme) && !strings.Contains(o.URL, "{"):
		return wrong("url", fmt.Sprintf("%.100q is no address of a page", o.URL), "write one as in https://chat.example/")
	case o.Input == "":
		return wrong("input", "the field for messages is not named", `write its selector, as in textarea.message; the developer tools show it`)
	case o.Typing != TypeKeys && o.Typing != TypeInsert:
		return wrong("typing", fmt.Sprintf("%q is no way to type", o.Typing), "write keys or insert")
	case o.Send.Key != "" && o.Send.Click != "":
		return wrong("send", "both a key and a button are named", "write the one that sends")
	case o.Send.Key != "" && !known(o.Send.Key):
		return wrong("send.key", fmt.Sprintf("%q is no key", o.Send.Key), "write Enter, or Control+Enter")
	case o.Messages.Order != "last" && o.Messages.Order != "first":
		return wrong("messages.order", fmt.Sprintf("%q is no order", o.Messages.Order), "write last or first, where new messages come")
	}
	for list, steps := range map[string][]Step{"login": o.Login, "open": o.Open} {
		for i, s := range steps {
			if why := s.wrong(); why != "" {
				return wrong(fmt.Sprintf("%s[%d]", list, i), why, "there are go, wait, gone, click, key, and type with into")
			}
		}
	}
	return nil
}

// wrong says what is wrong with a step, if anything.
func (s Step) wrong() string {
	n := 0
	for _, v := range []string{s.Go, s.Wait, s.Gone, s.Click, s.Into, s.Key} {
		if v != "" {
			n++
		}
	}
	switch {
	case n == 0:
		return "the step does nothing"
	case n > 1:
		return "the step does more than one thing: make several of it"
	case s.Type != "" && s.Into == "":
		return "it is not said into which field to type"
	case s.Key != "" && !known(s.Key):
		return fmt.Sprintf("%q is no key", s.Key)
	}
	return ""
}
