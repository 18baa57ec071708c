package watch

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	senderWorkers = 4
	senderQueue   = 1024
	// batchMost records go into one request.
	batchMost = 8
	// sendTries, and the pause before each further one: a collector that was
	// just restarted misses nothing.
	sendTries = 4
	sendPause = 300 * time.Millisecond
	// drainFor is how long Close waits for what is still being sent.
	drainFor = 4 * time.Second
)

// sender sends requests in the background and gathers samples.
type sender struct {
	config Config
	queue  chan request
	done   sync.WaitGroup
	life   context.Context
	cancel context.CancelFunc

	mu     sync.Mutex
	closed bool
	// waiting are records of account, to be sent when the timer ends.
	account string
	waiting []string
	timer   *time.Timer
}

type request struct {
	method, url string
	body        []byte
}

func newSender(c Config) *sender {
	life, cancel := context.WithCancel(context.Background())
	s := &sender{config: c, queue: make(chan request, senderQueue), life: life, cancel: cancel}
	for range senderWorkers {
		s.done.Go(s.work)
	}
	return s
}

func (s *sender) get(url string) { s.put(request{method: http.MethodGet, url: url}) }

func (s *sender) post(url string, body []byte) {
	s.put(request{method: http.MethodPost, url: url, body: body})
}

// put never waits: the chat must not feel it. A full queue loses the request.
func (s *sender) put(r request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putLocked(r)
}

func (s *sender) putLocked(r request) {
	if s.closed || r.url == "" {
		return
	}
	select {
	case s.queue <- r:
	default:
		s.config.Log.Warn("upload lost: too many are waiting", "waiting", senderQueue)
	}
}

// copy sends a record, or some of them and later, as the build wants.
func (s *sender) copy(account string, r Record) {
	upload := s.config.Build.Upload
	if upload.OneIn <= 1 && upload.Delay == 0 {
		s.get(address(s.config, upload.URL, account, r.Line()))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || upload.OneIn > 1 && s.config.Random.IntN(upload.OneIn) > 0 {
		return
	}
	s.account, s.waiting = account, append(s.waiting, r.Line())
	switch {
	case len(s.waiting) == batchMost:
		s.flushLocked()
	case s.timer == nil:
		// Up to Delay, less a margin for the request itself.
		delay := time.Duration(s.config.Random.Int64N(int64(max(upload.Delay*9/10, 1))))
		s.timer = time.AfterFunc(delay, func() { s.flush() })
	}
}

// flush sends all waiting records in one request, a line each.
func (s *sender) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flushLocked()
}

func (s *sender) flushLocked() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if len(s.waiting) == 0 {
		return
	}
	url := address(s.config, s.config.Build.Upload.URL, s.account, strings.Join(s.waiting, "\n"))
	s.waiting = nil
	s.putLocked(request{method: http.MethodGet, url: url})
}

func (s *sender) work() {
	for r := range s.queue {
		if err := s.try(r); err != nil {
			s.config.Log.Warn("upload failed", "error", err)
		}
	}
}

func (s *sender) try(r request) error {
	for tries := 1; ; tries++ {
		err := s.once(r)
		if err == nil || tries == sendTries || !wait(s.life, sendPause) {
			return err
		}
	}
}

func (s *sender) once(r request) error {
	req, err := http.NewRequestWithContext(s.life, r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return err
	}
	if r.method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	_, err = do(s.config.HTTP, s.config.Build.Agent, req)
	return err
}

// close flushes and drains, for drainFor at most.
func (s *sender) close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.flushLocked()
	s.closed = true
	close(s.queue)
	s.mu.Unlock()
	defer s.cancel()
	drained := make(chan struct{})
	go func() { s.done.Wait(); close(drained) }()
	select {
	case <-drained:
		return nil
	case <-time.After(drainFor):
		s.cancel()
		<-drained
		return fmt.Errorf("uploads were still being sent %v after the client ended", drainFor)
	}
}
