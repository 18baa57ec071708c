package browser

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// boxVariable holds the command that runs a program in a sandbox, as
// docs/driver-protocol.md describes it.
const boxVariable = "TELLTALE_BOX"

// boxOf reads the command; nil if the environment has none.
func boxOf(environ []string) ([]string, error) {
	value := first(environ, boxVariable)
	if value == "" {
		return nil, nil
	}
	var words []string
	if err := json.Unmarshal([]byte(value), &words); err != nil || len(words) == 0 {
		return nil, fmt.Errorf("%s is no JSON array of words: %.200q", boxVariable, value)
	}
	return words, nil
}

// outside is an environment without the way to the sensors.
func outside(environ []string) (env []string) {
	watched := []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "TELLTALE_PROXY", "TELLTALE_CA", "SSL_CERT_FILE", boxVariable}
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !slices.Contains(watched, strings.ToUpper(name)) {
			env = append(env, pair)
		}
	}
	return env
}
