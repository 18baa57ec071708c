package web

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestEvent bounds one event.
const longestEvent = 1 << 20

// follow hears a stream of events to its end. It gives the name of the last
// event, and how long to wait before the stream is opened anew.
func (s *stream) follow(ctx context.Context, r *http.Response) (last string, pause time.Duration) {
	stop := context.AfterFunc(ctx, func() { _ = r.Body.Close() })
	defer stop()
	defer r.Body.Close()
	return events(r.Body, s.heard)
}

// events reads server-sent events (WHATWG HTML, 9.2.6).
func events(r io.Reader, hear func(data string)) (last string, pause time.Duration) {
	pause = time.Second
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), longestEvent)
	lines.Split(eventLines())
	var data []string
	size := 0
	for lines.Scan() {
		line := strings.TrimPrefix(lines.Text(), "\ufeff")
		if line == "" {
			if len(data) > 0 {
				hear(strings.Join(data, "\n"))
			}
			data, size = nil, 0
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "data":
			if size += len(value) + 1; size > longestEvent {
				return last, pause
			}
			data = append(data, value)
		case "id":
			last = value
		case "retry":
			if ms, err := strconv.Atoi(value); err == nil && ms >= 0 && ms < 1<<20 {
				pause = time.Duration(ms) * time.Millisecond
			}
		}
	}
	return last, pause
}

// eventLines splits at CR LF, LF and CR. After a CR it does not wait to see
// whether a LF follows: that may be the end of all there is for now.
func eventLines() bufio.SplitFunc {
	carriage := false
	return func(data []byte, atEOF bool) (int, []byte, error) {
		skip := 0
		if carriage && len(data) > 0 {
			carriage = false
			if data[0] == '\n' {
				skip = 1
			}
		}
		for i := skip; i < len(data); i++ {
			switch data[i] {
			case '\r':
				carriage = true
				return i + 1, data[skip:i:i], nil
			case '\n':
				return i + 1, data[skip:i:i], nil
			}
		}
		if atEOF {
			return len(data), nil, nil
		}
		if skip > 0 {
			return skip, nil, nil
		}
		return 0, nil, nil
	}
}
