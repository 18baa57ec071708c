package box

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Order is what a client asks to be run in a sandbox of its own.
type Order struct {
	// Args are the program and its arguments.
	Args []string `json:"args"`
	// Env is its environment, NAME=value.
	Env []string `json:"env"`
	// Dir is its working directory.
	Dir string `json:"dir"`
	// Writable are directories and files of the host that it may write.
	Writable []string `json:"writable,omitempty"`
}

// ending is the answer to an order.
type ending struct {
	// Status is the exit status as a shell shows it.
	Status int `json:"status"`
	// Error is why the program could not be run, or not be watched.
	Error string `json:"error,omitempty"`
}

// maxMessage bounds an order and its answer, in bytes: environments are long.
const maxMessage = 4 << 20

// send writes a value with its length in front.
func send(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(b) > maxMessage {
		return fmt.Errorf("%d bytes of arguments and environment are more than %d", len(b), maxMessage)
	}
	_, err = w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}

// receive reads a value that send wrote.
func receive(r io.Reader, v any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxMessage {
		return errors.New("the message is too long")
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}
