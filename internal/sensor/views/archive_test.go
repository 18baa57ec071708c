package views_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
	"example.org/telltale/internal/flow/har"
	"example.org/telltale/internal/sensor/imports"
	"example.org/telltale/internal/sensor/views"
)

// TestArchive: what is exported and imported again says the same.
func TestArchive(t *testing.T) {
	t.Parallel()
	r := newRig(t, views.Config{})
	app, server := &sender{mask: "mask"}, &sender{}
	for _, said := range [][]string{
		{">POST /a?b=c HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nwords", "<HTTP/1.1 200 Fine\r\nContent-Type: image/png\r\nContent-Length: 2\r\n\r\n\x89P"},
		{wsAsk, wsYes, ">" + app.send("one"), "<" + server.send("two")},
	} {
		info := r.conn()
		info.Visibility, info.Dst = telltale.Intercepted, addr("198.18.0.1:443")
		tp := r.tape(info)
		say(t, tp, said...)
		if err := tp.Close(info); err != nil {
			t.Error(err)
		}
	}
	want := r.flows()
	var b bytes.Buffer
	left, err := har.Write(&b, har.Creator{Name: "telltale"}, r.recorder.Flows(), func(d telltale.Digest) ([]byte, error) {
		return r.recorder.Bytes(d), nil
	})
	if err != nil || left != 0 {
		t.Fatalf("%d left out, %v", left, err)
	}
	again := newRig(t, views.Config{})
	if s, err := imports.New(again.Views, nil).Read(t.Context(), "a.har", bytes.NewReader(b.Bytes())); err != nil || len(s.Notes) != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	if diff := cmp.Diff(want, again.flows()); diff != "" {
		t.Error(diff)
	}
}
