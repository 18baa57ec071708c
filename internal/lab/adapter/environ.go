package adapter

import (
	"encoding/json"
	"fmt"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/lab/roles"
)

// boxVariable holds the command that runs a program in a sandbox, as
// docs/driver-protocol.md describes it.
const boxVariable = "TELLTALE_BOX"

// boxOf reads the command; nil if the environment has none.
func boxOf(environ []string) ([]string, error) {
	for _, pair := range environ {
		if value, ok := strings.CutPrefix(pair, boxVariable+"="); ok {
			var words []string
			if err := json.Unmarshal([]byte(value), &words); err != nil || len(words) == 0 {
				return nil, fmt.Errorf("%s is no JSON array of words: %.200q", boxVariable, value)
			}
			return words, nil
		}
	}
	return nil, nil
}

// around is the environment of an account's client and what stands in front
// of its command. Peers have nothing of what would lead their traffic through
// the sensors.
func (a *adapter) around(side telltale.Side) (env, command []string) {
	switch {
	case side != telltale.SideApp:
		return a.unwatched(), nil
	case a.box == nil:
		return a.Environ, nil
	}
	env = append(append(env, a.Environ...), roles.Sandboxed+"=1")
	command = append(command, a.box...)
	return env, append(command, "--writable", string(a.Dir), "--")
}

// unwatched is the driver's environment without the way to the sensors.
func (a *adapter) unwatched() (env []string) {
	watched := map[string]bool{
		"HTTP_PROXY": true, "HTTPS_PROXY": true, "ALL_PROXY": true, "NO_PROXY": true,
		"TELLTALE_PROXY": true, "TELLTALE_CA": true, "SSL_CERT_FILE": true, boxVariable: true,
	}
	for _, pair := range a.Environ {
		name, _, _ := strings.Cut(pair, "=")
		if !watched[strings.ToUpper(name)] {
			env = append(env, pair)
		}
	}
	return env
}
