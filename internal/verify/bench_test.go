package verify_test

import (
	"bytes"
	"testing"

	"example.org/telltale/internal/verify"
)

// BenchmarkLines reads and commits to the lines of a real log.
func BenchmarkLines(b *testing.B) {
	log := (&forge{t: b, dir: unpack(b, "v2-tom-2011")}).read("log/entries.jsonl")
	lines := bytes.Split(bytes.TrimSuffix(log, []byte("\n")), []byte("\n"))
	b.SetBytes(int64(len(log)))
	for b.Loop() {
		for _, line := range lines {
			if _, err := verify.LeafOf(line); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkCase verifies a whole case, findings included.
func BenchmarkCase(b *testing.B) {
	dir := unpack(b, "v2-tom-2011")
	for b.Loop() {
		holds(b, dir, verify.Options{})
	}
}
