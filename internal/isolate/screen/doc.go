// Package screen finds, among thousands of candidate terms, all those that a
// filter reacts to, with few messages and few of them triggering. It asks the
// next questions and is told the answers; it sends nothing, has no clock and
// no chance, and what it knows is its history.
//
// # How
//
// Many candidates go into one message. If it is silent, all of them are
// clear, and so is every candidate that stands inside one of them. If it
// reacts, a [lane] narrows down on one cause by Bayes' rule; the others go
// back to the pool with what was learnt. This is nested group testing (Sobel
// and Groll 1959; Hwang 1972) with four changes: the prevalence is not known
// but learnt, for each candidate from how it is written; a triggering message
// costs more than a silent one, so groups are made to react less often; wrong
// answers are allowed for; and a candidate that holds a trigger is not sent.
//
// # Doubt
//
// A cause may be none of the candidates: a wrong answer, or two neighbours
// that a filter joined. Each lane keeps a chance for that, which shrinks as
// findings prove right. When it is too large, the finding is sent alone before
// it is believed. The first trigger, sent in two halves, shows whether the
// filter joins pieces; if so, a sign goes between all of them from then on.
// What was only inferred is looked at once more at the end, the most doubtful
// first.
//
// # Pairs
//
// If pairs are asked for, the filter is a hidden [graph] on the candidates,
// and a message reacts if it holds an edge. Messages grow as cliques of what is
// unknown; a [pairLane] narrows a reaction down to one candidate or one pair;
// what was found is never sent together again, but once, alone, as the proof.
package screen
