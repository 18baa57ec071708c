package irc

// Parsed is what parse makes of a line, for tests and fuzzing.
type Parsed struct {
	Tags            map[string]string
	Source, Command string
	Params          []string
}

// Parse reads one line.
func Parse(s string) (Parsed, error) {
	l, err := parse(s)
	return Parsed{l.tags, l.source, l.command, l.params}, err
}

// Fold writes a name as a server with that case mapping compares it.
var Fold = fold
