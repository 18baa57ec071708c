package views_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
	"example.org/telltale/internal/sensor/views"
)

const (
	get  = ">GET /a HTTP/1.1\r\nHost: other.test\r\n\r\n"
	none = "<HTTP/1.1 204 No\r\n\r\n"
	hi   = "<HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
)

const (
	gotten = " > GET /a HTTP/1.1|Host: other.test||"
	noned  = " < HTTP/1.1 204 No||"
)

func TestStories(t *testing.T) {
	t.Parallel()
	noName := func(c *tape.Conn) { c.Host = "" }
	intercepted := func(c *tape.Conn) { c.Visibility = telltale.Intercepted }
	for name, s := range map[string]struct {
		is   func(*tape.Conn)
		said []string
		end  string
		want []string
	}{
		"exchanges":    {nil, []string{get, none, get, hi}, "", []string{"http a.test:80 clear" + gotten + noned, "http a.test:80 clear" + gotten + " < HTTP/1.1 200 OK|Content-Length: 2||hi"}},
		"intercepted":  {intercepted, []string{get, none}, "", []string{"https a.test:80 intercepted" + gotten + noned}},
		"no name":      {noName, []string{get, none}, "", []string{"http other.test:80 clear" + gotten + noned}},
		"whole target": {noName, []string{">GET http://c.test:8/ HTTP/1.1\r\n\r\n", none}, "", []string{"http c.test:8 clear > GET http://c.test:8/ HTTP/1.1||" + noned}},
		"interim":      {nil, []string{get, "<HTTP/1.1 103 Soon\r\n\r\n", none}, "", []string{"http a.test:80 clear" + gotten + " < HTTP/1.1 103 Soon||" + noned}},
		"no answer":    {nil, []string{get}, "", []string{"http a.test:80 clear (the connection ended without an answer)" + gotten}},
		"reset":        {nil, []string{get, "<HT"}, "reset by the server", []string{"http a.test:80 clear (reset by the server)" + gotten + " < HT"}},
		"nothing":      {nil, nil, "refused", []string{"tcp a.test:80 clear (refused)"}},
		"raw":          {nil, []string{"<hello", ">\x00\x01", ">\x02", "<\x03"}, "", []string{"tcp a.test:80 clear < hello > \x00\x01\x02 < \x03"}},
		"no request":   {nil, []string{get, none, ">\x00\x01", "<\x02"}, "", []string{"http a.test:80 clear" + gotten + noned, "http a.test:80 clear (what the app sent is not an HTTP request) > \x00\x01 < \x02"}},
		"opaque":       {nil, []string{">\x16\x03\x01\x00\x00", ">\x01", "<\x16"}, "", []string{"tls a.test:80 opaque > \x16\x03\x01\x00\x00\x01 < \x16"}},
		"greeting":     {nil, []string{"<\x00\x00\x00\x04\x00\x00\x00\x00\x00", ">PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x02\x01\x05\x00\x00\x00\x01\x82\x84", "<\x00\x00\x01\x01\x05\x00\x00\x00\x01\x89"}, "", []string{"http a.test:80 clear > GET / HTTP/2|| < HTTP/2 204||"}},
		"half a hello": {nil, []string{"<\x00\x00"}, "", []string{"tcp a.test:80 clear < \x00\x00"}},
		"half a word":  {nil, []string{">GE"}, "", []string{"tcp a.test:80 clear > GE"}},
		"connect": {noName, []string{">CONNECT b.test:443 HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\n\r\n", get, none}, "", []string{
			"http b.test:443 clear > CONNECT b.test:443 HTTP/1.1|| < HTTP/1.1 200 OK||", "http other.test:80 clear" + gotten + noned,
		}},
	} {
		r := newRig(t, views.Config{})
		info := r.conn()
		if s.is != nil {
			s.is(&info)
		}
		tp := r.tape(info)
		say(t, tp, s.said...)
		info.Error = s.end
		if err := tp.Close(info); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(s.want, r.flows()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for _, f := range r.recorder.Flows() {
			if f.Conn != info.ID || f.Process != "app" || f.Sensor != "views" || f.Client != "10.0.0.2:40000" || f.Server != "127.0.0.1:8080" {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}
