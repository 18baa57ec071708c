// Package filter simulates the filter of an app, for tests and benches of
// searches. It holds rules, answers messages, and counts what they cost.
//
// A [Rule] is a set of parts that must all be in the message, and of
// exceptions that disable it. A filter may want the parts in their order,
// compare folded text, refuse long messages and answer wrongly now and then.
// Wrong answers follow from a seed and the number of the message alone, so
// that all searches meet the same ones.
//
// It has no clock and no chance of its own and is not safe for concurrent use.
package filter
