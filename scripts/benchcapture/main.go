// Command benchcapture measures capturing and importing, each thing beside its
// peer in one run, and prints the ratios: `make bench-capture`, with SIZE in MB
// for the traffic (1024 is the full measure).
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

// options of the command.
type options struct {
	// size of the traffic, in bytes.
	size int
	// telltale is the program that is measured.
	telltale string
}

// row is one measure.
type row struct{ what, ours, base, ratio, must, goal string }

func main() {
	size := flag.Int("size", 64, "megabytes of traffic")
	telltale := flag.String("telltale", "bin/telltale", "the program to measure")
	parts := flag.String("parts", "proxy,import", "what to measure")
	child := flag.String("child", "", "measure this alone, for the program itself")
	flag.Parse()
	if *child != "" {
		if *child == "upload" && flag.NArg() == 2 {
			exit(uploadChild(flag.Args()))
		}
		exit(runChild(*child, flag.Args()))
	}
	exit(run(options{size: *size << 20, telltale: *telltale}, *parts))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// measures is the list of parts, a file of this command each.
func measures() map[string]func(options) ([]row, error) {
	return map[string]func(options) ([]row, error){
		"import": importRows,
		"proxy":  proxyRows,
	}
}

func run(o options, parts string) error {
	var rows []row
	for part := range strings.SplitSeq(parts, ",") {
		measure := measures()[part]
		if measure == nil {
			return fmt.Errorf("no part %q", part)
		}
		more, err := measure(o)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	return print(os.Stdout, rows)
}

func print(w io.Writer, rows []row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\there\tpeer\tratio\tmust\tgoal")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.what, r.ours, r.base, r.ratio, r.must, r.goal)
	}
	return t.Flush()
}
