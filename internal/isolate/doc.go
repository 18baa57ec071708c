// Package isolate finds the exact words that make a filter react, from one
// text that reacts. It asks the next questions and is told the answers; it
// sends nothing, and what it knows is its history of questions and answers.
//
// # What is found
//
// A filter is taken to react to a message that holds all parts of a rule. A
// part is a stretch of characters; a rule has one part or a few. [Search]
// finds one rule of the text: parts that react when nothing else is there,
// each with exact borders, and none of which can be spared. Several rules in
// one text are no trouble: one of them is found.
//
// # How
//
// The shortest beginning of the text that reacts ends with a part; bisection
// finds that end. The beginning without its last character, followed by the
// shortest stretch before the end that makes it react again, gives the part's
// start, even where parts overlap. The part is then always sent along, and the
// search goes on in what stands before it, until the parts found react alone.
// This is the component-aware bisection of Xiong and Knockel (FOCI 2019), with
// two changes: cuts are made where a prior on words puts them (known words,
// borders of words and scripts, usual lengths), not in the middle; and uneven
// cuts are preferred, because a question that triggers costs more than one
// that does not.
//
// # Proof
//
// A result is exact only with its certificate, really asked: the parts alone
// react; and for each part, the others react no more when it is cut in two,
// into the part without its last and the part without its first character.
// Neither half is then enough, so both borders are exact and the part is
// needed. If the filter reacts to fewer rather than more characters than it
// should, as filters with exceptions and unreliable apps do, the certificate
// fails. The search is then made once more, from the other end of the text;
// if that fails too, the result is inconclusive and says why.
package isolate
