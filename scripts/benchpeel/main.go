// Command benchpeel measures the search for copies and keys, each thing beside its
// baseline in turn, and prints the ratios: `make bench-peel`, with SIZE in MB
// for the traffic (1024 is the full measure) and BINARY in MB for the program
// that is searched for keys (50 is the full measure).
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
)

func main() {
	size := flag.Int("size", 64, "megabytes of traffic")
	binary := flag.Int("binary", 4, "megabytes of program that are searched for keys")
	parts := flag.String("parts", "search,kernels,binary,capture", "what to measure")
	flag.Parse()
	if err := run(*size<<20, *binary<<20, *parts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(size, binary int, parts string) error {
	runtime.LockOSThread()
	var rows []row
	for _, part := range strings.Split(parts, ",") {
		switch part {
		case "search":
			rows = append(rows, searchRows(size)...)
		case "kernels":
			rows = append(rows, kernelRows()...)
		case "binary":
			rows = append(rows, scanRow(binary))
		case "capture":
			r, err := captureRow(size)
			if err != nil {
				return err
			}
			rows = append(rows, r)
		default:
			return fmt.Errorf("no part %q: there are search, kernels, binary and capture", part)
		}
	}
	return print(os.Stdout, rows)
}
