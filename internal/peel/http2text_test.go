package peel_test

import (
	"strings"
	"testing"

	"example.org/telltale/internal/peel"
)

// Heads of HTTP/2 and HTTP/3 are shown as text; what stands in them is found
// as in those of HTTP/1.
func TestHeadsOfLaterVersions(t *testing.T) {
	t.Parallel()
	const canary = "koshqwct-mouse"
	for name, c := range map[string]struct{ message, path string }{
		"query":  {"GET /up?m=" + canary + "&x=1 HTTP/2\r\nhost: a.test\r\n\r\n", "http query:m"},
		"header": {"GET / HTTP/3\r\nhost: a.test\r\nx-note: " + canary + "\r\n\r\n", "http header:x-note"},
		"answer": {"HTTP/2 200\r\ncontent-type: text/plain\r\n\r\n" + canary, "http body"},
	} {
		finds := peel.New(peel.All()).Open(t.Context(), peel.Job{Bytes: []byte(c.message), Needles: []peel.Needle{{Probe: "p", Text: canary}}}).Finds
		if len(finds) == 0 || !strings.HasPrefix(strings.Join(finds[0].Path, " "), c.path) {
			t.Errorf("%s: %+v, want the path %s", name, finds, c.path)
		}
	}
}
