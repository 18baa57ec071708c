package box

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
)

// keyPipe takes the TLS keys that programs inside write to the SSLKEYLOGFILE
// they find. A pipe hands every line over at once, and keeps nothing on the
// disk.
type keyPipe struct {
	file *os.File
	path string
	done chan struct{}
	// ending says that the next end mark is ours.
	ending atomic.Bool
}

// listenKeys makes the pipe in a new directory.
func listenKeys(dir string, to ...io.Writer) (*keyPipe, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	k := &keyPipe{path: filepath.Join(dir, "keys.log"), done: make(chan struct{})}
	var err error
	if k.file, err = makePipe(k.path); err != nil {
		return nil, fmt.Errorf("a pipe for TLS keys: %w", err)
	}
	go k.read(bufio.NewReaderSize(k.file, 64<<10), io.MultiWriter(to...))
	return k, nil
}

// read hands on whole lines that look like keys. What programs write is not
// to be trusted: long lines are dropped, and so is what is none.
func (k *keyPipe) read(in *bufio.Reader, to io.Writer) {
	defer close(k.done)
	const most = 1024
	for {
		line, err := in.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) {
			line = nil
			_, err = in.ReadSlice('\n')
		}
		if err != nil || k.ending.Load() && string(line) == endOfKeys {
			return
		}
		if len(line) <= most && isKeyLine(string(line)) {
			_, _ = to.Write(line) // an error stays in the capture, or is the user's full disk
		}
	}
}

// endOfKeys is the line by which the reader is told that the run is over.
const endOfKeys = "telltale: end of keys\n"

// isKeyLine reports whether a line has the form LABEL HEX HEX.
func isKeyLine(line string) bool {
	f := strings.Fields(line)
	hex := func(s string) bool { return strings.Trim(strings.ToLower(s), "0123456789abcdef") == "" }
	label := func(s string) bool { return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" }
	return len(f) == 3 && label(f[0]) && hex(f[1]) && hex(f[2])
}

// Close reads what is still in the pipe.
func (k *keyPipe) Close() error {
	k.ending.Store(true)
	// A program may have left a line unfinished.
	_, err := k.file.WriteString("\n" + endOfKeys)
	if err == nil {
		<-k.done
	}
	return errors.Join(err, k.file.Close())
}
