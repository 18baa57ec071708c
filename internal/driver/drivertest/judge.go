package drivertest

import (
	"context"
	"fmt"
	"strconv"

	"example.org/telltale"
)

// typed sends one message.
func (s *suite) typed(probe string, way [2]string, words string) (r telltale.Receipt, err error) {
	s.sent[probe] = words
	m := telltale.Typing{Probe: probe, From: way[0], To: way[1], Text: words, Wait: s.o.Wait}
	var got telltale.Receipt
	err = s.call(s.o.Wait, func(ctx context.Context) (err error) { got, err = s.d.Send(ctx, m); return err })
	if err != nil {
		// The call may still be running, so what it returns is not looked at.
		return telltale.Receipt{}, err
	}
	return got, nil
}

// judge says what is wrong with the receipt of a harmless message.
func (s *suite) judge(r telltale.Receipt, probe string, t text) string {
	if r.Probe != probe {
		return fmt.Sprintf("the receipt names probe %q, sent was %q", r.Probe, probe)
	}
	if wrong := s.judgeTimes(r); wrong != "" {
		return wrong
	}
	switch r.Outcome {
	case telltale.Void:
		return judgeVoid(r, t)
	case telltale.Delivered:
		return judgeDelivered(r, t)
	case telltale.Altered:
		return judgeAltered(r, t)
	case telltale.Diverted:
		return fmt.Sprintf("a harmless text was put away in %s", quote(r.Place))
	case telltale.Dropped:
		return fmt.Sprintf("a harmless text did not arrive within %v; if the app is slow, wait longer", s.o.Wait)
	case telltale.Refused:
		return "a harmless text was refused: " + r.Reason
	}
	return fmt.Sprintf("outcome %q is unknown", r.Outcome)
}

// judgeAltered lets an app change what is not plain words: many swallow
// double spaces, or cut long lines, whatever the words are.
func judgeAltered(r telltale.Receipt, t text) string {
	switch {
	case r.Typed != t.text:
		return fmt.Sprintf("the input field held %s: then the outcome must be void", quote(r.Typed))
	case r.Got == r.Typed:
		return "the outcome is altered, but what arrived is what was typed"
	case t.must:
		return fmt.Sprintf("the app altered plain words: got %s; or the driver reads it wrongly", quote(r.Got))
	}
	return ""
}

func judgeVoid(r telltale.Receipt, t text) string {
	switch {
	case r.Reason == "":
		return "void without a reason"
	case t.must:
		return "plain words must be deliverable, this was void: " + r.Reason
	}
	return ""
}

func judgeDelivered(r telltale.Receipt, t text) string {
	switch {
	case r.Typed != t.text:
		return fmt.Sprintf("the input field held %s: then the outcome must be void", quote(r.Typed))
	case r.Got != t.text:
		return fmt.Sprintf("the recipient got %s: then the outcome is not delivered", quote(r.Got))
	}
	return ""
}

// judgeTimes checks that times are there and in order, also from one receipt
// to the next.
func (s *suite) judgeTimes(r telltale.Receipt) string {
	switch {
	case r.Sent.IsZero() || r.Settled.IsZero():
		return "the times sent and settled are missing"
	case r.Settled.Before(r.Sent):
		return fmt.Sprintf("settled %v before it was sent", r.Sent.Sub(r.Settled))
	case r.Sent.Before(s.last):
		return fmt.Sprintf("sent %v before the message that came earlier was settled", s.last.Sub(r.Sent))
	}
	s.last = r.Settled
	return ""
}

// quote shows the start of what an app said, escaped.
func quote(s string) string {
	const most = 60
	if len(s) > most {
		return strconv.QuoteToGraphic(s[:most]) + "..."
	}
	return strconv.QuoteToGraphic(s)
}
