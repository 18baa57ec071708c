package exec

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// tail is a writer that keeps the last bytes of a process's standard error
// and passes everything on to also, if there is one.
type tail struct {
	also io.Writer

	mu   sync.Mutex
	kept []byte
}

// Write never fails: a full log must not end the process.
func (t *tail) Write(b []byte) (int, error) {
	const most = 4 << 10
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.also != nil {
		_, _ = t.also.Write(b)
	}
	t.kept = append(t.kept, b[max(0, len(b)-most):]...)
	if over := len(t.kept) - most; over > 0 {
		t.kept = append([]byte(nil), t.kept[over:]...)
	}
	return len(b), nil
}

// lines returns the last few lines.
func (t *tail) lines() []string {
	const most = 5
	t.mu.Lock()
	defer t.mu.Unlock()
	all := strings.Split(string(bytes.TrimSpace(t.kept)), "\n")
	if len(all) == 1 && all[0] == "" {
		return nil
	}
	return all[max(0, len(all)-most):]
}
