package imports_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sort"
	"strconv"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/flow/tlsdecrypt"
	"example.org/telltale/internal/sensor/imports"
)

// dict and list are the values that dumps are made of, beside scalars.
type dict map[string]any
type list []any

// tnet writes a value as mitmproxy does.
func tnet(v any) string {
	item := func(body string, kind byte) string { return strconv.Itoa(len(body)) + ":" + body + string(kind) }
	switch v := v.(type) {
	case nil:
		return item("", '~')
	case bool:
		return item(strconv.FormatBool(v), '!')
	case int:
		return item(strconv.Itoa(v), '#')
	case float64:
		return item(strconv.FormatFloat(v, 'f', -1, 64), '^')
	case string:
		return item(v, ';')
	case []byte:
		return item(string(v), ',')
	case list:
		var b strings.Builder
		for _, one := range v {
			b.WriteString(tnet(one))
		}
		return item(b.String(), ']')
	case dict:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		var b strings.Builder
		for _, k := range keys {
			b.WriteString(tnet(k) + tnet(v[k]))
		}
		return item(b.String(), '}')
	}
	panic(fmt.Sprintf("%T", v))
}

const second = 1767323045.25

// dump is one flow of each type, of the version that a release wrote.
func dump(version int) []string {
	clientConn := dict{"id": "1", "peername": list{"10.0.0.2", 5000}, "sni": "a.test", "alpn": []byte("http/1.1"), "tls": true, "tls_version": "TLSv1.3", "timestamp_start": second}
	serverConn := dict{"address": list{"a.test", 443}, "peername": list{"192.0.2.1", 443}}
	if version < 13 {
		clientConn["address"], clientConn["tls_established"] = list{"10.0.0.2", 5000}, true
		serverConn["ip_address"] = list{"192.0.2.1", 443}
		for _, k := range []string{"peername", "tls"} {
			delete(clientConn, k)
			delete(serverConn, k)
		}
	}
	base := func(kind string, more dict) string {
		flow := dict{"type": kind, "version": version, "client_conn": clientConn, "server_conn": serverConn, "error": nil}
		for k, v := range more {
			flow[k] = v
		}
		return tnet(flow)
	}
	request := dict{
		"host": "192.0.2.1", "port": 443, "method": []byte("POST"), "scheme": []byte("https"), "authority": []byte(""), "path": []byte("/log?x=1"),
		"http_version": []byte("HTTP/2.0"), "headers": list{list{[]byte("Host"), []byte("a.test")}, list{[]byte("Transfer-Encoding"), []byte("chunked")}},
		"content": []byte("hello"), "timestamp_start": second,
	}
	response := dict{
		"http_version": []byte("HTTP/2.0"), "status_code": 200, "reason": []byte("OK"), "headers": list{list{[]byte("Content-Length"), []byte("2")}},
		"content": []byte("ok"), "timestamp_start": second + 1, "timestamp_end": second + 2,
	}
	question := dict{"timestamp": second, "id": 7, "query": true, "op_code": 0, "recursion_desired": true, "response_code": 0,
		"questions": list{dict{"name": "b.test", "type": 1, "class_": 1}}, "answers": list{}, "authorities": list{}, "additionals": list{}}
	answered := dict{"timestamp": second, "id": 7, "query": false, "op_code": 0, "response_code": 0, "questions": list{dict{"name": "b.test", "type": 1, "class_": 1}},
		"answers": list{dict{"name": "b.test", "type": 1, "class_": 1, "ttl": 60, "data": []byte{192, 0, 2, 5}}}, "authorities": list{}, "additionals": list{}}
	return []string{
		base("http", dict{"request": request, "response": response}),
		base("http", dict{"request": request, "response": dict{"status_code": 101, "reason": []byte("Switching Protocols"), "headers": list{}, "content": []byte{}, "timestamp_start": second},
			"websocket": dict{"messages": list{list{1, true, []byte("up"), second + 1, false, false}, list{2, false, []byte{1, 2}, second + 2, false, false}}}}),
		base("http", dict{"request": request, "response": nil, "error": dict{"msg": "server gone", "timestamp": second}}),
		base("tcp", dict{"messages": list{list{true, []byte("raw up"), second}, list{false, []byte("raw down"), second}}}),
		base("udp", dict{"messages": list{list{true, []byte("dgram"), second}}}),
		base("dns", dict{"request": question, "response": answered}),
		base("strange", dict{}),
	}
}

func TestMitmproxy(t *testing.T) {
	t.Parallel()
	for _, version := range []int{9, 15, 18, 20, 21, 99} {
		flows, summary := read(t, []byte(strings.Join(dump(version), "")), "")
		var got []string
		for _, f := range flows {
			got = append(got, fmt.Sprintf("%s/%s %s %s %d %d %s", f.Transport, f.Proto, f.Host, f.Visibility, f.text[0].Len(), f.text[1].Len(), f.Error))
		}
		want := []string{
			"tcp/http/1.1 a.test intercepted 64 40 ", "tcp/wss a.test intercepted 72 40 ", "tcp/http/1.1 a.test intercepted 64 0 server gone",
			"tcp/tls a.test intercepted 6 8 ", "udp/tls a.test intercepted 5 0 ", "udp/dns b.test clear 24 46 ",
		}
		if len(got) != len(want) {
			t.Fatalf("version %d: %q", version, got)
		}
		for i := range want {
			if i != 1 && got[i] != want[i] {
				t.Errorf("version %d: %s, want %s", version, got[i], want[i])
			}
		}
		f := flows[0]
		if !strings.HasPrefix(f.out(), "POST /log?x=1 HTTP/1.1\r\nHost: a.test\r\n") || !strings.HasSuffix(f.out(), "Content-Length: 5\r\n\r\nhello") || f.Src != client2() || f.Dst != server() || f.TLS.Version != "1.3" {
			t.Errorf("version %d: %q %+v", version, f.out(), f.Conn)
		}
		socket := flows[1]
		if !strings.HasSuffix(socket.out(), "\x81\x82\x00\x00\x00\x00up") || !strings.HasSuffix(socket.in(), "\x82\x02\x01\x02") || socket.Proto != "wss" {
			t.Errorf("version %d: %q %q", version, socket.out(), socket.in())
		}
		notes := 1 // of the strange type
		if version > 21 {
			notes = 2
		}
		if len(summary.Notes) != notes {
			t.Errorf("version %d: %v", version, summary.Notes)
		}
	}
}

// TestTornDumps: all flows before the cut are there, and the cut is named.
func TestTornDumps(t *testing.T) {
	t.Parallel()
	all := dump(21)
	file := strings.Join(all, "")
	r := rand.New(rand.NewPCG(1, 9))
	for range 200 {
		n := 10 + r.IntN(len(file)-10)
		flows, summary := read(t, []byte(file[:n]), "")
		whole, at := 0, 0
		for _, one := range all[:len(all)-1] {
			if at += len(one); at <= n {
				whole++
			}
		}
		if len(flows) != whole {
			t.Fatalf("cut at %d: %d flows, want %d, %v", n, len(flows), whole, summary.Notes)
		}
	}
	_, summary := read(t, []byte(all[0]+"99999999999:x"), "")
	if len(summary.Notes) != 1 || !strings.Contains(summary.Notes[0].String(), "claims") {
		t.Errorf("%v", summary.Notes)
	}
}

const archive = `{"log":{"version":"1.2","pages":[{"id":"x"}],"entries":[
{"startedDateTime":"2026-01-02T03:04:05Z","time":10,"request":{"method":"GET","url":"http://a.test:8080/x?y","headers":[{"name":"Host","value":"a.test:8080"}]},
"response":{"status":200,"statusText":"OK","headers":[{"name":"Content-Encoding","value":"gzip"},{"name":"Transfer-Encoding","value":"chunked"}],"content":{"size":3,"text":"abc"}},"timings":{"send":1,"wait":4,"receive":5},"serverIPAddress":"[2001:db8::1]"},
{"startedDateTime":"yesterday","request":{"method":"GET","url":"http://b.test/"},"response":{"status":"none"}},
{"startedDateTime":"2026-01-02T03:04:06Z","time":10,"request":{"method":"GET","url":"https://c.test/","headers":[{"name":"X","value":"a\r\nb"}]},"response":{"status":0,"_error":"net::ERR_CONNECTION_RESET","content":{"size":9}}}
]}}`

func TestHAR(t *testing.T) {
	t.Parallel()
	flows, summary := read(t, []byte(archive), "")
	if len(flows) != 3 || len(summary.Notes) < 2 {
		t.Fatalf("%d flows, %v", len(flows), summary.Notes)
	}
	a, c := flows[0], flows[2]
	if a.out() != "GET /x?y HTTP/1.1\r\nHost: a.test:8080\r\n\r\n" || a.in() != "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc" || a.Dst.String() != "[2001:db8::1]:8080" || a.Visibility != telltale.Clear {
		t.Errorf("%q %q %+v", a.out(), a.in(), a.Conn)
	}
	if c.out() != "GET / HTTP/1.1\r\nHost: c.test\r\nX: a  b\r\n\r\n" || c.in() != "" || c.Error != "net::ERR_CONNECTION_RESET" || c.Visibility != telltale.Intercepted {
		t.Errorf("%q %q %+v", c.out(), c.in(), c.Conn)
	}
	for n := 20; n < len(archive); n += 7 {
		_, summary := read(t, []byte(archive[:n]), "")
		if n < len(archive)-3 && len(summary.Notes) == 0 {
			t.Errorf("cut at %d: nothing is said", n)
		}
	}
}

// FuzzRead: no file makes an import fail to end, or leaves a connection open.
func FuzzRead(f *testing.F) {
	f.Add([]byte(archive))
	f.Add([]byte(strings.Join(dump(21), "")))
	f.Add([]byte(strings.Join(dump(12), "")))
	f.Add(capture(f, film(client(), server(), []said{{true, []byte(question)}, {false, []byte(answer)}}), "CLIENT_RANDOM aa bb\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &shelf{}
		summary, err := imports.New(s, &tlsdecrypt.Keys{}).Read(context.Background(), "x", bytes.NewReader(b))
		if err == nil && summary.Kind == "" {
			t.Error("a file of no kind was read")
		}
		for _, k := range s.all {
			if !k.closed {
				t.Error("a connection was left open")
			}
		}
	})
}
