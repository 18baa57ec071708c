package mail

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/wire"
)

// Options are the settings of a mail end.
type Options struct {
	// SMTP takes the mails that the account sends.
	SMTP SMTP `json:"smtp"`
	// One of the three says where the account reads: a server, a listener of
	// our own, or a directory. With none the account only sends.
	IMAP *IMAP `json:"imap"`
	LMTP *LMTP `json:"lmtp"`
	// Maildir is a directory with new and cur in it; {user}, {name} and
	// {local} (what stands before the @ of the address) are filled in.
	Maildir string `json:"maildir"`
	// Places are those to use, the usual one first. Default: all of Places.
	Places []string `json:"places"`
	// Subject of mails whose text stands elsewhere. Default "note".
	Subject string `json:"subject"`
	// Body of mails whose text stands elsewhere. Default "see you".
	Body string `json:"body"`
	// Header is the field that place "header" writes. Default "Comments".
	Header string `json:"header"`
	// Cut is a regular expression for what the service adds to every mail,
	// such as a foot; it is no part of the text.
	Cut string `json:"cut"`
	// Nobody is the address that place "nobody" writes to. Default: a name
	// that nobody has, at the recipient's domain.
	Nobody string `json:"nobody"`
}

// SMTP is how mails are sent.
type SMTP struct {
	// Settings of the connection. Without a port it is 587. Without tls,
	// port 465 begins with TLS, and others with STARTTLS if it is offered.
	wire.Settings
	// Auth is "auto" (if there is a password and the server offers it; the
	// default), "plain", "login" or "none".
	Auth string `json:"auth"`
	// Hello is the name that the client gives itself. Default "localhost".
	Hello string `json:"hello"`
	// Tries is how often a mail is offered that is put off after its text
	// was seen, before that counts as a refusal. Default 2.
	Tries int `json:"tries"`
	// Pause between those tries. Default 1s.
	Pause ends.Duration `json:"pause"`
}

// IMAP is a mailbox on a server.
type IMAP struct {
	// Settings of the connection. Without a port it is 993. Without tls,
	// port 993 begins with TLS, and others with STARTTLS if it is offered.
	wire.Settings
	// Skip are folders that are not read, as in "Archive". Folders for sent
	// mails, drafts and "all mails" are skipped if the server marks them.
	Skip []string `json:"skip"`
}

// LMTP is a listener that a mail server delivers to.
type LMTP struct {
	// Listen as in "127.0.0.1:2424".
	Listen string `json:"listen"`
}

// Places are the ways in which a text can stand in a mail:
//
//	body         plain text; 8bit if the server takes it and the text bears it, else quoted-printable
//	body-base64  plain text in base64
//	body-quoted  plain text in quoted-printable
//	html         the text of an HTML page
//	subject      the subject, as an encoded word where it has to be
//	header       another field
//	attachment   a text file that is attached
//	nobody       as body, to a recipient who does not exist: the answer tells whether the text is refused
func Places() []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = k.name
	}
	return out
}

// ParseOptions reads and checks options. The errors are [ends.OptionError]s.
func ParseOptions(raw json.RawMessage) (Options, error) {
	var o Options
	if err := ends.Decode(raw, &o); err != nil {
		return o, err
	}
	o.defaults()
	return o, o.check()
}

func (o *Options) defaults() {
	fill(&o.Subject, "note")
	fill(&o.Body, "see you")
	fill(&o.Header, "Comments")
	fill(&o.SMTP.Auth, "auto")
	fill(&o.SMTP.Hello, "localhost")
	if o.SMTP.Tries <= 0 {
		o.SMTP.Tries = 2
	}
	if o.SMTP.Pause <= 0 {
		o.SMTP.Pause = ends.Duration(time.Second)
	}
	if len(o.Places) == 0 {
		o.Places = Places()
	}
}

func fill(s *string, usual string) {
	if *s == "" {
		*s = usual
	}
}

// check finds what cannot work.
func (o *Options) check() error {
	readers := 0
	for _, has := range []bool{o.IMAP != nil, o.LMTP != nil, o.Maildir != ""} {
		if has {
			readers++
		}
	}
	switch {
	case readers > 1:
		return &ends.OptionError{What: "an account reads in one way", Fix: "keep one of imap, lmtp and maildir"}
	case readers == 0 && o.SMTP.Server == "":
		return &ends.OptionError{What: "the account can neither send nor read", Fix: "set smtp.server, and one of imap, lmtp and maildir"}
	case o.IMAP != nil && o.IMAP.Server == "":
		return &ends.OptionError{Path: "imap.server", What: "is missing", Fix: `write as in "mail.example.test:993"`}
	case o.LMTP != nil && o.LMTP.Listen == "":
		return &ends.OptionError{Path: "lmtp.listen", What: "is missing", Fix: `write as in "127.0.0.1:2424"`}
	}
	return o.checkWords()
}

func (o *Options) checkWords() error {
	for i, p := range o.Places {
		if _, ok := kindOf(p); !ok {
			return &ends.OptionError{Path: fmt.Sprintf("places[%d]", i), What: fmt.Sprintf("there is no place %q", p), Fix: "there are " + strings.Join(Places(), ", ")}
		}
	}
	if err := within("smtp", o.SMTP.Check()); err != nil {
		return err
	}
	if o.IMAP != nil {
		if err := within("imap", o.IMAP.Check()); err != nil {
			return err
		}
	}
	if strings.ContainsAny(o.Header, ": \t\r\n") {
		return &ends.OptionError{Path: "header", What: fmt.Sprintf("%q is no field name", o.Header), Fix: `write as in "Comments"`}
	}
	if _, err := regexp.Compile(o.Cut); err != nil {
		return &ends.OptionError{Path: "cut", What: err.Error()}
	}
	return oneOf("smtp.auth", o.SMTP.Auth, []string{"auto", "plain", "login", "none"})
}

// within says where the settings stand that an error is about.
func within(path string, err error) error {
	var wrong *ends.OptionError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong) && wrong.Path != "":
		return &ends.OptionError{Path: path + "." + wrong.Path, What: wrong.What, Fix: wrong.Fix}
	}
	return &ends.OptionError{Path: path, What: err.Error()}
}

func oneOf(path, value string, all []string) error {
	if slices.Contains(all, value) {
		return nil
	}
	return &ends.OptionError{Path: path, What: fmt.Sprintf("%q is unknown", value), Fix: "there are " + strings.Join(all, ", ")}
}

// directory fills an account into the path of a Maildir.
func directory(pattern string, a ends.Account, user string) string {
	local, _, _ := strings.Cut(a.Address, "@")
	return filepath.FromSlash(strings.NewReplacer("{user}", user, "{name}", a.Name, "{local}", local).Replace(pattern))
}
