package xmpp

import (
	"fmt"
	"slices"
	"strconv"
)

// room is a room that we are in, or want to be.
type room struct {
	address, nick string
	joined        bool
	// named is set when the room has told its subject: what it says before
	// that is its history (XEP-0045, 7.1).
	named bool
	// refused is why we cannot be in it.
	refused string
}

// join asks for entry, without history.
func (s *session) join(address string) error {
	a := s.e.cfg.Account
	r := &room{address: bare(address), nick: s.e.cfg.Options.nickOf(a)}
	s.mu.Lock()
	s.rooms[r.address] = r
	s.mu.Unlock()
	password := ""
	if p := a.More["password "+address]; p != "" {
		password = "<password>" + escape(p) + "</password>"
	}
	return s.send("<presence to='" + escape(r.address+"/"+r.nick) + "'><x xmlns='" + nsMUC + "'>" + password + "<history maxstanzas='0'/></x></presence>")
}

// presence follows our being in rooms. An error ends the session.
func (s *session) presence(n *node) error {
	s.mu.Lock()
	r, locked := s.rooms[bare(n.attr("from"))], false
	var err error
	if r != nil {
		locked, err = s.follow(r, n)
	}
	s.mu.Unlock()
	if err == nil && locked {
		_, err = s.question("set", r.address, "<query xmlns='"+nsMUCOwner+"'><x xmlns='jabber:x:data' type='submit'/></query>")
	}
	return err
}

// follow takes in a presence from a room. A new room is locked until its
// owner accepts it as the server makes it.
func (s *session) follow(r *room, n *node) (locked bool, err error) {
	codes := statuses(n)
	own := slices.Contains(codes, 110) || resource(n.attr("from")) == r.nick
	switch kind := n.attr("type"); {
	case kind == "error" && !r.joined:
		r.refused = "refused"
		if failure := n.kid(n.name.Space, "error"); failure != nil {
			r.refused = condition(failure, nsStanzas)
		}
	case kind == "unavailable" && own && r.joined:
		s.last = fmt.Sprintf("put out of %s: %s", r.address, outReason(n, codes))
		return false, errEnded
	case kind == "" && own:
		r.joined = true
		return slices.Contains(codes, 201), nil
	}
	return false, nil
}

// statuses are the codes that a room gives with a presence.
func statuses(n *node) (codes []int) {
	x := n.kid(nsMUCUser, "x")
	if x == nil {
		return nil
	}
	for _, k := range x.kids {
		if code, err := strconv.Atoi(k.attr("code")); err == nil && k.name.Local == "status" {
			codes = append(codes, code)
		}
	}
	return codes
}

// outReason says why a room put us out.
func outReason(n *node, codes []int) string {
	why := "without a word"
	switch {
	case slices.Contains(codes, 301):
		why = "banned"
	case slices.Contains(codes, 307):
		why = "kicked"
	case slices.Contains(codes, 332):
		why = "the room is shut down"
	}
	if reason := n.kid(nsMUCUser, "x").kid(nsMUCUser, "item").kid(nsMUCUser, "reason").words(); reason != "" {
		why += ": " + clip(reason)
	}
	return why
}

// spoken reports whether what a room says was said now, and not by us.
func (s *session) spoken(n *node) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms[bare(n.attr("from"))]
	if r == nil || !r.joined {
		return false
	}
	if n.kid(n.name.Space, "subject") != nil && n.kid(n.name.Space, "body") == nil {
		r.named = true
		return false
	}
	if n.kid(nsDelay, "delay") != nil && !r.named {
		return false
	}
	return resource(n.attr("from")) != r.nick
}
