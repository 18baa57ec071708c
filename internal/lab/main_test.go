package lab_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"

	"example.org/telltale/internal/lab"
)

// supervise makes the test binary a supervisor of the lab directory it names.
const supervise = "TELLTALE_TEST_SUPERVISE"

// TestMain lets the test binary be every process of the lab.
func TestMain(m *testing.M) {
	ctx := context.Background()
	if len(os.Args) > 1 && os.Args[1] == "lab" {
		err := lab.Process(ctx, os.Args[2:], lab.Stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if dir := os.Getenv(supervise); dir != "" {
		os.Unsetenv(supervise)
		network, err := lab.Up(ctx, lab.Options{Profile: "clean", Seed: 3, Dir: dir, Log: os.Stderr})
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		fmt.Println("up")
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = network.Down()
		return
	}
	os.Exit(m.Run())
}
