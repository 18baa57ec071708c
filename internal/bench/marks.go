package bench

import (
	"bytes"
	"context"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/peel"
)

func hashed(path []string) bool {
	n := len(path)
	return n > 0 && strings.HasPrefix(path[n-1], "hash")
}

// marksIn tells which probes' marks can be found in the bytes of a layer, or
// in those before its last coat came off: where a text in a charset begins
// within other bytes, it may be read out of step.
func marksIn(opener *peel.Opener, b, before []byte, probes []telltale.Probe) map[string]bool {
	seen := map[string]bool{}
	for _, p := range probes {
		// Most marks stand there as they are, and need no looking for.
		for _, mark := range []string{p.Canary.Latin, p.Canary.CJK} {
			if mark != "" && bytes.Contains(b, []byte(mark)) {
				seen[p.ID] = true
			}
		}
	}
	for _, part := range [][]byte{b, before} {
		if len(seen) >= len(probes) {
			break
		}
		for _, find := range opener.Open(context.Background(), peel.Job{Bytes: part, Needles: needlesOf(probes)}).Finds {
			for _, id := range find.Probes {
				seen[id] = true
			}
		}
	}
	return seen
}
