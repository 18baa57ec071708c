package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/flow/har"
)

const exportLong = `Writes what a case holds in the formats of others.

    telltale export --pcapng all.pcapng CASE
    telltale export --har all.har CASE

pcapng: the packets that the case's sensors captured, with the TLS secrets in
them, if it has any. Otherwise packets are made of the flows: they carry the
octets that were recorded, TLS taken off, at the times that were recorded, and
are no evidence of what the network's packets looked like; comments say which
flow each connection is.

HAR holds HTTP exchanges and WebSocket messages only.

The file must not exist; - writes to standard output.

Exit codes: 0 written, 1 not.`

func (a *app) exportCommand() *cobra.Command {
	var toPackets, toHAR string
	cmd := &cobra.Command{
		Use:   "export --pcapng FILE | --har FILE CASE",
		Short: "Write a case's traffic as pcapng or HAR",
		Long:  exportLong,
		Args:  cobra.ExactArgs(1),
		RunE: failing(func(_ *cobra.Command, args []string) error {
			if toPackets == "" && toHAR == "" {
				return exitWith(exitUsage, errors.New("nothing to write: name a file with --pcapng or --har"))
			}
			reader, err := casefile.Read(args[0])
			if err != nil {
				return err
			}
			if toPackets != "" {
				if err := a.writeTo(toPackets, func(w io.Writer) error { return a.exportPackets(w, reader) }); err != nil {
					return err
				}
			}
			if toHAR == "" {
				return nil
			}
			return a.writeTo(toHAR, func(w io.Writer) error { return a.exportHAR(w, reader) })
		}),
	}
	cmd.Flags().StringVar(&toPackets, "pcapng", "", "capture file to write")
	cmd.Flags().StringVar(&toHAR, "har", "", "HTTP Archive to write")
	return cmd
}

// writeTo writes a new file, and removes it again if that fails.
func (a *app) writeTo(name string, write func(io.Writer) error) error {
	if name == "-" {
		return write(a.stdout)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

func (a *app) exportHAR(w io.Writer, reader *casefile.Reader) error {
	left, err := har.Write(w, har.Creator{Name: "telltale", Version: telltale.Version}, reader.Record.Flows, reader.Blob)
	if err == nil && left > 0 {
		fmt.Fprintf(a.stderr, "%d of %d flows are no HTTP exchanges and were left out\n", left, len(reader.Record.Flows))
	}
	return err
}
