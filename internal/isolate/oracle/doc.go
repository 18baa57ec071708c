// Package oracle lets a program outside put the questions of a search: a
// campaign's own client, a test bench, a filter under study. Program and
// search exchange one JSON object a line.
//
// # As a server of tasks
//
// [Serve] reads tasks and answers to tests, and writes tests and results:
//
//	in:  {"task":{"id":"t1","text":"…","sep":"\n","max_len":null,"noisy":false,"want":"one","cost":{"message":1,"trigger":10}}}
//	out: {"test":"one message"}
//	in:  {"hit":true}
//	out: {"batch":["message","message"]}
//	in:  {"hits":[true,{"error":"too long","max_len":200}]}
//	out: {"result":{"id":"t1","rules":[["a","b"]],"ordered":null,"exact":true,"certificate":[…]}}
//
// The messages of a batch do not depend on one another and may be sent side by
// side. A test may be refused: {"error":"too long","max_len":200}. Want is
// "one" rule of the text or "all". Cost and accounts may be left out. A result
// that is not exact has a reason, in why, and the last guess as its rule.
//
// # As a client
//
// [Ask] speaks the other half: tests go to the program that knows the
// answers, no task is needed.
//
// # Stored searches
//
// A search is its history of messages and answers. [Stored] writes it down as
// it grows, and [Resume] goes on with it.
package oracle
