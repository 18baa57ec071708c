// Package bayes finds the rules of a filter in a text that reacts, with as few
// messages as a good guess of words allows. Like package isolate, it sends
// nothing: it asks the next question and is told the answer.
//
// # Model
//
// Every short stretch of the text may be a part of the rule, each with its own
// chance, independent of the others. The chance comes from its length, from a
// dictionary of common words, from where the likeliest division of the text
// into words has its borders, and from lists that the user gives. A message
// keeps some stretches and breaks others. One that reacts strikes out every
// stretch it broke; a silent one says that at least one of those it broke is a
// part. From that the chance that any other message reacts is computed, by
// inclusion and exclusion over the silent messages that say most.
//
// About a hundred messages are considered each time: regions left out, the
// likeliest stretches alone, some of them broken, and the messages of the
// certificate. The one with most bits for its cost is sent. If a triggering
// message costs c silent ones, the best chance to react is 1-x with
// x + x^c = 1.
//
// # Soundness
//
// The prior and the model choose questions. The answer rests on its
// certificate alone: the parts react when nothing else is there, and do not
// when any of them is cut in two, into all but its last and all but its first
// character. All of these messages were really sent. Where answers do not fit
// the model, as with parts that no prior foresaw and rules with exceptions,
// the exact search of package isolate goes on in what is left.
//
// Stretches are places, not strings: a word that stands twice is two of them.
// What is left keeps its order in every message, so filters that want an order
// need nothing special. The filler between pieces looks like a letter, so
// filters that strip blanks and signs do not join the pieces again.
//
// # Noise
//
// If answers may be wrong, a silent message counts for a little less than
// certain, and is sent again where that is worth more than another. Reactions
// are doubted when all that follows is silent. Lines of the certificate are
// sent until they hold by two.
package bayes
