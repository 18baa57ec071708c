package pack

import (
	"fmt"
	"regexp"
	"strings"
)

// Names of the files of a case, as docs/format.md lists them. What people call
// things by stands in a few of them.
var (
	plainNames = regexp.MustCompile(`^(format|key\.pub|canary\.key|checkpoint|redacted|lock|log/entries\.jsonl|log/torn-[0-9]{1,12}` +
		`|checkpoints/[0-9]{8,12}|blobs/[0-9a-f]{2}/[0-9a-f]{62}\.zst|stamps/[0-9]{8,12}-[0-9]{1,6}\.tsr|report\.[a-z0-9]{1,16})$`)
	givenNames  = regexp.MustCompile(`^(capture|ca|witness)/([\pL\pN][\pL\pN._@+ -]{0,127})$`)
	sourceNames = regexp.MustCompile(`^sources/[0-9]{1,6}/(.+)$`)
)

// mostName bounds a name in bytes, mostSources how deep merged cases are made
// of merged cases.
const (
	mostName    = 512
	mostSources = 8
)

// belongs reports whether a case can have a file of this name, with slashes.
func belongs(name string) error {
	if len(name) > mostName {
		return fmt.Errorf("its name has %d bytes, %d are the most", len(name), mostName)
	}
	rest := name
	for range mostSources {
		m := sourceNames.FindStringSubmatch(rest)
		if m == nil {
			break
		}
		rest = m[1]
	}
	if plainNames.MatchString(rest) {
		return nil
	}
	m := givenNames.FindStringSubmatch(rest)
	if m == nil || !portable(m[2]) {
		return errForeign
	}
	return nil
}

// portable reports whether all systems can keep a file of this name.
func portable(name string) bool {
	if strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") {
		return false
	}
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	switch stem = strings.TrimRight(stem, " "); stem {
	case "con", "prn", "aux", "nul":
		return false
	}
	device := strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt")
	return !device || len([]rune(stem)) != 4
}
