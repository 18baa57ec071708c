// Package gateway ends the network of a sandboxed program: every IP packet
// that the program sends arrives here, and what leaves the machine is what the
// gateway dialled in its place.
//
// A user-space TCP/IP stack answers for every address there is. A TCP
// connection is dialled from the host first and only then granted to the app,
// so that the app meets a refusal, a silence or an unreachable host as it
// would without the gateway. Names are answered by a resolver of its own, UDP
// is forwarded datagram by datagram, echo requests are asked again from the
// host, and everything else is recorded and not carried.
//
// Each connection, query and datagram exchange, each failed attempt at one
// too, is handed to a tape.Sink; every packet, in order, to Config.Packets.
package gateway
