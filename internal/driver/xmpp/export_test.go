package xmpp

import (
	"bufio"
	"io"
	"strings"
)

// Stanzas reads a stream, and gives the bodies of its messages.
func Stanzas(r io.Reader) (bodies []string, err error) {
	in := newReader(bufio.NewReader(r))
	if _, err := in.header(); err != nil {
		return nil, err
	}
	for {
		n, err := in.next()
		if err != nil {
			return bodies, err
		}
		if text, ok := textOf(n); ok {
			bodies = append(bodies, text)
		}
	}
}

// Escape and Uncarried are for tests.
var (
	Escape    = escape
	Uncarried = uncarried
)

// Proof logs in by SCRAM-SHA-1 with the nonce and the server's two messages.
func Proof(user, password, nonce, challenge, final string) (proof string, err error) {
	c := &scram{hash: hashOf("SCRAM-SHA-1"), user: user, password: password, nonce: nonce, header: "n,,"}
	c.first()
	// The work is bounded by a limit that is generous for a fuzzer.
	if n := attributes(challenge)["i"]; len(strings.TrimLeft(n, "0")) > 4 {
		challenge = strings.ReplaceAll(challenge, n, "4096")
	}
	if proof, err = c.final(challenge); err != nil {
		return "", err
	}
	return proof, c.verify(final)
}
