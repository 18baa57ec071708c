package watch

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/weak"
)

const (
	listBytes = 4 << 20
	listLines = 20_000
	// retryFirst and retryMost bound the pause between two attempts to get a
	// list that there is none of yet.
	retryFirst = 50 * time.Millisecond
	retryMost  = time.Second
)

// lists fetches the lists of a build and holds what they say now.
type lists struct {
	sources []profile.Source
	agent   string
	http    *http.Client

	mu   sync.RWMutex
	have []held
}

// held is one list as last fetched. Lines are in lower case.
type held struct {
	md5   string
	lines []string
}

func newLists(b profile.Build, client *http.Client) *lists {
	return &lists{sources: b.Lists, agent: b.Agent, http: client, have: make([]held, len(b.Lists))}
}

// load fetches every list, again and again until each has come or ctx ends.
func (l *lists) load(ctx context.Context) error {
	for i := range l.sources {
		for pause := retryFirst; ; pause = min(2*pause, retryMost) {
			err := l.refresh(ctx, i)
			if err == nil {
				break
			}
			if !wait(ctx, pause) {
				return fmt.Errorf("no list from %s: %w", l.sources[i].URL, err)
			}
		}
	}
	return nil
}

// keep asks for newer lists every so often until ctx ends. A list that cannot
// be had or read is left as it was.
func (l *lists) keep(ctx context.Context, every time.Duration) {
	for wait(ctx, every) {
		for i := range l.sources {
			_ = l.refresh(ctx, i) // a list server that is away changes nothing
		}
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// refresh sends the hash of the list it has, as the clients of 2006 did, and
// fetches the list if the answer is not "same".
func (l *lists) refresh(ctx context.Context, i int) error {
	l.mu.RLock()
	sum := l.have[i].md5
	l.mu.RUnlock()
	if sum == "" {
		sum = "nofile"
	}
	answer, err := get(ctx, l.http, l.agent, l.sources[i].Check+sum)
	if err != nil {
		return err
	}
	place := strings.TrimSpace(string(answer))
	if place == "same" {
		return nil
	}
	sealed, err := get(ctx, l.http, l.agent, place)
	if err != nil {
		return err
	}
	lines, err := ParseList(l.sources[i].Box, sealed)
	if err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	hash := md5.Sum(sealed)
	l.mu.Lock()
	l.have[i] = held{md5: hex.EncodeToString(hash[:]), lines: lines}
	l.mu.Unlock()
	return nil
}

// ParseList opens a fetched list: one entry a line, UTF-8. Entries come back
// in lower case. A list without any entry is refused, as is what does not
// decrypt to text.
func ParseList(box weak.Box, sealed []byte) ([]string, error) {
	plain, err := box.Open(sealed)
	if err != nil {
		return nil, err
	}
	if at := bytes.IndexByte(plain, 0); at >= 0 || !utf8.Valid(plain) {
		return nil, fmt.Errorf("the list does not decrypt to text")
	}
	var lines []string
	for line := range strings.Lines(string(plain)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, strings.ToLower(line))
		}
		if len(lines) > listLines {
			return nil, fmt.Errorf("the list has more than %d lines", listLines)
		}
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("the list is empty")
	}
	return lines, nil
}

// judge says what the lists want done with a message.
func (l *lists) judge(text, account string) (drop, upload bool) {
	text = strings.ToLower(text)
	l.mu.RLock()
	defer l.mu.RUnlock()
	for i, source := range l.sources {
		switch {
		case source.Use == profile.UseWatch:
			upload = upload || listed(l.have[i].lines, account)
		case holdsAny(text, l.have[i].lines):
			drop, upload = drop || source.Use.Drops(), upload || source.Use.Copies()
		}
	}
	return drop, upload
}

func holdsAny(text string, words []string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

func listed(lines []string, account string) bool {
	for _, line := range lines {
		if line == account {
			return true
		}
	}
	return false
}

// get fetches a small resource; any status but 200 is an error.
func get(ctx context.Context, client *http.Client, agent, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return do(client, agent, req)
}

func do(client *http.Client, agent string, req *http.Request) ([]byte, error) {
	req.Header.Set("User-Agent", agent)
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, listBytes+1))
	switch {
	case err != nil:
		return nil, err
	case len(body) > listBytes:
		return nil, fmt.Errorf("%s: more than %d bytes", req.URL.Host, listBytes)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s: status %s", req.URL.Host, resp.Status)
	}
	return body, nil
}
