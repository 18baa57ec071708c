package lab_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"example.org/telltale"
)

// processes finds the processes whose arguments hold all of words.
func processes(t *testing.T, words ...string) []int {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, path := range paths {
		line, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		all := true
		for _, word := range words {
			all = all && bytes.Contains(line, []byte(word))
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); all && err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestFilterProcessIsReplacedWhenKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	network := up(t, "tom-2006", 6, dir)
	driver := openDriver(t, network)
	text := "now " + network.Plan().Entries()[1] + " again"
	if r := send(t, driver, "p1", "bob", "alice", text); r.Outcome != telltale.Dropped {
		t.Fatalf("before: %+v", r)
	}
	filters := processes(t, dir, "filter", "alice")
	if len(filters) != 1 {
		t.Fatalf("alice has %d filter processes, want 1", len(filters))
	}
	if err := syscall.Kill(filters[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if r := send(t, driver, "p2", "bob", "alice", text); r.Outcome != telltale.Dropped {
		t.Errorf("after: %+v", r)
	}
	mustDeliver(t, driver, "p3", "bob", "alice", "nothing special")
	if err := driver.Close(); err != nil {
		t.Error(err)
	}
	for _, pid := range processes(t, dir, "lab\x00client") {
		t.Errorf("client process %d is left behind", pid)
	}
	for _, pid := range processes(t, dir, "filter") {
		t.Errorf("filter process %d is left behind", pid)
	}
}
