// Package box is the sensor that sees everything a program sends: it runs the
// program in a sandbox whose only way out is the gateway, opens TLS on the
// way, and makes requests and answers out of the octets.
//
// A program gets in by a door: a socket that takes its arguments, its
// environment and its standard streams. So a driver may be sandboxed whole,
// or start only the app under test inside and keep the other end outside.
package box
