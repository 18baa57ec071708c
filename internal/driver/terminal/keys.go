package terminal

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// keyNames are the keys that have names, as xterm sends them. Cursor keys
// have another second byte when the program asks for the application's codes.
func keyNames() map[string]string {
	return map[string]string{
		"Enter": "\r", "Return": "\r", "LineFeed": "\n", "Tab": "\t", "BackTab": "\x1b[Z", "Escape": "\x1b", "Space": " ",
		"Backspace": "\x7f", "Delete": "\x1b[3~", "Insert": "\x1b[2~", "PageUp": "\x1b[5~", "PageDown": "\x1b[6~",
		"Up": "\x1b[A", "Down": "\x1b[B", "Right": "\x1b[C", "Left": "\x1b[D", "End": "\x1b[F", "Home": "\x1b[H",
		"F1": "\x1bOP", "F2": "\x1bOQ", "F3": "\x1bOR", "F4": "\x1bOS", "F5": "\x1b[15~", "F6": "\x1b[17~",
		"F7": "\x1b[18~", "F8": "\x1b[19~", "F9": "\x1b[20~", "F10": "\x1b[21~", "F11": "\x1b[23~", "F12": "\x1b[24~",
	}
}

// keyBytes are what a terminal sends for a key: a name, one character, or C-
// and M- (control and meta) before either.
func keyBytes(key string, application bool) (string, error) {
	if rest, ok := strings.CutPrefix(key, "M-"); ok && rest != "" {
		b, err := keyBytes(rest, application)
		return "\x1b" + b, err
	}
	if rest, ok := strings.CutPrefix(key, "C-"); ok && len(rest) == 1 {
		if c := rest[0] &^ 0x20; c >= '@' && c <= '_' {
			return string(rune(c & 0x1f)), nil
		}
	}
	if b, ok := keyNames()[key]; ok {
		if application && len(b) == 3 && strings.HasPrefix(b, "\x1b[") && strings.Contains("ABCDFH", b[2:]) {
			return "\x1bO" + b[2:], nil
		}
		return b, nil
	}
	if utf8.RuneCountInString(key) == 1 {
		return key, nil
	}
	return "", fmt.Errorf("%q is no key", key)
}
