package views_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/sensor/views"
)

// serve starts a server that speaks HTTP/1 and, in the clear, HTTP/2.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func only(two bool) *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(!two)
	p.SetUnencryptedHTTP2(two)
	return p
}

func echo(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	w.Header().Set("Trailer", "Sum")
	w.Header().Set("X-Path", r.URL.Path)
	_, _ = w.Write(b)
	w.Header().Set("Sum", fmt.Sprint(len(b)))
}

// exchangeOf takes the messages of a flow apart.
func (r *rig) exchangeOf(f telltale.Flow) (request, answer flow.Message) {
	r.t.Helper()
	if len(f.Messages) < 2 || f.Error != "" {
		r.t.Fatalf("flow %s", r.line(f))
	}
	request = flow.Request(r.recorder.Bytes(f.Messages[0].Bytes))
	answer = flow.Response(r.recorder.Bytes(f.Messages[1].Bytes), request.Head.Method)
	return request, answer
}

// TestParallel: what clients and servers of the standard library say to each
// other is what the flows hold, each exchange by itself.
func TestParallel(t *testing.T) {
	t.Parallel()
	for _, two := range []bool{false, true} {
		r := newRig(t, views.Config{})
		c := client(t, r.relay(serve(t, echo)), only(two))
		const most = 120
		body := func(i int) string { return strings.Repeat(fmt.Sprintf("words %d, ", i), 1+i*i) }
		var group sync.WaitGroup
		for i := range most {
			group.Go(func() {
				if got := post(t, c, fmt.Sprintf("http://a.test/%d", i), body(i)); got != body(i) {
					t.Errorf("%d octets of %d came back", len(got), len(body(i)))
				}
			})
		}
		group.Wait()
		r.quiet()
		seen := map[string]bool{}
		for _, f := range r.recorder.Flows() {
			if len(f.Messages) == 0 && f.Error == "" {
				continue // a connection that the client opened and did not need
			}
			request, answer := r.exchangeOf(f)
			var i int
			if _, err := fmt.Sscanf(request.Head.Target, "/%d", &i); err != nil {
				t.Fatal(err)
			}
			if seen[request.Head.Target] {
				t.Errorf("two %v: %s has two flows", two, request.Head.Target)
			}
			seen[request.Head.Target] = true
			if string(request.Body) != body(i) || string(answer.Body) != body(i) || answer.Head.Get("X-Path") != request.Head.Target {
				t.Errorf("two %v: exchange %d holds %d and %d octets of %d", two, i, len(request.Body), len(answer.Body), len(body(i)))
			}
			if answer.Head.Status != 200 || request.Head.Get("Host") != "a.test" || f.Host != "a.test" || f.End.Before(f.Start) {
				t.Errorf("two %v: flow %+v", two, f)
			}
			sum := answer.Trailers
			if two {
				sum = flow.ParseRequest(append([]byte("x / HTTP/2\r\n"), r.recorder.Bytes(f.Messages[2].Bytes)...)).Fields
			}
			if len(sum) != 1 || sum[0].Value != fmt.Sprint(len(body(i))) {
				t.Errorf("two %v: trailers %+v", two, sum)
			}
		}
		if len(seen) != most {
			t.Errorf("two %v: %d flows of %d exchanges", two, len(seen), most)
		}
	}
}

// TestBig: what is too long is cut and counted, both ways.
func TestBig(t *testing.T) {
	t.Parallel()
	for _, two := range []bool{false, true} {
		r := newRig(t, views.Config{Limits: views.Limits{Keep: 1000}})
		c := client(t, r.relay(serve(t, echo)), only(two))
		body := strings.Repeat("0123456789", 300000)
		if got := post(t, c, "http://a.test/big", body); got != body {
			t.Errorf("%d octets came back", len(got))
		}
		r.quiet()
		flows := r.recorder.Flows()
		if len(flows) != 1 {
			t.Fatalf("%d flows", len(flows))
		}
		for _, m := range flows[0].Messages[:2] {
			if !m.Cut || m.Size < int64(len(body)) || len(r.recorder.Bytes(m.Bytes)) != 1000 {
				t.Errorf("two %v: message %+v with %d octets", two, m, len(r.recorder.Bytes(m.Bytes)))
			}
		}
		if f := flows[0]; f.BytesOut < int64(len(body)) || f.BytesIn < int64(len(body)) {
			t.Errorf("two %v: %d octets out, %d in", two, f.BytesOut, f.BytesIn)
		}
	}
}

// TestEvents: a stream that never ends is no reason to wait, and what came of
// it so far can be seen.
func TestEvents(t *testing.T) {
	t.Parallel()
	for _, two := range []bool{false, true} {
		next, gone := make(chan string), make(chan struct{})
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			defer close(gone)
			w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
			for text := range next {
				_, _ = fmt.Fprintf(w, "data: %s\n\n", text)
				w.(http.Flusher).Flush()
			}
		})
		r := newRig(t, views.Config{})
		c := client(t, r.relay(server), only(two))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://a.test/events", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		go func() { next <- "one" }()
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(resp.Body)
		for _, text := range []string{"one", "two"} {
			if text == "two" {
				next <- text
			}
			for _, want := range []string{"data: " + text + "\n", "\n"} {
				if line, err := lines.ReadString('\n'); line != want {
					t.Fatalf("%q, %v", line, err)
				}
			}
			r.quiet()
		}
		flows := r.recorder.Flows()
		if len(flows) != 2 || flows[0].Conn != flows[1].Conn || !strings.Contains(r.line(flows[0]), "data: one") || !strings.Contains(r.line(flows[1]), "data: two") {
			t.Errorf("two %v: %d flows", two, len(flows))
		}
		close(next)
		_ = resp.Body.Close()
		<-gone
	}
}

// TestDialogue: both sides of one HTTP/2 stream go on talking, as with gRPC.
func TestDialogue(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		w.Header().Set("Content-Type", "application/grpc+proto")
		w.Header().Set("Trailer", "Grpc-Status")
		w.WriteHeader(200)
		b := make([]byte, 100)
		for {
			w.(http.Flusher).Flush()
			n, err := r.Body.Read(b)
			_, _ = w.Write(b[:n])
			if err != nil {
				break
			}
		}
		w.Header().Set("Grpc-Status", "0")
	})
	r := newRig(t, views.Config{})
	c := client(t, r.relay(server), only(true))
	body, words := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://a.test/talk", body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for i := range 3 {
		text := fmt.Sprintf("\x00\x00\x00\x00\x05word%d", i)
		if _, err := io.WriteString(words, text); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(resp.Body, make([]byte, len(text))); err != nil {
			t.Fatal(err)
		}
		r.quiet()
		flows := r.recorder.Flows()
		last := r.line(flows[len(flows)-1])
		if len(flows) != i+1 || strings.Count(last, text) != 2 {
			t.Fatalf("after %d messages, %d flows, the last %q", i+1, len(flows), last)
		}
	}
	_ = words.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	r.quiet()
	flows := r.recorder.Flows()
	if last := r.line(flows[len(flows)-1]); !strings.HasSuffix(last, " < grpc-status: 0||") {
		t.Errorf("the last flow is %q", last)
	}
}

// TestQuietWaits: an exchange without an answer is one in progress.
func TestQuietWaits(t *testing.T) {
	t.Parallel()
	asked, answer := make(chan struct{}), make(chan struct{})
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-answer
		w.WriteHeader(204)
	})
	r := newRig(t, views.Config{})
	c := client(t, r.relay(server), only(false))
	got := make(chan string)
	go func() { got <- post(t, c, "http://a.test/", "x") }()
	<-asked
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.Quiet(ctx)
	if n := len(r.recorder.Flows()); n != 0 {
		t.Errorf("%d flows of what is still in progress", n)
	}
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		r.quiet()
	}()
	select {
	case <-returned:
		t.Error("there is quiet although the answer has not come")
	default:
	}
	close(answer)
	<-got
	<-returned
	if n := len(r.recorder.Flows()); n != 1 {
		t.Errorf("%d flows", n)
	}
}

// TestUpgrade: a request that turns HTTP/1 into HTTP/2, by hand.
func TestUpgradeToHTTP2(t *testing.T) {
	t.Parallel()
	r := newRig(t, views.Config{})
	info := r.conn()
	tp := r.tape(info)
	settings := "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	say(t, tp, ">GET /a HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAAA\r\n\r\n",
		"<HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"+settings,
		">PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+settings,
		"<\x00\x00\x01\x01\x04\x00\x00\x00\x01\x88\x00\x00\x02\x00\x01\x00\x00\x00\x01hi")
	r.quiet()
	got := r.flows()
	want := "http a.test:80 clear < HTTP/2 200||hi"
	if len(got) != 2 || got[1] != want || !strings.Contains(got[0], " < HTTP/1.1 101 Go|") {
		t.Errorf("%q", got)
	}
	if err := tp.Close(info); err != nil {
		t.Error(err)
	}
	if left := len(r.flows()); left != 2 {
		t.Errorf("%d flows", left)
	}
}

// TestManyConnections: no flow is lost or mixed up when many connections are
// carried at once.
func TestManyConnections(t *testing.T) {
	t.Parallel()
	r := newRig(t, views.Config{Limits: views.Limits{Waiting: 3}})
	relay := r.relay(serve(t, echo))
	const most = 60
	var group sync.WaitGroup
	for i := range most {
		group.Go(func() {
			conn, err := net.Dial("tcp", relay)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_, _ = fmt.Fprintf(conn, "GET /%d HTTP/1.1\r\nHost: a.test\r\n\r\nGET /%d HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n", i, i+1000)
			if _, err := io.Copy(io.Discard, conn); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	r.quiet()
	var targets []string
	for _, f := range r.recorder.Flows() {
		request, answer := r.exchangeOf(f)
		targets = append(targets, request.Head.Target)
		if answer.Head.Get("X-Path") != request.Head.Target {
			t.Errorf("%s is answered by %s", request.Head.Target, answer.Head.Get("X-Path"))
		}
	}
	slices.Sort(targets)
	if n := len(slices.Compact(targets)); n != 2*most {
		t.Errorf("%d exchanges of %d", n, 2*most)
	}
}
