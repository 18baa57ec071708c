package report

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// longest is the length, in characters, to which any string of a view
	// is cut if nothing cut it shorter before.
	longest = 1200
	// marksInRow is how many combining marks may follow one another; more
	// than that paint over the lines above and below.
	marksInRow = 3
)

// Visible writes s so that nothing in it is hidden and nothing in it acts:
// control, bidirectional, invisible and odd space characters become their name
// or code in angle brackets (⟨TAB⟩, ⟨U+202E⟩), bytes that are not UTF-8 their
// value (⟨FF⟩). What it returns is safe to print
// in a terminal and passes through unchanged when it is made visible again.
func Visible(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	marks := 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if unicode.Is(unicode.M, r) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, "⟨%02X⟩", s[i])
		case controlName(r) != "":
			b.WriteString(controlName(r))
		case hidden(r) || marks > marksInRow:
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

// controlName is the name of the control characters that people know.
func controlName(r rune) string {
	switch r {
	case 0:
		return "⟨NUL⟩"
	case '\t':
		return "⟨TAB⟩"
	case '\n':
		return "⟨LF⟩"
	case '\r':
		return "⟨CR⟩"
	case 0x1B:
		return "⟨ESC⟩"
	}
	return ""
}

// plain reports whether s is printable ASCII, which most strings are.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// hidden reports whether a character would not be seen, or would act.
func hidden(r rune) bool {
	switch {
	case r == ' ':
		return false
	case r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0: // Hangul fillers are letters without a shape.
		return true
	case unicode.Is(unicode.Variation_Selector, r):
		return true
	}
	return !unicode.IsGraphic(r) || unicode.Is(unicode.Zs, r)
}

// cut shortens s to about n characters, made visible, and says how long it was.
func cut(s string, n int) string {
	at, count := len(s), 0
	for i := range s {
		if count == n {
			at = i
			break
		}
		count++
	}
	if at == len(s) {
		return Visible(s)
	}
	return Visible(s[:at]) + fmt.Sprintf("… [%d B]", len(s))
}

// short makes s visible and fits it into n columns, for names in sentences.
func short(s string, n int) string { return fit(Visible(cutBytes(s, 8*n)), n) }

// cutAll shortens each string and the list of them.
func cutAll(list []string, most, n int) []string {
	if len(list) == 0 {
		return nil
	}
	out := make([]string, 0, min(len(list), most))
	for _, s := range list[:min(len(list), most)] {
		out = append(out, cut(s, n))
	}
	return out
}

// sanitise makes every string under v visible and bounds its length, so that
// no section of the report can forget to. Fields tagged view:"raw" are left:
// claims, which are printed as JSON only, and paths of drawings.
func sanitise(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			sanitise(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			sanitise(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("view") != "raw" {
				sanitise(v.Field(i))
			}
		}
	case reflect.String:
		v.SetString(cut(v.String(), longest))
	default: // Numbers and truth values hide nothing.
	}
}
