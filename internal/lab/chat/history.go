package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
)

// Bounds of what is read of a history.
const (
	maxHistory     = 1000
	maxHistoryRead = 8 << 20
)

// history is the account's own record: JSON lines of what it sent and what
// it was shown, oldest first.
type history struct {
	mu     sync.Mutex
	file   *os.File
	recent []Message
}

// openHistory reads the end of the file and opens it for appending.
func openHistory(path string) (*history, error) {
	tail, err := readTail(path, maxHistoryRead)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("history: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	if len(tail) > 0 && tail[len(tail)-1] != '\n' {
		// A crash cut the last line off; keep the next one apart from it.
		if _, err := f.WriteString("\n"); err != nil {
			f.Close()
			return nil, fmt.Errorf("history: %w", err)
		}
	}
	return &history{file: f, recent: parseHistory(tail)}, nil
}

// readTail reads at most the last n bytes of a file.
func readTail(path string, n int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(max(0, info.Size()-n), io.SeekStart); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, n))
}

// parseHistory reads lines; those cut off by a crash or by the bound on
// reading are left out.
func parseHistory(b []byte) []Message {
	var list []Message
	for line := range bytes.Lines(b) {
		var m Message
		if json.Unmarshal(line, &m) != nil || m.ID == "" {
			continue
		}
		list = append(list, m)
	}
	return slices.Clone(list[max(0, len(list)-maxHistory):])
}

func (h *history) add(m Message) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.recent = append(h.recent, m)
	if len(h.recent) > maxHistory {
		h.recent = h.recent[1:]
	}
	if _, err := h.file.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	return nil
}

func (h *history) all() []Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.recent)
}

// received returns the messages that came to account.
func (h *history) received(account string) []Message {
	return slices.DeleteFunc(h.all(), func(m Message) bool { return m.To != account })
}

func (h *history) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.file.Close()
}
