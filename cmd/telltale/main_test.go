package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"example.org/telltale/internal/faults/trial"
	"example.org/telltale/internal/zoo"
)

// TestMain lets the test binary be the program itself: for the scripts, and
// for the lab's processes, which run their own file again.
func TestMain(m *testing.M) {
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	switch {
	case len(os.Args) == 2 && os.Args[1] == sandboxInit, name == zooTelltale:
		main()
	case name == zooAnimal:
		os.Exit(zoo.Main(os.Args[1:]))
	case len(os.Args) > 1 && os.Args[1] == trial.DriverCommand:
		if err := trial.Driver(context.Background(), os.Args[2:], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if os.Getenv("TELLTALE_TEST_PROGRAM") == "1" && name != "fakedriver" {
		program()
	}
	testscript.Main(m, map[string]func(){"telltale": program, "fakedriver": fakeDriver})
}

// Names under which the test binary is telltale as it is, and the programs of
// the zoo.
const zooTelltale, zooAnimal = "telltale-zoo", "animal"

func program() {
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, clock: time.Now, random: rand.Reader}
	os.Exit(a.run(context.Background(), os.Args[1:]))
}

// TestScripts runs the stories in testdata/script against the real program.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("TELLTALE_KEY", env.WorkDir+"/signing.key")
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": exits, "once": once, "probes": probes},
	})
}
