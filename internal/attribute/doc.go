// Package attribute joins what was typed to what left the app, and states
// what follows from it.
//
// It is pure: a record goes in, observations and findings come out; the same
// record gives the same bytes. [Observe] makes flat rows of the raw facts,
// [State] makes findings of the rows. Nothing here reads a file, a clock or a
// source of chance of its own: bytes are fetched through [Blob], and Monte
// Carlo tests draw from the scenario's seed.
//
// # What counts
//
// A void trial never counts. That no copy was seen counts only if the whole
// window after the message was watched; a copy that was seen always counts.
// A copy is direct if the probe's canary (or its text, or a hash of it) was
// found in bytes that left for a host outside the channel. Traffic whose
// content could not be read is compared between the arms, within the blocks
// in which chance decided who came when.
//
// # Error rate
//
// The declared alpha of the scenario is split: nine tenths for tests on what
// became of messages (suppression, conditions, targets), one tenth for tests on
// unreadable traffic, where every app has a busy background. Each share is
// corrected by Holm's method for all tests made. The tests are in package stats.
package attribute

import "example.org/telltale"

// Blob fetches kept bytes by their digest, as casefile does. Where bytes
// cannot be fetched, what would follow from them is not observed.
type Blob func(telltale.Digest) ([]byte, error)

// fetch is Blob for callers that may have none; missing bytes are empty.
func (b Blob) fetch(d telltale.Digest) []byte {
	if b == nil || d == "" {
		return nil
	}
	data, err := b(d)
	if err != nil {
		return nil
	}
	return data
}
