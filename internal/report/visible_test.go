package report_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"example.org/telltale/internal/report"
	"pgregory.net/rapid"
)

func TestVisibleShowsWhatHides(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{"plain", "hello, world", "hello, world"},
		{"chinese", "麒麟 早上好", "麒麟 早上好"},
		{"escape sequence", "\x1b[31mred\x1b]0;title\x07", "⟨ESC⟩[31mred⟨ESC⟩]0;title⟨U+0007⟩"},
		{"lines", "a\r\nb\tc\x00", "a⟨CR⟩⟨LF⟩b⟨TAB⟩c⟨NUL⟩"},
		{"C1 control", "a\u009b31m", "a⟨U+009B⟩31m"},
		{"bidi override", "abc\u202etxt.exe", "abc⟨U+202E⟩txt.exe"},
		{"bidi isolate", "\u2066x\u2069", "⟨U+2066⟩x⟨U+2069⟩"},
		{"zero width", "fa\u200blun\u2060go\ufeffng", "fa⟨U+200B⟩lun⟨U+2060⟩go⟨U+FEFF⟩ng"},
		{"odd spaces", "a\u00a0b\u3000c", "a⟨U+00A0⟩b⟨U+3000⟩c"},
		{"fillers", "\u3164x\u115f", "⟨U+3164⟩x⟨U+115F⟩"},
		{"variation selector", "a\ufe0f", "a⟨U+FE0F⟩"},
		{"tag characters", "a\U000e0041", "a⟨U+E0041⟩"},
		{"soft hyphen", "a\u00adb", "a⟨U+00AD⟩b"},
		{"line separator", "a\u2028b", "a⟨U+2028⟩b"},
		{"private use", "\ue000", "⟨U+E000⟩"},
		{"not UTF-8", "a\xffb\xc3", "a⟨FF⟩b⟨C3⟩"},
		{"some marks", "e\u0301", "e\u0301"},
		{"many marks", "e" + strings.Repeat("\u0301", 5), "e\u0301\u0301\u0301⟨U+0301⟩⟨U+0301⟩"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := report.Visible(c.in); got != c.want {
				t.Errorf("Visible(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

// harmless fails if a string could act on a terminal or a page.
func harmless(t interface{ Errorf(string, ...any) }, s string) {
	if !utf8.ValidString(s) {
		t.Errorf("not UTF-8: %q", s)
	}
	for _, r := range s {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			t.Errorf("%U came through: %q", r, s)
			return
		}
	}
}

func TestVisibleIsHarmlessAndIdempotent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		once := report.Visible(s)
		harmless(t, once)
		if twice := report.Visible(once); twice != once {
			t.Errorf("Visible(%q) = %q, and again %q", s, once, twice)
		}
	})
}

func FuzzVisible(f *testing.F) {
	f.Add("\x1b[2J\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) { harmless(t, report.Visible(s)) })
}
