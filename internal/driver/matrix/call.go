package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// longestAnswer is the longest answer that is read, in bytes.
const longestAnswer = 16 << 20

// apiError is what a homeserver says when it does not do as asked.
type apiError struct {
	Status int    `json:"-"`
	Code   string `json:"errcode"`
	Text   string `json:"error"`
	Millis int64  `json:"retry_after_ms"`
	wait   time.Duration
}

// Error repeats the server's words.
func (e *apiError) Error() string {
	return fmt.Sprintf("%d %s: %.200q", e.Status, e.Code, e.Text)
}

// lost reports whether the session is over.
func (e *apiError) lost() bool {
	return e.Code == "M_UNKNOWN_TOKEN" || e.Code == "M_MISSING_TOKEN" || e.Code == "M_USER_DEACTIVATED"
}

// call puts a question to the homeserver and reads the answer.
func (e *End) call(ctx context.Context, method, path string, question, answer any) error {
	var body io.Reader
	if question != nil {
		data, err := json.Marshal(question)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, e.cfg.Options.Server+"/_matrix/client/v3"+path, body)
	if err != nil {
		return err
	}
	e.mu.Lock()
	token := e.token
	e.mu.Unlock()
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := e.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, longestAnswer))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return refusal(res, data)
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return fmt.Errorf("the answer to %s is not that of a homeserver: %w", req.URL.Path, err)
	}
	return nil
}

// refusal reads an error. Pauses come in the body, or as Retry-After.
func refusal(res *http.Response, data []byte) error {
	e := &apiError{}
	if json.Unmarshal(data, e) != nil {
		e.Text = string(data)
	}
	e.Status = res.StatusCode
	if e.Status != http.StatusTooManyRequests {
		return e
	}
	e.wait = time.Duration(e.Millis) * time.Millisecond
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); e.wait <= 0 && err == nil {
		e.wait = time.Duration(s) * time.Second
	}
	if e.wait <= 0 {
		e.wait = time.Second
	}
	return e
}
