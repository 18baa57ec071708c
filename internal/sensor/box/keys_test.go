//go:build unix

package box

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Keys that programs write arrive whole; nothing they write instead stops the
// reader or reaches the capture.
func TestKeysOfPrograms(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	k, err := listenKeys(filepath.Join(t.TempDir(), "keys"), &got)
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.OpenFile(k.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	good := "CLIENT_RANDOM 00ff 11EE\n"
	for _, text := range []string{
		good, "# a comment\n", endOfKeys, strings.Repeat("x", 200<<10) + "\n", "CLIENT_RANDOM zz 11\n",
		"CLIENT_RANDOM " + strings.Repeat("0", 2000) + " 11\n", good, "unfinished " + strings.Repeat("y", 70<<10),
	} {
		if _, err := program.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := program.Close(); err != nil {
		t.Fatal(err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if got.String() != good+good {
		t.Errorf("got %q", got.String())
	}
}
