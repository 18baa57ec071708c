package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"example.org/telltale/internal/driver/ends"
)

// update is the part of an answer to /sync that is of use here.
type update struct {
	NextBatch string `json:"next_batch"`
	Rooms     struct {
		Join map[string]struct {
			State    events `json:"state"`
			Timeline events `json:"timeline"`
		} `json:"join"`
		Leave map[string]json.RawMessage `json:"leave"`
	} `json:"rooms"`
}

type events struct {
	Events []event `json:"events"`
}

type event struct {
	Type    string `json:"type"`
	ID      string `json:"event_id"`
	Sender  string `json:"sender"`
	Content struct {
		Body string `json:"body"`
		Type string `json:"msgtype"`
	} `json:"content"`
}

// sync asks for news since a batch; the server keeps the question open for
// as long as there are none.
func (e *End) sync(ctx context.Context, since string, open time.Duration) (update, error) {
	q := url.Values{"timeout": {fmt.Sprint(open.Milliseconds())}}
	if since != "" {
		q.Set("since", since)
	}
	var news update
	err := e.call(ctx, http.MethodGet, "/sync?"+q.Encode(), nil, &news)
	return news, err
}

const (
	// slowest is the longest pause between two tries to reach a server that
	// does not answer; impatience is after how many it counts as gone.
	slowest    = 5 * time.Second
	impatience = 5
)

// read hears until ctx is done.
func (e *End) read(ctx context.Context, since string) {
	failures, wait := 0, 100*time.Millisecond
	for ctx.Err() == nil {
		news, err := e.sync(ctx, since, time.Duration(e.cfg.Options.Poll))
		if err == nil {
			failures, wait, since = 0, 100*time.Millisecond, news.NextBatch
			e.take(news)
			continue
		}
		failures++
		var told *apiError
		if ctx.Err() == nil && (failures > impatience || errors.As(err, &told) && told.lost()) {
			e.hear(ends.Event{Kind: ends.Ended, Reason: err.Error()})
			return
		}
		if told != nil && told.wait > 0 {
			wait = told.wait
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		wait = min(2*wait, slowest)
	}
}

// take hears what an update holds of our rooms.
func (e *End) take(news update) {
	e.mu.Lock()
	user, rooms := e.user, e.rooms
	e.mu.Unlock()
	for name, id := range rooms {
		if _, left := news.Rooms.Leave[id]; left {
			e.hear(ends.Event{Kind: ends.Ended, Reason: "the account was taken out of " + name})
		}
		room := news.Rooms.Join[id]
		e.sealing(id, slices.Concat(room.State.Events, room.Timeline.Events))
		for _, ev := range room.Timeline.Events {
			if ev.Type == "m.room.message" && ev.Sender != user {
				e.hear(ends.Event{Kind: ends.Arrived, From: ev.Sender, To: name, Text: ev.Content.Body, Ref: ev.ID})
			}
		}
	}
}

// sealing notes a room that is encrypted.
func (e *End) sealing(id string, all []event) {
	if slices.ContainsFunc(all, func(ev event) bool { return ev.Type == "m.room.encryption" }) {
		e.mu.Lock()
		e.sealed[id] = true
		e.mu.Unlock()
	}
}
