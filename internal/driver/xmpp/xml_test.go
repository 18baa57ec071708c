package xmpp_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/driver/xmpp"
)

const header = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"

func TestStanzas(t *testing.T) {
	t.Parallel()
	got, err := xmpp.Stanzas(strings.NewReader(header +
		" <message><body>one &amp; &#x1F375; <![CDATA[<two>]]></body></message>\n<message><subject>no</subject></message>" +
		"<message xmlns:a='urn:a'><a:body>no</a:body><body/></message>" +
		"<message><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body>inner</body></message></forwarded></message></stream:stream>"))
	if !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"one & 🍵 <two>", "", "inner"}, got); diff != "" {
		t.Error(diff)
	}
}

// endless gives the same bytes for ever.
type endless struct{ s string }

func (e endless) Read(b []byte) (int, error) {
	return copy(b, strings.Repeat(e.s, 1+len(b)/len(e.s))), nil
}

func TestHostileStanzas(t *testing.T) {
	t.Parallel()
	tests := map[string]io.Reader{
		"no XMPP":                strings.NewReader("220 mail.example.org ESMTP\r\n"),
		"another stream":         strings.NewReader("<html><body>hello</body></html>"),
		"deeply nested":          io.MultiReader(strings.NewReader(header), endless{"<a>"}),
		"wide":                   io.MultiReader(strings.NewReader(header+"<a>"), endless{"<b/>"}),
		"a body without an end":  io.MultiReader(strings.NewReader(header+"<message><body>"), endless{"no end "}),
		"a name without an end":  io.MultiReader(strings.NewReader(header+"<"), endless{"m"}),
		"a value without an end": io.MultiReader(strings.NewReader(header+"<message to='"), endless{"m"}),
		"entities of its own":    strings.NewReader("<!DOCTYPE a [<!ENTITY b 'c'>]>" + header + "<message><body>&b;</body></message>"),
		"an unknown entity":      strings.NewReader(header + "<message><body>&b;</body></message>"),
		"a comment":              strings.NewReader(header + "<message><!-- --><body>b</body></message>"),
		"an instruction":         strings.NewReader(header + "<?php ?><message><body>b</body></message>"),
		"cut off":                strings.NewReader(header + "<message><body>b"),
		"control characters":     strings.NewReader(header + "<message><body>\x00</body></message>"),
	}
	for name, in := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := xmpp.Stanzas(in); err == nil || errors.Is(err, io.EOF) || len(got) > 0 {
				t.Errorf("read %q, %v", got, err)
			}
		})
	}
}

func TestTextSurvivesOrIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"<&>\"'", "a\tb\nc", "  spaces  ", "明天 🍵 שלום", "\uFFFD", "]]>", "&amp;", "\r", "\x00", "a\xffb", "\uFFFE", "\x7f"} {
		if _, is := xmpp.Uncarried(text); is {
			if !strings.ContainsAny(text, "\r\x00\uFFFE") && text != "a\xffb" {
				t.Errorf("%q could be carried", text)
			}
			continue
		}
		got, _ := xmpp.Stanzas(strings.NewReader(header + "<message><body>" + xmpp.Escape(text) + "</body></message>"))
		if len(got) != 1 || got[0] != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func FuzzStanzas(f *testing.F) {
	f.Add([]byte(header + "<message from='a@b/c' id='1'><body>hello</body><x xmlns='y'/></message></stream:stream>"))
	f.Add([]byte(header + "<message><forwarded xmlns='urn:xmpp:forward:0'><message/></forwarded></message>"))
	f.Add([]byte(header + "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		bodies, err := xmpp.Stanzas(strings.NewReader(string(b)))
		if err == nil {
			t.Error("a stream that ends ended without an error")
		}
		for _, body := range bodies {
			if len(body) > len(b) {
				t.Errorf("%d bytes became a text of %d", len(b), len(body))
			}
		}
	})
}

func FuzzCarried(f *testing.F) {
	f.Add("plain")
	f.Add("<&>\x00\r\n\t\uFFFE")
	f.Fuzz(func(t *testing.T, text string) {
		if _, is := xmpp.Uncarried(text); is {
			return
		}
		got, err := xmpp.Stanzas(strings.NewReader(header + "<message><body>" + xmpp.Escape(text) + "</body></message>"))
		if len(text) < 100_000 && (len(got) != 1 || got[0] != text) {
			t.Errorf("%q became %q, %v", text, got, err)
		}
	})
}
