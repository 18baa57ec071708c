package front

import (
	"io"

	"example.org/telltale/internal/flow"
)

// answers follows what a server says to one request, to know when it has said
// all. Not every server closes the connection then, as it is asked to.
type answers struct {
	method string
	head   []byte
	scan   *flow.Scanner // of the body, once the head is there
	// lost: that cannot be told, or something else is spoken.
	lost bool
}

// take reads what came and reports whether that was the end.
func (a *answers) take(b []byte) (ended bool) {
	for len(b) > 0 && !a.lost && a.scan == nil {
		before := len(a.head)
		a.head = append(a.head, b...)
		end := flow.HeadEnd(a.head)
		if end < 0 {
			a.lost = len(a.head) > maxHead
			return false
		}
		b = b[end-before:]
		h := flow.ParseResponse(a.head[:end])
		a.head = nil
		switch framing := flow.ResponseFraming(h, a.method); {
		case h.Status == 101 || h.Status == 0:
			a.lost = true
		case h.Status/100 != 1: // else another head follows
			a.scan = flow.NewScanner(framing)
		}
	}
	if a.lost || a.scan == nil {
		return false
	}
	n := a.scan.Scan(b)
	a.lost = n < len(b) // whatever that is
	return !a.lost && a.scan.Done()
}

// Read reads what the server says to the request. What it says is the end of
// the connection for the app, so that it asks on another the next time.
func (r *rewriter) Read(b []byte) (int, error) {
	if r.over {
		return 0, io.EOF
	}
	n, err := r.passing.Read(b)
	if n > 0 && r.scan != nil {
		r.over = r.said.take(b[:n])
	}
	return n, err
}
