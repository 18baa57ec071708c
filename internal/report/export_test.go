package report

// Code and Prose are how captured text is written into Markdown.
func Code(s string) string { return code(s) }

// Prose see Code.
func Prose(s string) string { return prose(s) }
