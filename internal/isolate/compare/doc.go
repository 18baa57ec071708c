// Package compare runs searches and published methods against the same
// simulated filters and sums up what they cost: messages, triggering messages,
// rounds, right and wrong answers, and the time of the program.
//
// [Articles] compares searches for the rules of a text, [Lists] searches for
// the terms of a list that react. The tables are made by [WriteArticles] and
// [WriteLists].
package compare
