// Package baseline holds published methods that the searches are measured
// against, written from their papers' descriptions.
//
// # One rule of a text
//
// [Split] is plain binary splitting: every character that the rule needs is
// found by bisection. [Aware] is component-aware binary splitting (Xiong and
// Knockel, "An Efficient Method to Determine which Combination of Keywords
// Triggered Automatic Filtering of a Message", FOCI 2019): bisection finds
// where a part begins, a growing window where it ends. [BestOfThree] repeats
// each message for filters with wrong answers, [All] deletes what was found
// and begins again.
//
// # All terms of a list
//
// [OneByOne], [Halving], generalised binary splitting ([Hwang], "A method for
// detecting all defective members in a population by group testing", Journal
// of the American Statistical Association 67, 1972), and, for pairs of terms,
// [Pairs]: blocks of terms two by two, halved until a pair is left.
//
// None of them proves its answer, and none knows of words or costs.
package baseline
