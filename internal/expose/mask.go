package expose

import (
	"strings"
	"unicode"
)

// maskedRunes bounds a masked field; lengths identify people, too.
const maskedRunes = 24

// mask writes a record with every sign replaced by its kind: x for letters,
// 0 for digits, 口 for Chinese characters. Punctuation stays only where it
// shows a format: in times, numbers and addresses.
func mask(row []string, roles []role) string {
	cells := make([]string, 0, len(row))
	for i, value := range row[:min(len(row), 12)] {
		format := len(row) == len(roles) && (roles[i] == roleTime || roles[i] == roleAddress || roles[i] == roleParty)
		cell := maskCell(value, format)
		if len(value) > 2 && strings.Contains(cell, value) {
			cell = "…" // somebody who is called xxx
		}
		cells = append(cells, cell)
	}
	return strings.Join(cells, " | ")
}

func maskCell(value string, format bool) string {
	var b strings.Builder
	n := 0
	for _, r := range value {
		if n++; n > maskedRunes {
			b.WriteRune('…')
			break
		}
		switch {
		case unicode.IsDigit(r) || unicode.IsNumber(r):
			b.WriteByte('0')
		case unicode.Is(unicode.Han, r):
			b.WriteRune('口')
		case unicode.IsLetter(r):
			b.WriteByte('x')
		case r == ' ' || format && strings.ContainsRune("/:.-+@", r):
			b.WriteRune(r)
		default:
			b.WriteRune('·')
		}
	}
	return b.String()
}
