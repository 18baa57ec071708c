package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of a file.
const (
	maxBytes  = 1 << 20 // of a scenario file, and of each file that it names
	maxKeys   = 5_000   // fields and names; the parser is slow on more
	maxDepth  = 8       // lists and mappings inside one another
	maxIndent = 64      // columns before the first sign of a line
)

// parseTree turns YAML into its tree. It refuses what would cost the parser
// more than it is worth, and what nobody can check by eye.
func parseTree(file string, data []byte) (ast.Node, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if p := badBytes(data); p != nil {
		p.File = file
		return nil, Problems{*p}
	}
	tokens := lexer.Tokenize(string(data))
	if p := badToken(tokens); p != nil {
		p.File = file
		return nil, Problems{*p}
	}
	tree, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, Problems{syntaxProblem(file, err)}
	}
	if len(tree.Docs) == 0 || tree.Docs[0].Body == nil {
		return nil, Problems{{File: file, Line: 1, Column: 1, What: "the file is empty", Fix: "begin with app:, driver:, accounts: and words:"}}
	}
	return tree.Docs[0].Body, nil
}

func badBytes(data []byte) *Problem {
	if len(data) > maxBytes {
		return &Problem{What: fmt.Sprintf("the file has %d bytes, more than 1 MiB", len(data)), Fix: "move the words into a file of their own and name it with words_file"}
	}
	line, start := 1, 0
	for i, b := range data {
		switch {
		case b == '\n':
			line, start = line+1, i+1
		case b == 0:
			return &Problem{Line: line, Column: i - start + 1, What: "the file holds a zero byte", Fix: "save it as UTF-8 text"}
		case b >= utf8.RuneSelf && utf8.RuneStart(b):
			if r, size := utf8.DecodeRune(data[i:]); r == utf8.RuneError && size == 1 {
				return &Problem{Line: line, Column: i - start + 1, What: "the file is not UTF-8 here", Fix: "save it as UTF-8"}
			}
		}
	}
	if !utf8.Valid(data) {
		return &Problem{Line: 1, Column: 1, What: "the file is not UTF-8", Fix: "save it as UTF-8"}
	}
	return nil
}

// badToken finds the first sign that a scenario may not have.
func badToken(tokens token.Tokens) *Problem {
	keys, open, dashes, header := 0, 0, 0, false
	for i, t := range tokens {
		at := Problem{Line: t.Position.Line, Column: t.Position.Column}
		switch t.Type {
		case token.MappingValueType:
			keys++
		case token.SequenceStartType, token.MappingStartType:
			open++
		case token.SequenceEndType, token.MappingEndType:
			open--
		case token.InvalidType:
			at.What, at.Fix = t.Error, "see docs/scenario.md for the form"
			return &at
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType, token.MappingKeyType, token.DirectiveType:
			at.What, at.Fix = fmt.Sprintf("%q: anchors, aliases, merge keys, tags and directives are refused", t.Value), "write the value out, in quotes if it begins with a special sign"
			return &at
		case token.DocumentHeaderType, token.DocumentEndType:
			if header || i > 0 && t.Type == token.DocumentHeaderType {
				at.What, at.Fix = "a second document begins here", "write one scenario a file"
				return &at
			}
			header = t.Type == token.DocumentEndType
		}
		dashes = countDashes(dashes, t)
		if keys > maxKeys || open > maxDepth || dashes > maxDepth || t.Position.IndentNum > maxIndent {
			at.What, at.Fix = "too many fields, or lists too deep inside one another", "see docs/scenario.md for the form"
			return &at
		}
	}
	return nil
}

// countDashes counts list entries that follow directly on one another.
func countDashes(before int, t *token.Token) int {
	if t.Type == token.SequenceEntryType {
		return before + 1
	}
	return 0
}

func syntaxProblem(file string, err error) Problem {
	p := Problem{File: file, Line: 1, Column: 1, What: "the file is not YAML: " + firstLine(err.Error()), Fix: "see docs/scenario.md for the form"}
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) && syntax.Token != nil {
		p.Line, p.Column = syntax.Token.Position.Line, syntax.Token.Position.Column
		p.What, p.Fix = syntax.Message, "the file may be cut off here, or the indent may be wrong"
	}
	return p
}

func firstLine(s string) string {
	before, _, _ := bytes.Cut([]byte(s), []byte("\n"))
	return string(before)
}
