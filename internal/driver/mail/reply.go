package mail

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// stage is how far a mail had come when the server answered.
type stage string

const (
	atGreeting  stage = "at the greeting"
	atLogin     stage = "at the login"
	atSender    stage = "at the sender"
	atRecipient stage = "at the recipient"
	atData      stage = "before the text"
	atText      stage = "after the text"
)

// reply is a server's last word on a mail.
type reply struct {
	stage stage
	// code is 250 for a mail that was taken, and 0 for a connection that
	// ended without a word.
	code int
	text string
}

// replyOf makes a reply of what the client returned; err is not nil.
func replyOf(at stage, err error) reply {
	var said *smtp.SMTPError
	if !errors.As(err, &said) {
		return reply{stage: at, text: "the connection ended: " + err.Error()}
	}
	text := said.Message
	if c := said.EnhancedCode; c[0] > 0 {
		text = fmt.Sprintf("%d.%d.%d %s", c[0], c[1], c[2], text)
	}
	return reply{stage: at, code: said.Code, text: text}
}

func (r reply) taken() bool { return r.code >= 200 && r.code < 300 }

// later reports whether the server asked to come back.
func (r reply) later() bool { return r.code >= 400 && r.code < 500 }

func (r reply) String() string {
	if r.code == 0 {
		return clip(r.text) + " (" + string(r.stage) + ")"
	}
	return fmt.Sprintf("%d %s (%s)", r.code, clip(r.text), r.stage)
}

// crowded reports whether a 4xx speaks of rates and load and not of the mail.
func (r reply) crowded() bool {
	return r.code == 421 || r.code == 452 || r.stage != atText ||
		crowds.MatchString(r.text)
}

var (
	crowds = regexp.MustCompile(`(?i)\b(rate|ratelimit(ed)?|too (many|much|fast)|throttl\w*|concurren\w*|grey-?list\w*|gray-?list\w*|overload\w*|load|quota)\b`)
	spans  = regexp.MustCompile(`(?i)\b(\d{1,6})\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|h)\b`)
)

// wait is the pause that a reply asks for, 0 if it names none.
func (r reply) wait() time.Duration {
	m := spans.FindStringSubmatch(r.text)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	unit := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour}[strings.ToLower(m[2])[0]]
	return time.Duration(n) * unit
}
