// Package environ is what the environment of a driver says of the sensors: how
// a program gets into the sandbox, and which variables lead traffic to them.
// Sensors write it, drivers and the lab read it; docs/driver-protocol.md is its
// description for those who write drivers.
package environ

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Box names the variable that tells how to run a program in a sandbox: a
// command as a JSON array of its words, to be followed by "--", the program
// and its arguments.
const Box = "TELLTALE_BOX"

// Command returns the command that Box holds; nil if the environment has none.
func Command(env []string) ([]string, error) {
	for _, pair := range env {
		if value, ok := strings.CutPrefix(pair, Box+"="); ok {
			var words []string
			if err := json.Unmarshal([]byte(value), &words); err != nil || len(words) == 0 {
				return nil, fmt.Errorf("%s is no JSON array of words: %.200q", Box, value)
			}
			return words, nil
		}
	}
	return nil, nil
}

// WithCommand returns the variable, NAME=value, that holds a command.
func WithCommand(words []string) (string, error) {
	value, err := json.Marshal(words)
	return Box + "=" + string(value), err
}

// Unwatched is an environment without the way to the sensors, for a program
// that is not to be watched.
func Unwatched(env []string) (left []string) {
	for _, pair := range env {
		name, _, _ := strings.Cut(pair, "=")
		switch strings.ToUpper(name) {
		case "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "TELLTALE_PROXY", "TELLTALE_CA", "SSL_CERT_FILE", Box:
		default:
			left = append(left, pair)
		}
	}
	return left
}
