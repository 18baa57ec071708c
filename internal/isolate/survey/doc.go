// Package survey finds all rules of a filter among a vocabulary of words, most
// of which mean nothing to it, with few messages. It asks the next question
// and is told what happened to that message; it sends nothing, has no clock,
// and what it knows is its history, so that a stopped survey goes on from the
// answers it had ([Replay]).
//
// # Model
//
// A filter has rules. A rule has parts that must all be in a message, in any
// order or as listed, words that disable it, and effects, such as "refused".
// The first rule that decides hides those after it; copies may be seen beside
// other effects. So words that are added to a message may hide a reaction
// (exceptions, other rules), and only a message without any effect proves
// something about all that stands in it: no rule is complete in it, unless an
// exception is in it too.
//
// # How
//
//  1. Groups of words are sent; what reacts is halved, one part after the other,
//     until only the parts are left that are needed (component-aware bisection).
//  2. All that is clear goes into one message, or few if messages are short: it
//     reacts if words react together. One part of each rule found stays out.
//  3. Each rule is sent in front of all that is clear: what silences it is an
//     exception, what changes its effect is another rule.
//  4. More messages see to it that every two words stand together in both orders
//     in one that was clear, and every word without every other one: a rule
//     cannot hide behind its exception.
//  5. What only copies is sent together, to see rules of two such words.
//  6. Order, word boundaries and case are asked of each rule found.
//
// Each rule has a certificate: its parts alone, several times, and messages
// that lack one part or hold an exception. A reaction that does not come again
// is taken for chance. A message that reacts by its length alone is found by
// repeating one harmless word.
package survey
