package adapter

import (
	"context"
	"fmt"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/lab/chat"
)

// maxMissed bounds the dropped messages that may still arrive.
const maxMissed = 1000

// expectation is one message on its way. Its id is known only when the
// sender's client has replied, and it may have arrived by then.
type expectation struct {
	to      string
	arrived map[string]arrival
	// failed has the ids that the sender's client complained about.
	failed map[string]string
	news   chan struct{}
}

type arrival struct {
	text string
	at   time.Time
}

// send types a message, reads it back, sends it and waits for it. An error
// means that the clients themselves failed.
func (a *adapter) send(ctx context.Context, m telltale.DriverSend) (*telltale.Receipt, error) {
	from, to := a.users[m.From], a.users[m.To]
	if from == nil || to == nil || from == to {
		return nil, fmt.Errorf("no message can go from %.40q to %.40q: the accounts are alice, carol and bob", m.From, m.To)
	}
	for _, u := range []*user{from, to} {
		if err := u.ensure(ctx); err != nil {
			return nil, err
		}
	}
	e := a.begin(to.account.Name)
	defer a.end(e)
	receipt := &telltale.Receipt{Probe: m.Probe}
	id, err := a.typeAndSend(ctx, from, m, receipt)
	if err != nil {
		return nil, err
	}
	if receipt.Outcome != telltale.Void {
		err = a.await(ctx, e, id, time.Duration(m.WaitMS)*time.Millisecond, receipt, from, to)
	}
	return receipt, err
}

// typeAndSend returns the id of the message, or makes the receipt void when
// the input field does not hold what was typed, or cannot be sent.
func (a *adapter) typeAndSend(ctx context.Context, from *user, m telltale.DriverSend, r *telltale.Receipt) (id string, err error) {
	typed, err := from.do(ctx, command{Op: "type", To: m.To, Text: m.Text})
	if err != nil {
		return "", err
	}
	field, err := from.do(ctx, command{Op: "read"})
	if err != nil {
		return "", err
	}
	r.Typed, r.Sent = field.Text, a.Clock()
	switch {
	case typed.Error != "":
		return "", a.void(r, "the client does not take the text: "+typed.Error)
	case field.Text != m.Text || field.To != m.To:
		return "", a.void(r, "the input field holds something else than was typed")
	}
	r.Sent = a.Clock()
	sent, err := from.do(ctx, command{Op: "send"})
	if err != nil {
		return "", err
	}
	if sent.Error != "" {
		return "", a.void(r, "the client does not send it: "+sent.Error)
	}
	return sent.ID, nil
}

// void makes a receipt void; it never fails.
func (a *adapter) void(r *telltale.Receipt, reason string) error {
	r.Outcome, r.Reason, r.Settled = telltale.Void, reason, a.Clock()
	return nil
}

// await waits until the message arrives, the wait is over, or a client dies.
func (a *adapter) await(ctx context.Context, e *expectation, id string, wait time.Duration, r *telltale.Receipt, ends ...*user) error {
	timer := later(wait)
	defer timer.Stop()
	for {
		if settled := a.settle(e, id, r); settled {
			return nil
		}
		select {
		case <-e.news:
		case <-timer.C:
			return a.giveUp(e, id, r)
		case <-ends[0].run.proc.Exited():
			return errDied
		case <-ends[1].run.proc.Exited():
			return errDied
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// settle completes the receipt if the message has arrived.
func (a *adapter) settle(e *expectation, id string, r *telltale.Receipt) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	got, ok := e.arrived[id]
	if ok {
		arrive(r, got)
	}
	return ok
}

func arrive(r *telltale.Receipt, got arrival) {
	r.Outcome, r.Got, r.Settled = telltale.Delivered, got.text, got.at
	if got.text != r.Typed {
		r.Outcome = telltale.Altered
	}
}

// giveUp states that nothing arrived: dropped, unless the client said that it
// cannot reach anybody, which tells nothing about the words. A dropped message is remembered in
// case it comes late.
func (a *adapter) giveUp(e *expectation, id string, r *telltale.Receipt) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if got, ok := e.arrived[id]; ok {
		arrive(r, got)
		return nil
	}
	if why, ok := e.failed[id]; ok {
		return a.void(r, "the client could not deliver it: "+why)
	}
	r.Outcome, r.Settled = telltale.Dropped, a.Clock()
	if len(a.order) == maxMissed {
		delete(a.missed, a.order[0])
		a.order = a.order[1:]
	}
	a.missed[id], a.order = *r, append(a.order, id)
	return nil
}

func (a *adapter) begin(to string) *expectation {
	e := &expectation{to: to, arrived: map[string]arrival{}, failed: map[string]string{}, news: make(chan struct{}, 1)}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expect = e
	return e
}

func (a *adapter) end(*expectation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expect = nil
}

// happened takes an event of an account's client.
func (a *adapter) happened(account string, event chat.Event) {
	switch event.Kind {
	case chat.KindMessage:
		if late := a.arrived(account, event); late != nil {
			if err := a.print(telltale.DriverResponse{Event: "late", Receipt: late}); err != nil {
				a.Log.Error("late receipt not written", "err", err)
			}
		}
	case chat.KindError:
		a.Log.Warn("client", "account", account, "text", event.Text)
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.expect != nil && event.ID != "" {
			a.expect.failed[event.ID] = event.Text
		}
	}
}

// arrived gives a message to whoever waits for it, or returns the corrected
// receipt if nobody does any more.
func (a *adapter) arrived(account string, event chat.Event) *telltale.Receipt {
	a.mu.Lock()
	defer a.mu.Unlock()
	got := arrival{event.Text, a.Clock()}
	if late, ok := a.missed[event.ID]; ok {
		delete(a.missed, event.ID)
		arrive(&late, got)
		late.Late = true
		return &late
	}
	if a.expect != nil && a.expect.to == account {
		a.expect.arrived[event.ID] = got
		select {
		case a.expect.news <- struct{}{}:
		default:
		}
	}
	return nil
}
