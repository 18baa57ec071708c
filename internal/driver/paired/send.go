package paired

import (
	"context"
	"fmt"
	"slices"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// Send types one message and waits up to t.Wait for it to arrive.
//
// A message counts as dropped only if both sessions still stand afterwards: a
// recipient who was offline has not been asked.
func (d *Driver) Send(ctx context.Context, t telltale.Typing) (telltale.Receipt, error) {
	if d.closed {
		return telltale.Receipt{}, errClosed
	}
	from, err := d.find(t.From)
	if err != nil {
		return d.void(t, err), nil
	}
	to, err := d.find(t.To)
	if err != nil {
		return d.void(t, err), nil
	}
	if err := d.ready(ctx, to, from); err != nil {
		return telltale.Receipt{}, err
	}
	d.sweep()
	sent, err := d.put(ctx, from, ends.Post{To: to.Account, Text: t.Text, Place: t.Place})
	if err != nil {
		return telltale.Receipt{}, fmt.Errorf("typing as %s: %w", t.From, err)
	}
	m := message{from: from, to: to, ref: sent.Ref, place: t.Place, receipt: telltale.Receipt{
		Probe: t.Probe, Typed: sent.Typed, Outcome: sent.Outcome, Got: sent.Got, Reason: sent.Reason, Ended: sent.Ended, Sent: sent.At,
	}}
	if m.receipt.Sent.IsZero() {
		m.receipt.Sent = d.cfg.Clock()
	}
	if sent.Outcome == "" {
		err = d.await(ctx, &m, t.Wait)
	}
	m.receipt.Settled = d.cfg.Clock()
	d.done(m)
	if o := m.receipt.Outcome; o == telltale.Dropped || o == telltale.Refused {
		d.remember(m)
	}
	return m.receipt, err
}

// ready logs in whoever takes part, and the witnesses: what they do not see of
// a message is taken for silence.
func (d *Driver) ready(ctx context.Context, takePart ...*party) error {
	for _, p := range d.parties {
		if p.Side != telltale.SideWitness && !slices.Contains(takePart, p) {
			continue
		}
		if err := p.ready(ctx, d.cfg.Timeout); err != nil {
			return err
		}
	}
	return nil
}

func (d *Driver) void(t telltale.Typing, why error) telltale.Receipt {
	now := d.cfg.Clock()
	return telltale.Receipt{Probe: t.Probe, Outcome: telltale.Void, Reason: why.Error(), Sent: now, Settled: now}
}

// put puts a text, and puts it again when the service only wanted it slower.
func (d *Driver) put(ctx context.Context, from *party, post ends.Post) (ends.Sent, error) {
	for range slowdowns {
		sent, err := d.putOnce(ctx, from, post)
		if err != nil || sent.After <= 0 {
			return sent, err
		}
		if sent.After > longestPause {
			return ends.Sent{Typed: sent.Typed, Outcome: telltale.Void,
				Reason: fmt.Sprintf("the service wants a pause of %v: %s", sent.After, sent.Reason)}, nil
		}
		d.cfg.Log.Info("the service wants it slower", "pause", sent.After, "reason", sent.Reason)
		if err := pause(ctx, sent.After); err != nil {
			return sent, err
		}
		if err := from.ready(ctx, d.cfg.Timeout); err != nil {
			return sent, err
		}
	}
	return ends.Sent{Outcome: telltale.Void, Reason: fmt.Sprintf("the service still takes nothing after %d pauses", slowdowns)}, nil
}

func (d *Driver) putOnce(ctx context.Context, from *party, post ends.Post) (ends.Sent, error) {
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Timeout)
	defer cancel()
	return from.End.Put(ctx, post)
}

func pause(ctx context.Context, t time.Duration) error {
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// await listens at both ends until the message's fate is known or wait is
// over.
func (d *Driver) await(ctx context.Context, m *message, wait time.Duration) error {
	over := time.NewTimer(wait)
	defer over.Stop()
	again := shortestPull
	for {
		if err := d.pull(ctx, m); err != nil {
			return err
		}
		if d.hear(m) {
			return d.confirm(ctx, m)
		}
		ask := time.NewTimer(again)
		select {
		case <-d.wake:
		case <-ask.C:
			again = min(2*again, longestPull)
		case <-over.C:
			ask.Stop()
			return d.giveUp(ctx, m)
		case <-ctx.Done():
			ask.Stop()
			return context.Cause(ctx)
		}
		ask.Stop()
	}
}

const (
	// shortestPull and longestPull bound the time between two questions for
	// what has arrived, at ends that do not hear by themselves.
	shortestPull = 20 * time.Millisecond
	longestPull  = 500 * time.Millisecond
)

func (d *Driver) pull(ctx context.Context, m *message) error {
	for _, p := range []*party{m.to, m.from} {
		if err := p.pull(ctx); err != nil {
			return fmt.Errorf("reading as %s: %w", p.Account.Name, err)
		}
	}
	return nil
}

// hear takes in what both ends heard, and reports whether the fate of the
// message is known.
func (d *Driver) hear(m *message) bool {
	settled := false
	for _, ev := range m.to.take() {
		if !d.atRecipient(m, ev) {
			d.stray(m.to, ev)
			continue
		}
		settled = true
	}
	for _, ev := range m.from.take() {
		if !d.atSender(m, ev) {
			d.stray(m.from, ev)
			continue
		}
		settled = true
	}
	return settled
}

// atRecipient judges what the recipient's end heard.
func (d *Driver) atRecipient(m *message, ev ends.Event) bool {
	switch ev.Kind {
	case ends.Arrived:
		if !m.to.is(ev.From, m.from) || d.earlier(m, ev) {
			return false
		}
		// What arrived once stays arrived: an echo of it says nothing new.
		if o := m.receipt.Outcome; o == telltale.Delivered || (o == telltale.Altered && ev.Text != m.receipt.Typed) {
			return true
		}
		m.receipt = m.arrived(ev, false)
		return true
	case ends.Barred:
		m.refused(ev.Reason)
		m.receipt.Reader = true
		return true
	case ends.Ended:
		m.refused(ev.Reason)
		m.receipt.Reader, m.receipt.Ended = true, true
		return true
	case ends.Bounced:
	}
	return false
}

// earlier reports whether an arrival is rather that of an earlier message.
func (d *Driver) earlier(m *message, ev ends.Event) bool {
	if m.names(ev) {
		return false
	}
	return slices.ContainsFunc(slices.Concat(d.open, d.past), func(o message) bool { return o.to == m.to && o.names(ev) })
}

// atSender judges what the sender's end heard.
func (d *Driver) atSender(m *message, ev ends.Event) bool {
	switch ev.Kind {
	case ends.Bounced:
		if ev.Ref != "" && m.ref != "" && ev.Ref != m.ref {
			return false
		}
		m.refused(ev.Reason)
		return true
	case ends.Ended:
		m.refused(ev.Reason)
		m.receipt.Ended = true
		return true
	case ends.Arrived:
		// The recipient has typed nothing, so somebody answered in his name.
		if m.from.is(ev.From, m.to) && ev.From != "" && ev.Text != m.receipt.Typed {
			m.refused(fmt.Sprintf("answered in the recipient's name: %s", ev.Text))
			return true
		}
	case ends.Barred:
	}
	return false
}

// confirm asks both ends whether they stand, so that a session which ends
// over the message is known with it, and hears what came with that.
func (d *Driver) confirm(ctx context.Context, m *message) error {
	if m.receipt.Outcome == telltale.Delivered {
		return nil
	}
	for _, p := range []*party{m.from, m.to} {
		if err := d.settle(ctx, p); err != nil {
			d.cfg.Log.Debug("after a message that was kept", "account", p.Account.Name, "error", err)
		}
	}
	d.hear(m)
	return context.Cause(ctx)
}

// settle has an end say, and read, whatever is there by now.
func (d *Driver) settle(ctx context.Context, p *party) error {
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Timeout)
	defer cancel()
	if err := p.settle(ctx); err != nil {
		return err
	}
	return p.pull(ctx)
}

// giveUp decides about a message of which nothing was heard.
func (d *Driver) giveUp(ctx context.Context, m *message) error {
	for _, p := range []*party{m.from, m.to} {
		err := d.settle(ctx, p)
		if d.hear(m) {
			return d.confirm(ctx, m)
		}
		if err != nil {
			m.receipt.Outcome, m.receipt.Reason = telltale.Void, err.Error()
			return context.Cause(ctx)
		}
	}
	m.receipt.Outcome = telltale.Dropped
	return nil
}
