package lab

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"example.org/telltale/internal/lab/adapter"
	"example.org/telltale/internal/lab/chat"
	"example.org/telltale/internal/lab/labdir"
	"example.org/telltale/internal/lab/roles"
)

// Stdio are the standard streams of a process.
type Stdio struct {
	In       io.Reader
	Out, Err io.Writer
}

// Process is the whole work of one of the lab's own processes. Its arguments
// are what follows "lab" on the command line:
//
//	role KIND --dir DIR --name NAME     one server, or the population
//	client --dir DIR --name ACCOUNT [--build clean|monitored]
//	                                    a chat client in JSON mode
//	driver --dir DIR                    the driver of the messenger
func Process(ctx context.Context, args []string, std Stdio) error {
	if len(args) == 0 {
		return errors.New("want role, client or driver")
	}
	what, args := args[0], args[1:]
	kind := ""
	if what == "role" {
		if len(args) == 0 {
			return errors.New("want the kind of role")
		}
		kind, args = args[0], args[1:]
	}
	flags := flag.NewFlagSet(what, flag.ContinueOnError)
	flags.SetOutput(std.Err)
	dir := flags.String("dir", "", "lab directory")
	name := flags.String("name", "", "host or account")
	build := flags.String("build", "", "clean or monitored; empty for what the profile says")
	if err := flags.Parse(args); err != nil {
		return err
	}
	env, err := Environment(*dir, std)
	if err != nil {
		return err
	}
	switch what {
	case "role":
		return roles.Run(ctx, labdir.Kind(kind), *name, env)
	case "client":
		o := roles.ClientOptions{Account: *name, Build: roles.Build(*build)}
		return roles.Client(ctx, env, o, func(ctx context.Context, c *chat.Client) error {
			return chat.RunJSON(ctx, c, std.In, std.Out)
		})
	case "driver":
		return adapter.Run(ctx, adapter.Config{
			Dir: env.Dir, Program: env.Program, Stdin: std.In, Stdout: std.Out, Stderr: std.Err,
			Environ: os.Environ(), Clock: env.Clock, Log: env.Log,
		})
	}
	return fmt.Errorf("the lab has no process %q: want role, client or driver", what)
}

// Environment is what a process of the lab in dir works with.
func Environment(dir string, std Stdio) (roles.Env, error) {
	program, err := os.Executable()
	return roles.Env{
		Dir: labdir.Dir(dir), Program: program, Getenv: os.Getenv,
		Stdin: std.In, Stdout: std.Out, Stderr: std.Err, Clock: time.Now, Random: rand.Reader,
		Log: slog.New(slog.NewTextHandler(std.Err, nil)),
	}, err
}
