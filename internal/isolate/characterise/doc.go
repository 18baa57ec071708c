// Package characterise finds out how a filter compares: for words that are
// proved to react, whether their order matters, which ways of writing the
// filter takes for the same, which signs keep pieces apart, how long a message
// may be, how often answers are wrong, and what combination of words disables
// the rule. Like package isolate it sends nothing: it asks and is told.
//
// # Claims
//
// Every claim has messages of its own that prove it, on top of the one that
// all of them rest on: the words alone, which react. A way of writing is tried
// by writing the words that way and in no other: if that reacts, the filter
// takes both for the same; if not, it tells them apart. So one message decides
// one claim, and no message could decide two. Claims that nothing in the words
// can show, such as case where there are no letters, say so.
//
// # Errors
//
// The words alone, and a harmless message, are put several times. What was
// missed and what reacted without cause is reported as counts with an upper
// bound (the exact binomial one, 95 %). If answers may be wrong, or were seen
// to be, every message is put until two answers agree.
//
// A filter that remembers is told apart first: if the words react once and
// then no more, or a harmless message is blocked right after them, nothing
// else can be claimed.
//
// # Exceptions
//
// A text that holds the words and passed holds something that disables the
// rule. The dual search of package isolate finds it.
package characterise
