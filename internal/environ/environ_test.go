package environ_test

import (
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/environ"
)

func TestCommand(t *testing.T) {
	t.Parallel()
	want := []string{"telltale", "box", "/run/a b", `"`}
	pair, err := environ.WithCommand(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := environ.Command([]string{"HOME=/h", pair}); err != nil || !slices.Equal(got, want) {
		t.Errorf("%q holds %q, %v", pair, got, err)
	}
	if got, err := environ.Command([]string{"HOME=/", environ.Box + "X=1"}); got != nil || err != nil {
		t.Errorf("no variable: %q, %v", got, err)
	}
	for _, bad := range []string{"telltale box", "[]", `{"a":1}`, ""} {
		if _, err := environ.Command([]string{environ.Box + "=" + bad}); err == nil || !strings.Contains(err.Error(), environ.Box) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestUnwatched(t *testing.T) {
	t.Parallel()
	env := []string{"HOME=/h", "http_proxy=http://127.0.0.1:1", "HTTPS_PROXY=x", "No_Proxy=", "TELLTALE_CA=/ca.pem", "SSL_CERT_FILE=/b.pem", "TELLTALE_BOX=[]", "NOT_HTTP_PROXY=1"}
	if got := environ.Unwatched(env); !slices.Equal(got, []string{"HOME=/h", "NOT_HTTP_PROXY=1"}) {
		t.Errorf("left is %q", got)
	}
}
