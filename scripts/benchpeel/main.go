// Benchpeel measures the search for copies and keys, each thing beside its
// baseline in turn, and prints the ratios: `make bench-peel`, with SIZE in MB
// for the traffic (1024 is the full measure) and BINARY in MB for the program
// that is searched for keys (50 is the full measure).
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
)

func main() {
	size := flag.Int("size", 128, "megabytes of traffic")
	binary := flag.Int("binary", 4, "megabytes of program that are searched for keys")
	flag.Parse()
	runtime.LockOSThread()
	rows := searchRows(*size << 20)
	rows = append(rows, kernelRows()...)
	rows = append(rows, scanRow(*binary<<20))
	if err := print(os.Stdout, rows); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
