// Package tlsdecrypt takes TLS off captured connections with the help of key
// logs: the octets of both directions and the lines that browsers, curl and
// others write to SSLKEYLOGFILE go in, plaintext with the time of each record
// comes out. It opens TLS 1.3 (RFC 8446) with key updates, early data and
// HelloRetryRequest, TLS 1.2 (RFC 5246) with AEAD, CBC (also encrypt-then-MAC,
// RFC 7366), RC4 and NULL suites, and TLS 1.0 and 1.1.
//
// It owns no sockets and waits for nothing. Captured bytes are hostile and may
// be incomplete: memory and work are bounded, nothing here fails, and what
// could not be opened is said. Behind lost segments it looks for the next
// record and tries the sequence numbers that it may have.
package tlsdecrypt
