package attribute

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"example.org/telltale"
)

// What nobody can open still shows how it was closed. A block cipher in
// codebook mode turns equal blocks of text into equal blocks of ciphertext;
// any other mode, and any good cipher, repeats a block of n bits by chance
// about once in 2^(n/2) blocks.

const (
	featShut     = "sealed"          // Value: bytes of ciphertext that was left.
	featCodebook = "codebook"        // Value: blocks that came before in the same ciphertext; Text: their size.
	featEchoes   = "codebook_across" // Value: blocks that came before elsewhere; Text: their size.
)

const (
	// enoughRepeats is how many repeats within messages are needed to state a
	// codebook: a random number written twice repeats as well.
	enoughRepeats = 4
	// leastEchoes is how many repeats across messages make it worth a look.
	leastEchoes = 2
)

// blockSizes of the ciphers in use, in bytes, the larger first.
func blockSizes() []int { return []int{16, 8} }

// sealedLayers lists what left the app, outside the channel, and could not be
// opened, by host and in the order of flows; not what was opened otherwise.
func sealedLayers(rec *telltale.Record) map[string][]*telltale.Layer {
	flows := map[string]*telltale.Flow{}
	for i := range rec.Flows {
		flows[rec.Flows[i].ID] = &rec.Flows[i]
	}
	type message struct {
		flow string
		n    int
	}
	opened := map[message]bool{}
	for i := range rec.Layers {
		if l := &rec.Layers[i]; !l.Sealed() {
			opened[message{l.Flow, l.Message}] = true
		}
	}
	out := map[string][]*telltale.Layer{}
	for i := range rec.Layers {
		l := &rec.Layers[i]
		f := flows[l.Flow]
		if !l.Sealed() || opened[message{l.Flow, l.Message}] || f == nil || !leaves(f, l.Message) || !Outside(&rec.Scenario, f) {
			continue
		}
		out[HostOf(f)] = append(out[HostOf(f)], l)
	}
	for _, list := range out {
		slices.SortStableFunc(list, func(a, b *telltale.Layer) int {
			return cmp.Or(cmp.Compare(a.Flow, b.Flow), cmp.Compare(a.Message, b.Message), cmp.Compare(a.Offset, b.Offset), cmp.Compare(pathText(a.Path), pathText(b.Path)))
		})
	}
	return out
}

// sealedRows counts equal blocks in what could not be opened.
func sealedRows(rec *telltale.Record, blob Blob) []telltale.Observation {
	var rows []telltale.Observation
	byHost := sealedLayers(rec)
	for _, host := range slices.Sorted(maps.Keys(byHost)) {
		seen := map[int]map[string]string{}
		for _, l := range byHost[host] {
			b := blob.fetch(l.Bytes)
			rows = append(rows, telltale.Observation{Flow: l.Flow, Host: host, Feature: featShut, Value: float64(len(b)), Text: pathText(l.Path)})
			for _, size := range blockSizes() {
				if len(b)%size != 0 {
					continue
				}
				if seen[size] == nil {
					seen[size] = map[string]string{}
				}
				within, across := countBlocks(b, size, seen[size])
				rows = appendCount(rows, l.Flow, host, featCodebook, size, within)
				rows = appendCount(rows, l.Flow, host, featEchoes, size, across)
			}
		}
	}
	return rows
}

func appendCount(rows []telltale.Observation, flow, host, feature string, size, n int) []telltale.Observation {
	if n == 0 {
		return rows
	}
	return append(rows, telltale.Observation{Flow: flow, Host: host, Feature: feature, Value: float64(n), Text: strconv.Itoa(size)})
}

// countBlocks counts blocks that came before in the same bytes, and those that
// came in other bytes behind another block: a common beginning under a fixed
// initial vector repeats too, and says nothing. before is taken further.
func countBlocks(b []byte, size int, before map[string]string) (within, across int) {
	here, previous := map[string]string{}, ""
	for i := 0; i+size <= len(b); i += size {
		block := string(b[i : i+size])
		_, again := here[block]
		other, known := before[block]
		switch {
		case !varied(block):
		case again:
			within++
		case known && other != previous:
			across++
		}
		if !again {
			here[block] = previous
		}
		previous = block
	}
	for block, p := range here {
		if _, known := before[block]; !known {
			before[block] = p
		}
	}
	return within, across
}

// varied reports whether a block has as many different bytes as a cipher's
// output has nearly always.
func varied(block string) bool {
	seen := map[byte]bool{}
	for i := range len(block) {
		seen[block[i]] = true
	}
	return len(seen) >= len(block)*2/3
}

// codebooks states where ciphertext that nobody opened shows a codebook mode,
// and what to type to prove it where it only hints at one.
func (s *statement) codebooks() {
	byHost := sealedLayers(s.rec)
	for _, host := range slices.Sorted(maps.Keys(byHost)) {
		size, within, across := s.blocks(host)
		f := telltale.Finding{
			Claim:  telltale.Claim{Kind: telltale.KindWeak, Host: host, Detail: telltale.WeakECB},
			Direct: true, Method: methodBlocks,
		}
		if within == 0 && across < leastEchoes || s.stated(f.Claim) {
			continue
		}
		for _, row := range slices.Concat(s.cells[rowKey{featCodebook, host}], s.cells[rowKey{featEchoes, host}]) {
			f.Flows = append(f.Flows, row.Flow)
		}
		f.Flows = sorted(f.Flows)
		f.Trials.Treated, f.Trials.TreatedReacted = len(byHost[host]), len(f.Flows)
		repeats := fmt.Sprintf("%d blocks of %d bytes repeat within messages, %d from message to message", within, size, across)
		f.Statement = fmt.Sprintf("What goes to %s is enciphered in electronic codebook mode: %s.", host, repeats)
		if within < enoughRepeats {
			f.Verdict, f.Needed = telltale.Inconclusive, 3
			f.Statement = fmt.Sprintf("What goes to %s may be enciphered in electronic codebook mode: %s. To settle it, type "+
				"messages that are copied and hold 64 equal letters: in that mode they show as equal blocks.", host, repeats)
		}
		s.state(f)
	}
}

// blocks sums up the repeats of one host. Equal blocks of 16 bytes are equal
// ones of 8 as well, so the larger size holds if it explains the smaller's.
func (s *statement) blocks(host string) (size, within, across int) {
	sum := func(feature string, size int) (n int) {
		for _, row := range s.cells[rowKey{feature, host}] {
			if row.Text == strconv.Itoa(size) {
				n += int(row.Value)
			}
		}
		return n
	}
	for _, size := range blockSizes() {
		within, across = sum(featCodebook, size), sum(featEchoes, size)
		if half := size / 2; half >= 8 && 2*within+2*across < sum(featCodebook, half)+sum(featEchoes, half) {
			continue
		}
		return size, within, across
	}
	return 0, 0, 0
}

// stated reports whether a claim was made already.
func (s *statement) stated(c telltale.Claim) bool {
	return slices.ContainsFunc(s.out, func(f telltale.Finding) bool { return f.Claim.Key() == c.Key() })
}
