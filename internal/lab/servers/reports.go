package servers

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"example.org/telltale/internal/lab/watch"
)

const reportBytes = 64 << 10

// reports is the service that gets every message as JSON. It shows nothing to
// anybody: no listing, no files.
type reports struct {
	log *slog.Logger

	mu   sync.Mutex
	file *os.File
	size int64
}

func newReports(env Env) (*reports, error) {
	if err := os.MkdirAll(env.Dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(env.Dir, "reports.jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &reports{log: env.Log, file: f, size: info.Size()}, nil
}

// Close closes the file.
func (s *reports) Close() error { return s.file.Close() }

func (s *reports) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/report" || r.Method != http.MethodPost {
		http.Error(w, "Forbidden", http.StatusForbidden)
		return
	}
	report, err := readReport(r.Body)
	if err != nil {
		http.Error(w, "Bad Request", http.StatusBadRequest)
		return
	}
	if err := s.keep(report); err != nil {
		s.log.Error("report lost", "error", err)
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintln(w, `{"ret":0}`)
}

// readReport refuses reports without the right token.
func readReport(body io.Reader) (watch.Report, error) {
	var report watch.Report
	b, err := io.ReadAll(io.LimitReader(body, reportBytes+1))
	switch {
	case err != nil:
		return report, err
	case len(b) > reportBytes:
		return report, fmt.Errorf("report of more than %d bytes", reportBytes)
	}
	if err := json.Unmarshal(b, &report); err != nil {
		return report, fmt.Errorf("report: %w", err)
	}
	if report.Token != watch.Token(report.Time) {
		return report, fmt.Errorf("report with the token %.40q: wrong for the time %d", report.Token, report.Time)
	}
	return report, nil
}

func (s *reports) keep(report watch.Report) error {
	line, err := json.Marshal(report)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.size+int64(len(line)) > logBytes {
		return fmt.Errorf("the reports fill %d bytes already", s.size)
	}
	n, err := s.file.Write(append(line, '\n'))
	s.size += int64(n)
	return err
}
