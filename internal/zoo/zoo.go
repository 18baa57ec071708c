// Package zoo holds small awkward programs. Each does one thing that a
// capture easily misses or gets wrong, with a token by which what it sent can
// be told from everything else: a daemon that goes on after its parent ended,
// a token in the labels of a name, requests in one packet, a pinned
// certificate, a connection reset in the middle.
//
// The tests of telltale run put them into the sandbox and compare what was
// recorded with what Keeper, the servers outside, received. Nothing of this is
// part of the program.
package zoo

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// animal is one program. It does its thing with the token; where is what it
// is told of the world: an address, a URL or a name.
type animal func(token, where string) error

// animals are the programs by name.
func animals() map[string]animal {
	return map[string]animal{
		"get": get, "get-h1": getHTTP1, "pipeline": pipeline, "upload": upload, "events": events, "upgrade": upgrade,
		"websocket": websocket,
		"daemon":    daemon, "daemon-child": daemonChild, "through-helper": throughHelper, "helper": helper,
		"resolve": resolve, "split": split, "parallel": parallel, "half-close": halfClose, "reset": reset, "leave": leave,
		"linger": linger, "reach": reach,
		"datagram": datagram, "ping": ping, "quic": quicFirst, "h3": postHTTP3, "h3-pinned": http3Pinned, "h3-early": http3Early, "quic-own": ownQUIC,
		"pinned": pinned, "pinned-keys": pinnedWithKeys, "own-roots": ownRoots, "client-cert": clientCertificate, "alpn": oddALPN,
		"resume": resume, "resume-12": resume12, "smtp": mail,
		"exit": exit, "signal": signalled,
	}
}

// Main is the program: NAME TOKEN WHERE. It returns the exit status.
func Main(args []string) int {
	if len(args) != 3 {
		fmt.Fprintln(os.Stderr, "animal: want NAME TOKEN WHERE")
		return 2
	}
	run, ok := animals()[args[0]]
	if !ok {
		fmt.Fprintf(os.Stderr, "animal: there is no %q; have %s\n", args[0], strings.Join(names(), ", "))
		return 2
	}
	err := run(args[1], args[2])
	var status statusError
	if errors.As(err, &status) {
		return int(status)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "animal %s: %v\n", args[0], err)
		return 1
	}
	return 0
}

func names() (all []string) {
	for name := range animals() {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// statusError ends the program with that status.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("exit status %d", int(s)) }
