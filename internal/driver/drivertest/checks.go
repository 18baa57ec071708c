package drivertest

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"example.org/telltale"
)

// describe asks twice, and finds an account of each side.
func (s *suite) describe() bool {
	var first, second telltale.Description
	err := s.call(0, func(ctx context.Context) (err error) { first, err = s.d.Describe(ctx); return err })
	if !s.check("describe: answers", problem(err)) {
		return false
	}
	s.check("describe: names the app", unless(first.App.Name != "", "the app has no name"))
	err = s.call(0, func(ctx context.Context) (err error) { second, err = s.d.Describe(ctx); return err })
	if err != nil {
		return s.check("describe: twice the same", problem(err))
	}
	s.check("describe: twice the same", unless(reflect.DeepEqual(first, second), "the second answer differs from the first"))
	return s.accounts(first.Accounts)
}

func (s *suite) accounts(all []telltale.Account) bool {
	seen := map[string]bool{}
	wrong := ""
	for _, a := range all {
		switch {
		case a.Name == "":
			wrong = "an account has no name"
		case seen[a.Name]:
			wrong = fmt.Sprintf("account %q is listed twice", a.Name)
		case a.Side == telltale.SideApp && s.app == "":
			s.app = a.Name
		case a.Side == telltale.SidePeer && s.peer == "":
			s.peer = a.Name
		case a.Side != telltale.SideApp && a.Side != telltale.SidePeer && a.Side != telltale.SideWitness:
			wrong = fmt.Sprintf("account %q has side %q: want app, peer or witness", a.Name, a.Side)
		}
		seen[a.Name] = true
	}
	if s.app == "" || s.peer == "" {
		wrong = "want at least one account of side app and one of side peer"
	}
	return s.check("describe: accounts of both sides", wrong)
}

// text is one harmless message to type. Drivers may give up on one with the
// outcome void, except where must is set.
type text struct {
	name string
	text string
	must bool
}

func texts() []text {
	return []text{
		{"Latin letters", "see you at the station tomorrow", true},
		{"Han characters", "明天下午一起喝茶吧", false},
		{"both scripts", "lunch 中午 at twelve 十二点", false},
		{"emoji", "good morning 🌞👩‍🌾🍵", false},
		{"spaces", "two  spaces   three and one at the end ", false},
		{"punctuation", `"quotes", \backslashes\, <angles>, 'single' & {"json": 1}`, false},
		{"right-to-left", "שלום, نلتقي غدا", false},
		{"1000 characters", strings.Repeat("pleasant walk ", 72)[:1000], false},
	}
}

// send types each text in both directions.
func (s *suite) send() {
	for i, t := range texts() {
		for j, way := range [][2]string{{s.app, s.peer}, {s.peer, s.app}} {
			if s.stuck {
				return
			}
			name := fmt.Sprintf("send: %s, %s", t.name, []string{"app to peer", "peer to app"}[j])
			probe := fmt.Sprintf("t%02d%d", i, j)
			r, err := s.typed(probe, way, t.text)
			if err != nil {
				s.check(name, problem(err))
				s.mend()
				continue
			}
			s.check(name, s.judge(r, probe, t))
			switch r.Outcome {
			case telltale.Void:
				s.note("void: " + r.Reason)
			case telltale.Altered:
				s.note("this app alters it: " + quote(r.Got))
			case telltale.Delivered, telltale.Dropped, telltale.Refused, telltale.Diverted:
			}
		}
	}
}

// again sends one text three times over: a driver that tells messages apart
// by their text alone takes an old arrival for a new one.
func (s *suite) again() {
	const same = "the very same words"
	for i := range 3 {
		probe := fmt.Sprintf("s%d", i)
		r, err := s.typed(probe, [2]string{s.app, s.peer}, same)
		wrong := problem(err)
		if err == nil {
			wrong = s.judge(r, probe, text{text: same, must: true})
		}
		if !s.check(fmt.Sprintf("send: the same text, time %d of 3", i+1), wrong) {
			return
		}
	}
}

// unknownAccount must not be taken for a recipient that does not answer.
func (s *suite) unknownAccount() {
	r, err := s.typed("u1", [2]string{s.app, "nobody-has-this-name"}, "hello")
	wrong := ""
	if err == nil && r.Outcome != telltale.Void && r.Outcome != telltale.Refused {
		wrong = fmt.Sprintf("the outcome is %q: want an error, or void or refused", r.Outcome)
	}
	s.check("send: to an unknown account", wrong)
	if err != nil {
		s.note(err.Error())
		s.mend()
	}
	r, err = s.typed("u2", [2]string{s.app, s.peer}, "hello after the stranger")
	wrong = problem(err)
	if err == nil {
		wrong = s.judge(r, "u2", text{text: "hello after the stranger", must: true})
	}
	s.check("send: works after an unknown account", wrong)
}

// late receipts are optional; those that come must be about probes sent.
func (s *suite) late() {
	reader, ok := s.d.(telltale.LateReader)
	if !ok {
		return
	}
	var late []telltale.Receipt
	err := s.call(0, func(ctx context.Context) (err error) { late, err = reader.Late(ctx); return err })
	wrong := problem(err)
	for _, r := range late {
		if _, known := s.sent[r.Probe]; !known {
			wrong = fmt.Sprintf("a late receipt for probe %q, which was never sent", r.Probe)
		}
		if !r.Late {
			wrong = fmt.Sprintf("the late receipt of probe %q does not say so", r.Probe)
		}
	}
	s.check("late: receipts are marked and belong to probes", wrong)
}

// reset is optional; after it everything must work as before.
func (s *suite) reset() {
	resetter, ok := s.d.(telltale.Resetter)
	if !ok {
		return
	}
	if !s.check("reset: succeeds", problem(s.call(0, resetter.Reset))) {
		return
	}
	r, err := s.typed("r1", [2]string{s.app, s.peer}, "hello after the reset")
	wrong := problem(err)
	if err == nil {
		wrong = s.judge(r, "r1", text{text: "hello after the reset", must: true})
	}
	s.check("reset: send works afterwards", wrong)
}

// close must work twice, and nothing may be sent afterwards.
func (s *suite) close() {
	for _, name := range []string{"close: succeeds", "close: a second time"} {
		s.check(name, problem(s.call(0, func(context.Context) error { return s.d.Close() })))
	}
	if s.app == "" || s.peer == "" {
		return
	}
	r, err := s.typed("c1", [2]string{s.app, s.peer}, "hello after the close")
	s.check("close: nothing is sent afterwards", unless(err != nil || r.Outcome == telltale.Void,
		fmt.Sprintf("a message was %s after Close", r.Outcome)))
}

// mend resets a driver after an error, if it can be reset.
func (s *suite) mend() {
	if resetter, ok := s.d.(telltale.Resetter); ok {
		if err := s.call(0, resetter.Reset); err != nil {
			s.note("and Reset failed: " + err.Error())
		}
	}
}

func problem(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func unless(ok bool, wrong string) string {
	if ok {
		return ""
	}
	return wrong
}
