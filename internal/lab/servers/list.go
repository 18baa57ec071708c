package servers

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"example.org/telltale/internal/lab/profile"
)

// Oddities of the list server, each seen in the published history. All are
// off unless asked for.
type Oddities struct {
	// StaleMirror answers every other check, and fetches after it, from an
	// older snapshot.
	StaleMirror bool `json:"stale_mirror,omitempty"`
	// TestPush puts a list of a single test word into production: it is
	// announced at the third check and served once.
	TestPush bool `json:"test_push,omitempty"`
	// Duplicates serves every line twice.
	Duplicates bool `json:"duplicates,omitempty"`
}

// listServer answers update checks by hash and serves encrypted lists.
type listServer struct {
	odd   Oddities
	lists []profile.List

	mu     sync.Mutex
	states []state
}

// state is what the oddities go by, for each list.
type state struct {
	checks int
	// pushed: the test list is the current one.
	pushed bool
}

func newListServer(plan profile.Plan, odd Oddities) *listServer {
	return &listServer{odd: odd, lists: plan.Lists, states: make([]state, len(plan.Lists))}
}

func (s *listServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if onlyGet(w, r) {
		return
	}
	w.Header().Set("Server", "Apache")
	w.Header().Set("Connection", "close")
	if r.URL.Path == "/agent/skypever.php" {
		s.check(w, r)
		return
	}
	for i, list := range s.lists {
		if list.Path == r.URL.Path {
			s.serve(w, i)
			return
		}
	}
	http.NotFound(w, r)
}

// check answers "same" to the hash of the list as it is now, and with the
// list's address to any other. The answer is chunked, as it was in 2006.
func (s *listServer) check(w http.ResponseWriter, r *http.Request) {
	i := slices.IndexFunc(s.lists, func(l profile.List) bool {
		name := l.Path[strings.LastIndex(l.Path, "/")+1:]
		asked := r.URL.Query().Get("f")
		return asked == name || asked == "" && !strings.Contains(l.Check, "f=")
	})
	if i < 0 {
		http.NotFound(w, r)
		return
	}
	sealed, err := s.sealed(s.lists[i], s.checked(i))
	if err != nil {
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	answer := s.lists[i].URL
	if sum := md5.Sum(sealed); r.URL.Query().Get("md5") == hex.EncodeToString(sum[:]) {
		answer = "same"
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprint(w, answer)
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

func (s *listServer) serve(w http.ResponseWriter, i int) {
	sealed, err := s.sealed(s.lists[i], s.fetched(i))
	if err != nil {
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(sealed) // a client that went away is its own affair
}

// checked counts a check and is the snapshot to compare with.
func (s *listServer) checked(i int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states[i].checks++
	if s.odd.TestPush && s.states[i].checks == 3 {
		s.states[i].pushed = true
	}
	return s.current(i)
}

// fetched is the snapshot to serve.
func (s *listServer) fetched(i int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := s.current(i)
	s.states[i].pushed = false
	return lines
}

// current needs the lock.
func (s *listServer) current(i int) []string {
	switch {
	case s.states[i].pushed:
		return []string{s.lists[i].Test}
	case s.odd.StaleMirror && s.states[i].checks%2 == 0:
		return s.lists[i].Older
	}
	return s.lists[i].Lines
}

func (s *listServer) sealed(list profile.List, lines []string) ([]byte, error) {
	if s.odd.Duplicates {
		lines = append(slices.Clone(lines), lines...)
	}
	return list.Box.Seal([]byte(strings.Join(lines, "\n") + "\n"))
}
