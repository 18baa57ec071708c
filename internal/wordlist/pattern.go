package wordlist

import (
	"regexp"
	"strings"
)

// longestPattern bounds the expressions that are compiled, in bytes.
const longestPattern = 1000

// pattern reports whether an entry is written as a regular expression: it
// begins or ends with ".*", as in the published lists that have them.
func pattern(text string) bool {
	return len(text) > 4 && len(text) <= longestPattern && (strings.HasPrefix(text, ".*") || strings.HasSuffix(text, ".*"))
}

// expression compiles a pattern; nil if it is none. Go's expressions take
// time in proportion to the text, whatever the pattern.
func expression(text string) *regexp.Regexp {
	if !pattern(text) {
		return nil
	}
	re, err := regexp.Compile("(?is)^(?:" + text + ")$")
	if err != nil {
		return nil
	}
	return re
}
