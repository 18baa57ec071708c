package main

import (
	"github.com/spf13/cobra"

	"example.org/telltale"
)

const rootLong = `telltale answers one question with evidence: what does an app tell about what
you type, to whom, and which words set it off?

It types controlled messages into an app, captures what leaves, decodes and
decrypts the copies, proves by experiment what caused them, isolates the exact
trigger words, and keeps evidence that a third party can verify.

Use it on your own apps and accounts only.

Exit codes of every command:
   0  done; nothing found
   1  could not run: the question could not be put
   2  wrong usage
  10  found: at least one finding is supported
  11  inconclusive: more trials are needed`

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "telltale",
		Short:         "What does an app tell about what you type, to whom, and which words set it off?",
		Long:          rootLong,
		Version:       telltale.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().StringVar(&a.ring.passphraseFile, "passphrase-file", "", "file whose first line is the passphrase of the signing key")
	root.AddCommand(
		a.demoCommand(), a.auditCommand(), a.caseCommand(), a.reportCommand(), a.scoreCommand(),
		a.peelCommand(), a.keysCommand(), a.listCommand(), a.isolateCommand(), a.screenCommand(), a.driverCommand(), a.labCommand(),
		a.runCommand(), a.proxyCommand(), a.boxCommand(), a.benchCommand(),
		a.importCommand(), a.exportCommand(), a.initCommand(), a.doctorCommand(),
	)
	return root
}
