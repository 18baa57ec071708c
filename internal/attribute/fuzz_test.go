package attribute_test

import (
	"slices"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
)

// observeBytes observes small, with data as both request and decoded copy.
func observeBytes(data []byte) []telltale.Observation {
	rec := small()
	rec.Probes[0].Text = "typed text"
	rec.Flows[0].Messages[0].Bytes, rec.Layers[0].Bytes = "sha256:x", "sha256:x"
	rec.Layers = append(rec.Layers, telltale.Layer{Flow: "f1", Message: 1, List: []string{"a", "b"}})
	return attribute.Observe(rec, func(telltale.Digest) ([]byte, error) { return data, nil })
}

func texts(rows []telltale.Observation, feature string) []string {
	var out []string
	for _, row := range rows {
		if row.Feature == feature {
			out = append(out, row.Text)
		}
	}
	return out
}

func TestContentOfCopies(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		"alice\tbob\thello\t3/4/2026 5:06:07 AM\t0":            {"recipient", "sender", "time"},
		`{"from":"Alice","at":1772600767}`:                     {"sender", "time"},
		`{"at":1772600767000}`:                                 {"time"},
		`{"at":1672600767}`:                                    nil, // three years before
		"malice bobby alice.b a-bob":                           nil,
		"2026-03-04T13:06:07+08:00":                            {"time"}, // another zone
		"2026-03-09 05:06:07":                                  nil,
		"20260304050607 to=bob":                                {"recipient", "time"},
		"Wed, 04 Mar 2026 05:06:07 GMT":                        {"time"},
		"typed text":                                           nil,
		`{"day":"3\/4\/2026"}`:                                 {"time"},
		"f1772600767abc":                                       nil, // part of a longer run
		"爱alice爱":                                              nil,
		"爱 alice，bob":                                          {"recipient", "sender"},
		"99/99/2026 5:06:07 AM 2026-99-99 00000000000000":      nil,
		"31.02.2026 05:06:07, 9999999999, 1 Foo 2026 05:06:07": nil,
	}
	for data, want := range cases {
		if got := texts(observeBytes([]byte(data)), "content"); !slices.Equal(got, want) {
			t.Errorf("%q holds %q, want %q", data, got, want)
		}
	}
}

func TestPathOfLists(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"GET /agent/keyfile?md5=1 HTTP/1.1\r\n\r\n": "/agent/keyfile",
		"GET http://a.test/x/y?z HTTP/1.0\n":        "/x/y",
		"GET http://a.test HTTP/1.1\r\n":            "/",
		"nonsense":                                  "",
		"":                                          "",
		"GET /a b HTTP/1.1\r\n":                     "",
		"GET /x?u=http://other.test/y HTTP/1.1\r\n\r\n": "/x",
	}
	for data, want := range cases {
		if got := texts(observeBytes([]byte(data)), "list"); !slices.Equal(got, []string{want}) {
			t.Errorf("%q: path %q, want %q", data, got, want)
		}
	}
}

// FuzzObserve feeds captured bytes to everything here that reads them.
func FuzzObserve(f *testing.F) {
	f.Add([]byte("GET http://a.test/x?y HTTP/1.1\r\n\r\nalice\tbob\t3/4/2026 5:06:07 AM"))
	f.Add([]byte("{\"at\":1772600767000,\"from\":\"alice\"}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, again := observeBytes(data), observeBytes(data)
		if !slices.Equal(first, again) {
			t.Errorf("same bytes, other rows: %v, %v", first, again)
		}
		if n := len(texts(first, "content")); n > 3 {
			t.Errorf("%d kinds of content, but there are three", n)
		}
	})
}
