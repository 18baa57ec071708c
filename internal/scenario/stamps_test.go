package scenario_test

import (
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/scenario"
)

func TestAuthoritiesForTimeStamps(t *testing.T) {
	t.Parallel()
	good := []string{"http://tsa.example.org/", "https://time.example.org/tsr?x=1"}
	s, err := scenario.Parse("s.yaml", []byte(small+"timestamp: ['"+strings.Join(good, "', '")+"']\n"), "/base")
	if err != nil || !slices.Equal(s.Timestamp, good) {
		t.Fatalf("read as %q, %v", s.Timestamp, err)
	}
	text, err := scenario.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := scenario.Parse("s.yaml", text, "/base")
	if err != nil || !slices.Equal(again.Timestamp, good) {
		t.Errorf("written and read again as %q, %v", again.Timestamp, err)
	}
	for bad, want := range map[string]string{
		"tsa.example.org":              "no address",
		"ftp://tsa.example.org/":       "no address",
		"http://":                      "no address",
		"https://a:s3cret@example.org": "holds a password",
		"http://a.example.org', 'http://a.example.org":                           "twice",
		strings.Join(slices.Repeat([]string{"http://a.example.org"}, 9), "', '"): "more than 8",
	} {
		_, err := scenario.Parse("s.yaml", []byte(small+"timestamp: ['"+bad+"']\n"), "/base")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want %q", bad, err, want)
		}
	}
}
