package rfc3161_test

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"example.org/telltale/internal/rfc3161"
	"example.org/telltale/internal/stamp/tsa"
)

func noon() time.Time { return time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC) }

func answer(t testing.TB) []byte {
	t.Helper()
	a, err := tsa.New(tsa.Options{Clock: noon, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("checkpoint"))
	request := timestamp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: digest[:], Certificates: true}
	body, err := request.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	response, err := a.Answer(body)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestParse(t *testing.T) {
	t.Parallel()
	response := answer(t)
	token, err := rfc3161.Parse(response)
	if err != nil || !token.Time.Equal(noon()) || token.Hash != crypto.SHA256 {
		t.Fatalf("%+v, %v", token, err)
	}
	refusal, err := timestamp.CreateErrorResponse(timestamp.Rejection, timestamp.TimeNotAvailable)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		response []byte
		want     string
	}{
		"nothing":        {nil, "no time stamp"},
		"a page":         {[]byte("<html>"), "no time stamp"},
		"cut off":        {response[:len(response)-1], "no time stamp"},
		"more behind it": {append(append([]byte(nil), response...), 0), "no time stamp"},
		"far too long":   {make([]byte, 2<<20), "more than"},
		"a refusal":      {refusal, "no time to be had"},
		"granted only":   {[]byte{0x30, 5, 0x30, 3, 2, 1, 0}, "no time stamp"},
	} {
		if token, err := rfc3161.Parse(c.response); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, %v, want %q", what, token, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(answer(f))
	f.Add([]byte{0x30, 5, 0x30, 3, 2, 1, 0})
	f.Fuzz(func(t *testing.T, response []byte) {
		if token, err := rfc3161.Parse(response); err == nil && (token.Signer == nil || len(token.Digest) != token.Hash.Size()) {
			t.Errorf("%+v", token)
		}
	})
}
