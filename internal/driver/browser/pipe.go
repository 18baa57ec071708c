package browser

import (
	"errors"
	"os"
)

// piped has the browser speak its protocol over its standard input and output.
// A sandbox passes these three files on and no others, and the browser wants
// the numbers 3 and 4.
func piped(command []string) []string {
	script := `exec "$@" --remote-debugging-pipe 3<&0 4>&1 </dev/null >&2`
	return append([]string{"/bin/sh", "-c", script, "sh"}, command...)
}

// connectPipes starts the browser and links to it.
func (p *process) connectPipes() error {
	inRead, inWrite, err := os.Pipe()
	if err != nil {
		return err
	}
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		return errors.Join(err, inRead.Close(), inWrite.Close())
	}
	p.cmd.Stdin, p.cmd.Stdout = inRead, outWrite
	err = p.run()
	_, _ = inRead.Close(), outWrite.Close()
	if err != nil {
		_, _ = inWrite.Close(), outRead.Close()
		return err
	}
	p.link = newPipeLink(inWrite, outRead)
	return nil
}
