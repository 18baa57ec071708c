package peel_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/peel"
)

func sealedUnder(t *testing.T, key string, text string) []byte {
	t.Helper()
	return desSeal(t, key, []byte(text), false)
}

func TestWhatStaysShutIsARest(t *testing.T) {
	t.Parallel()
	sealed := sealedUnder(t, "nobodysK", "alice\tbob\tthe text of a message under a key that nobody has\t12:00")
	request := request("/up?id=7&r=" + string(hexed(sealed)))
	got := open(t, peel.Job{Bytes: request, Needles: markNeedles(), Keys: peel.Harvest("x", clientFile(), 50)})
	if len(got.Finds) != 0 || len(got.Rests) != 1 {
		t.Fatalf("%d finds, rests %+v", len(got.Finds), got.Rests)
	}
	rest := got.Rests[0]
	if !bytes.Equal(rest.Bytes, sealed) || !slices.Equal(rest.Path, []string{"http", "query:r", "hex"}) {
		t.Errorf("path %q, %d bytes", rest.Path, len(rest.Bytes))
	}
	back, err := peel.Retrace(rest.Path, nil, rest.Steps[0], func(b []byte) bool { return bytes.Equal(b, sealed) })
	if err != nil || !bytes.Equal(back, sealed) {
		t.Errorf("the path to the rest cannot be taken again: %v", err)
	}
}

func TestNoRests(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 1))
	token := make([]byte, 16)
	for i := range token {
		token[i] = byte(r.IntN(256))
	}
	for name, b := range map[string][]byte{
		"text":       []byte(strings.Repeat("nothing but words here, and some more of them. ", 9)),
		"a token":    request("/up?id=" + string(hexed(token))),
		"json":       []byte(`{"version":"1.2.3","items":[1,2,3,4,5],"name":"somebody"}`),
		"compressed": gz([]byte(strings.Repeat("words and words, and other words again; ", 30))),
		"opened":     request("/up?r=" + string(hexed(sealedUnder(t, key2006, marked+" and more")))),
		"zeros":      make([]byte, 500),
	} {
		job := peel.Job{Bytes: b, Needles: markNeedles(), Keys: peel.Harvest("x", clientFile(), 500)}
		if got := open(t, job); len(got.Rests) != 0 {
			t.Errorf("%s: rests %+v", name, got.Rests)
		}
	}
}
