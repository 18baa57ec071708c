// Package sample makes problems for searches: texts that a filter reacts to
// ([Article]) and lists of candidate terms ([List]), with the truth. They are
// made up from a dictionary and a seed, or read from a file.
//
// # Made-up articles
//
// The running text is words drawn by how common they are, with signs, names,
// numbers and foreign words in between. The parts of rules are less common
// words, two words joined, and names that no dictionary has; about two in
// three come from a stock, so that earlier rules say something of later ones
// ([Maker.Terms]), the others are new. Other terms of the stock stand in the
// text as well. Text of real people is less even than this: figures on
// made-up articles compare methods and do not foretell messages in the field.
//
// # Made-up lists
//
// Half of the triggers of a list share a few themes, the others do not.
package sample
