package adapter

// The parsers, for fuzzing.
var (
	ParseRequest = parseRequest
	ParseLine    = parseLine
)
