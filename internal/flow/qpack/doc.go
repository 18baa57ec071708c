// Package qpack unpacks the header blocks of HTTP/3 (RFC 9204) as they pass:
// the octets of an encoder stream keep a table, and header blocks, which
// refer to it, come out as fields. It owns no sockets and answers nothing.
//
// A block may come before the entries that it refers to. Needs says how many
// there must be, Inserted how many there are.
//
// Captured octets are hostile: tables and instructions are bounded, and what
// cannot be read is an error.
package qpack
