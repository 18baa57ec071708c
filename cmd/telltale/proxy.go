package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"rsc.io/qr"
)

const proxyLong = `Records what passes through a proxy, for phones, other systems, and programs
that cannot be sandboxed. It speaks HTTP (CONNECT and absolute addresses) and
SOCKS5 on one port, and opens TLS with an authority that the device has to
trust: it gets the certificate from the proxy itself, at http://ADDRESS/ca.pem.

    telltale proxy --json FLOWS.jsonl
    telltale proxy --listen 192.0.2.10:8080 --auth me:secret --qr

A proxy sees only what is sent through it: not the traffic of apps that go
around it, not UDP, and not name lookups. On Linux, telltale run sees more.

Ctrl-C and SIGTERM end it and complete the files.`

// proxyOptions are the flags of proxy.
type proxyOptions struct {
	carryOptions
	listen, auth, caDir    string
	open, qr, anyAuthority bool
}

func (a *app) proxyCommand() *cobra.Command {
	var o proxyOptions
	var keep recordOptions
	cmd := &cobra.Command{
		Use:   "proxy",
		Short: "Record what passes through an explicit proxy",
		Long:  proxyLong,
		Args:  cobra.NoArgs,
		RunE: failing(func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return exitWith(exitUsage, err)
			}
			run := &proxyRun{recording: recording{app: a, keep: keep}, options: o}
			return run.run(cmd.Context())
		}),
	}
	f := cmd.Flags()
	o.flags(cmd)
	keep.flags(cmd)
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "address and port; port 0 for any")
	f.StringVar(&o.auth, "auth", "", "USER:PASSWORD that clients have to give")
	f.BoolVar(&o.open, "open", false, "listen beyond this machine without a password")
	f.StringVar(&o.caDir, "ca-dir", "", "directory of the authority (default one that is kept for all proxies of this user)")
	f.BoolVar(&o.anyAuthority, "any-authority", false, "take servers' certificates as they are; what is wrong with them is recorded")
	f.BoolVar(&o.qr, "qr", false, "show the certificate's address as a QR code")
	_ = cmd.MarkFlagDirname("ca-dir") // errors name flags that there are not
	return cmd
}

// check refuses what would let strangers in.
func (o *proxyOptions) check() error {
	if _, _, err := net.SplitHostPort(o.listen); err != nil {
		return fmt.Errorf("--listen %q: %w; give ADDRESS:PORT", o.listen, err)
	}
	if o.auth != "" && !strings.Contains(o.auth, ":") {
		return errors.New("--auth: give USER:PASSWORD")
	}
	if !o.local() && o.auth == "" && !o.open {
		return fmt.Errorf("--listen %s: whoever reaches this address could use the proxy: give --auth USER:PASSWORD, or --open if they may", o.listen)
	}
	return nil
}

// local reports whether this machine alone can reach the proxy.
func (o *proxyOptions) local() bool {
	host, _, _ := net.SplitHostPort(o.listen) // check has split it before
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// authorityDir is where the proxy's authority is kept: devices are asked to
// trust it once.
func (r *proxyRun) authorityDir() (string, error) {
	if r.options.caDir != "" {
		return r.options.caDir, nil
	}
	if r.record != nil {
		return r.caDir(""), nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("there is no place for the authority (%w): name one with --ca-dir", err)
	}
	return filepath.Join(dir, "telltale", "proxy"), nil
}

// introduce tells how to use the proxy.
func (r *proxyRun) introduce(addr net.Addr, certificate string) error {
	if r.keep.quiet {
		return nil
	}
	w := r.app.stderr
	fmt.Fprintf(w, "telltale: proxy at %s, for HTTP, HTTPS and SOCKS5\n", addr)
	fmt.Fprintf(w, "telltale: certificate to trust: http://%s/ca.pem, here %s\n", addr, certificate)
	if !r.options.qr {
		return nil
	}
	code, err := qr.Encode("http://"+addr.String()+"/ca.pem", qr.M)
	if err != nil {
		return fmt.Errorf("--qr: %w", err)
	}
	return printQR(w, code)
}

// printQR draws a code with half blocks, two rows a line, dark on light as
// readers want it.
func printQR(w io.Writer, code *qr.Code) error {
	const border = 4 // modules of quiet zone
	dark := func(x, y int) bool { return code.Black(x, y) }
	var out strings.Builder
	for y := -border; y < code.Size+border; y += 2 {
		out.WriteString("\x1b[30;107m")
		for x := -border; x < code.Size+border; x++ {
			switch above, below := dark(x, y), dark(x, y+1); {
			case above && below:
				out.WriteRune('█')
			case above:
				out.WriteRune('▀')
			case below:
				out.WriteRune('▄')
			default:
				out.WriteByte(' ')
			}
		}
		out.WriteString("\x1b[0m\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// until is the end of a proxy's life: that of ctx is as it should be.
func until(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return nil
	}
	return err
}
