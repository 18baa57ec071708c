//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"fmt"
	"net"
)

// inside is the program that runs in the box: one of its functions, by name.
func inside(args []string) int {
	functions := map[string]func([]string) error{
		"hello":    hello,
		"datagram": datagram,
	}
	f, ok := functions[args[0]]
	if !ok {
		fmt.Println("no function", args[0])
		return 99
	}
	if err := f(args[1:]); err != nil {
		fmt.Println(err)
		return 98
	}
	return 0
}

func hello([]string) error {
	fmt.Println("hello")
	return nil
}

// datagram sends one and says what came back.
func datagram(args []string) error {
	conn, err := net.Dial("udp", args[0])
	if err != nil {
		return err
	}
	if _, err := conn.Write([]byte("hello")); err != nil {
		return err
	}
	b := make([]byte, 100)
	n, err := conn.Read(b)
	fmt.Printf("answer: %s\n", b[:n])
	return err
}

func owner([]string) int { return 0 }
