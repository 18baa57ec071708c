package proxy_test

import (
	"os"
	"path/filepath"
	"testing"
)

func TestProcessOfTheAppIsNamed(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, mirror(t))
	a := r.dial()
	a.say("GET http://x.test/ HTTP/1.1\r\nHost: x.test\r\n\r\n")
	a.hear("HTTP/1.1 200 OK")
	if f := r.quiet(1)[0]; f.Process != filepath.Base(self) {
		t.Errorf("process %q, want %q", f.Process, filepath.Base(self))
	}
}
