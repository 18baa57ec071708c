package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"example.org/telltale/internal/driver/ends"
)

// event takes in what the browser tells. It is called in the order in which
// things happened, and never waits.
func (s *session) event(method string, params json.RawMessage) {
	switch method {
	case "Runtime.bindingCalled":
		s.told(params)
	case "Runtime.executionContextCreated":
		s.worldMade(params)
	case "Runtime.executionContextDestroyed":
		s.worldGone(params)
	case "Runtime.executionContextsCleared":
		s.setWorld(0)
	case "Page.frameNavigated":
		s.navigated(params)
	case "Page.javascriptDialogOpening":
		s.dialog(params)
	case "Inspector.targetCrashed":
		s.fail(errors.New("the page has crashed"))
	case "Target.detachedFromTarget", "Inspector.detached":
		s.fail(errors.New("the page was closed"))
	}
}

// told is a word of the agent.
func (s *session) told(params json.RawMessage) {
	var call struct{ Name, Payload string }
	var said struct {
		Kind, Text, From string
	}
	if json.Unmarshal(params, &call) != nil || call.Name != "telltaleSay" || json.Unmarshal([]byte(call.Payload), &said) != nil {
		return
	}
	ev := ends.Event{At: s.e.cfg.Clock()}
	switch said.Kind {
	case "message":
		if said.From != "" && same(said.From, s.e.cfg.Account) {
			return
		}
		ev.Kind, ev.From, ev.Text = ends.Arrived, said.From, said.Text
	case "errors":
		ev.Kind, ev.Reason = ends.Bounced, said.Text
	case "ended":
		ev.Kind, ev.Reason = ends.Ended, said.Text
	default:
		return
	}
	s.hear(ev)
}

func (s *session) worldMade(params json.RawMessage) {
	var p struct {
		Context struct {
			ID      int
			Name    string
			AuxData struct{ FrameID string }
		}
	}
	if json.Unmarshal(params, &p) != nil || p.Context.Name != world {
		return
	}
	s.mu.Lock()
	main := p.Context.AuxData.FrameID == s.frame
	s.mu.Unlock()
	if main {
		s.setWorld(p.Context.ID)
	}
}

func (s *session) worldGone(params json.RawMessage) {
	var p struct {
		ID int `json:"executionContextId"`
	}
	if json.Unmarshal(params, &p) != nil {
		return
	}
	s.mu.Lock()
	gone := p.ID == s.context
	s.mu.Unlock()
	if gone {
		s.setWorld(0)
	}
}

func (s *session) setWorld(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.context = id
	close(s.changed)
	s.changed = make(chan struct{})
}

// navigated makes a new document an error once the chat is open.
func (s *session) navigated(params json.RawMessage) {
	var p struct {
		Frame struct{ ID, ParentID, URL string }
	}
	if json.Unmarshal(params, &p) != nil || p.Frame.ParentID != "" {
		return
	}
	s.mu.Lock()
	s.frame = p.Frame.ID
	ready := s.ready
	s.mu.Unlock()
	if ready {
		s.fail(fmt.Errorf("the page went to %.200q", p.Frame.URL))
	}
}

// fail makes every later question an error. Open begins afresh.
func (s *session) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		s.broken = err
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// dialog answers a dialog, which stops the page until then. Those that the
// options name say that a message was not accepted.
func (s *session) dialog(params json.RawMessage) {
	var p struct{ Message, Type string }
	if json.Unmarshal(params, &p) != nil {
		return
	}
	s.mu.Lock()
	ready := s.ready
	s.mu.Unlock()
	switch {
	case s.e.opts.Dialog.Match(p.Message):
		s.hear(ends.Event{Kind: ends.Bounced, At: s.e.cfg.Clock(), Reason: p.Message})
	case ready && p.Type != "beforeunload":
		s.fail(fmt.Errorf("the page asks in a dialog: %.200q; if that means that a message was not accepted, name it with options.dialog", p.Message))
	}
	// The answer is not awaited: events come in order, and this is one.
	_, _, _ = s.c.start("Page.handleJavaScriptDialog", arguments{"accept": p.Type == "alert" || p.Type == "beforeunload"})
}

// navigate loads a page.
func (s *session) navigate(ctx context.Context, address string) error {
	s.setWorld(0)
	var out struct{ ErrorText string }
	if err := s.c.call(ctx, "Page.navigate", arguments{"url": address}, &out); err != nil {
		return err
	}
	if out.ErrorText != "" {
		return fmt.Errorf("%s does not load: %s", s.e.scrubbed(address), out.ErrorText)
	}
	_, err := s.agentWorld(ctx)
	return err
}
