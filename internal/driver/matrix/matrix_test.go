package matrix_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/drivertest"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/matrix"
	"example.org/telltale/internal/driver/paired"
)

// homeserver is as much of a homeserver as clients here need. No package of
// one is to be had, so it is written after the specification.
type homeserver struct {
	mu     sync.Mutex
	events []map[string]any
	more   chan struct{}
	slow   int // how many messages are still too fast
	lost   bool
	state  []map[string]any
}

const room = "!r:example.test"

func (h *homeserver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	path := strings.TrimPrefix(r.URL.Path, "/_matrix/client/v3")
	switch {
	case path == "/login":
		h.login(w, r)
	case user == "" || h.gone():
		refuse(w, http.StatusUnauthorized, "M_UNKNOWN_TOKEN", "no such session")
	case path == "/account/whoami":
		answer(w, map[string]any{"user_id": user})
	case path == "/join/#main:example.test":
		answer(w, map[string]any{"room_id": room})
	case strings.HasPrefix(path, "/join/"):
		refuse(w, http.StatusForbidden, "M_FORBIDDEN", "you are not invited")
	case path == "/sync":
		h.sync(w, r)
	case strings.HasPrefix(path, "/rooms/"+room+"/send/m.room.message/"):
		h.send(w, r, user, path)
	default:
		refuse(w, http.StatusNotFound, "M_UNRECOGNIZED", path)
	}
}

func (h *homeserver) gone() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lost
}

func (h *homeserver) login(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Identifier struct{ User string }
		Password   string
	}
	if json.NewDecoder(r.Body).Decode(&q) != nil || q.Password != "pw" {
		refuse(w, http.StatusForbidden, "M_FORBIDDEN", "wrong password")
		return
	}
	id := "@" + q.Identifier.User + ":example.test"
	answer(w, map[string]any{"access_token": id, "user_id": id})
}

func (h *homeserver) send(w http.ResponseWriter, r *http.Request, user, txn string) {
	var content map[string]any
	if err := json.NewDecoder(r.Body).Decode(&content); err != nil {
		refuse(w, http.StatusBadRequest, "M_NOT_JSON", err.Error())
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	body, _ := content["body"].(string)
	switch {
	case h.slow > 0:
		h.slow--
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests","retry_after_ms":5}`)
		return
	case strings.Contains(body, "marmalade"):
		refuse(w, http.StatusForbidden, "M_FORBIDDEN", "blocked by policy")
		return
	case strings.Contains(body, "eggplant"):
		content["body"] = strings.ReplaceAll(body, "eggplant", "***")
	}
	id := fmt.Sprintf("$%d", len(h.events))
	if !strings.Contains(body, "kestrel") {
		h.events = append(h.events, map[string]any{"type": "m.room.message", "event_id": id, "sender": user, "content": content})
		if h.more != nil {
			close(h.more)
			h.more = nil
		}
	}
	answer(w, map[string]any{"event_id": id})
}

func (h *homeserver) sync(w http.ResponseWriter, r *http.Request) {
	var since, timeout int
	fmt.Sscan(r.FormValue("since"), &since)
	fmt.Sscan(r.FormValue("timeout"), &timeout)
	h.mu.Lock()
	if since >= len(h.events) && timeout > 0 {
		if h.more == nil {
			h.more = make(chan struct{})
		}
		more := h.more
		h.mu.Unlock()
		timer := time.NewTimer(time.Duration(timeout) * time.Millisecond)
		select {
		case <-more:
		case <-timer.C:
		case <-r.Context().Done():
		}
		timer.Stop()
		h.mu.Lock()
	}
	defer h.mu.Unlock()
	news := h.events[min(since, len(h.events)):]
	answer(w, map[string]any{"next_batch": fmt.Sprint(len(h.events)), "rooms": map[string]any{"join": map[string]any{
		room: map[string]any{"timeline": map[string]any{"events": news}, "state": map[string]any{"events": h.state}},
	}}})
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, code, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"errcode": code, "error": text})
}

func drive(t *testing.T, h *homeserver) *paired.Driver {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	options, err := matrix.ParseOptions([]byte(`{"server": "` + server.URL + `/", "rooms": ["#main:example.test"], "poll": "1s"}`))
	if err != nil {
		t.Fatal(err)
	}
	var parties []paired.Party
	for name, side := range map[string]telltale.Side{"alice": telltale.SideApp, "bob": telltale.SidePeer} {
		account := ends.Account{Name: name, Address: "@" + name + ":example.test", User: name, Password: "pw"}
		end, err := matrix.New(matrix.Config{Account: account, Options: options, Clock: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		parties = append(parties, paired.Party{Account: account, Side: side, End: end})
	}
	d, err := paired.New(paired.Config{Parties: parties, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestContract(t *testing.T) {
	t.Parallel()
	for _, r := range drivertest.Check(t.Context(), drive(t, &homeserver{}), drivertest.Options{}) {
		if !r.OK {
			t.Errorf("%s: %s", r.Name, r.Detail)
		}
	}
}

func send(t *testing.T, d *paired.Driver, text string, wait time.Duration) telltale.Receipt {
	t.Helper()
	r, err := d.Send(t.Context(), telltale.Typing{Probe: "p", From: "alice", To: "bob", Text: text, Wait: wait})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFates(t *testing.T) {
	t.Parallel()
	h := &homeserver{}
	d := drive(t, h)
	if r := send(t, d, "the marmalade", time.Minute); r.Outcome != telltale.Refused || !strings.Contains(r.Reason, "blocked by policy") {
		t.Errorf("a word that is refused: %+v", r)
	}
	if r := send(t, d, "an eggplant", time.Minute); r.Outcome != telltale.Altered || r.Got != "an ***" {
		t.Errorf("a word that is replaced: %+v", r)
	}
	if r := send(t, d, "a kestrel", 50*time.Millisecond); r.Outcome != telltale.Dropped {
		t.Errorf("a word that is dropped: %+v", r)
	}
	h.mu.Lock()
	h.slow = 3
	h.mu.Unlock()
	if r := send(t, d, "too fast", time.Minute); r.Outcome != telltale.Delivered {
		t.Errorf("too fast: %+v", r)
	}
	if r := send(t, d, strings.Repeat("x", 10_001), time.Minute); r.Outcome != telltale.Void {
		t.Errorf("too long: %+v", r)
	}
	h.mu.Lock()
	h.lost = true
	h.mu.Unlock()
	if r, err := d.Send(t.Context(), telltale.Typing{From: "alice", To: "bob", Text: "anybody?", Wait: time.Minute}); err == nil && r.Outcome != telltale.Refused && !r.Ended {
		t.Errorf("without a session: %+v", r)
	}
}

func TestAnEncryptedRoomIsNotWrittenInto(t *testing.T) {
	t.Parallel()
	d := drive(t, &homeserver{state: []map[string]any{{"type": "m.room.encryption", "event_id": "$e", "sender": "@a:b"}}})
	if r := send(t, d, "hello", time.Minute); r.Outcome != telltale.Void || !strings.Contains(r.Reason, "encrypted") {
		t.Errorf("got %+v", r)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{}`:                           "options.server",
		`{"server": "https://m.test"}`: "options.rooms",
		`{"server": "https://m.test", "rooms": ["#a:b"], "poll": "1ms"}`: "options.poll",
		`{"server": "https://m.test", "room": ["#a:b"]}`:                 `"rooms"`,
	} {
		if _, err := matrix.ParseOptions([]byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
