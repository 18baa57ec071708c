package screen_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/driver/terminal/screen"
)

func TestWhatIsSeen(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, bytes string
		want        []string
	}{
		{"plain", "one\r\ntwo", []string{"one", "two", "", ""}},
		{"wrap", "0123456789abc", []string{"0123456789", "abc", "", ""}},
		{"the wrap waits for the next character", "0123456789\r\nx", []string{"0123456789", "x", "", ""}},
		{"no wrap", "\x1b[?7l0123456789abc", []string{"012345678c", "", "", ""}},
		{"wide characters", "明天下午一x", []string{"明天下午一", "x", "", ""}},
		{"a wide character that does not fit", "012345678明", []string{"012345678", "明", "", ""}},
		{"half of a wide character is overwritten", "明天\x1b[2Gx", []string{" x天", "", "", ""}},
		{"combining and joined characters", "e\u0301👩\u200d🌾.", []string{"e\u0301👩\u200d🌾.", "", "", ""}},
		{"no UTF-8", "a\xffb\xc3(\xe6\x98", []string{"a\ufffdb\ufffd(", "", "", ""}},
		{"cursor", "\x1b[3;4Hx\x1b[A\x1b[2Dy\x1b[5dz\x1b[Gw", []string{"", "  y", "   x", "w  z"}},
		{"erase in line", "abcdef\x1b[3D\x1b[K\r\nabcdef\x1b[3D\x1b[1K\r\nabc\x1b[2Kd", []string{"abc", "    ef", "   d", ""}},
		{"erase in screen", "aaa\r\nbbb\r\nccc\x1b[2;2H\x1b[J", []string{"aaa", "b", "", ""}},
		{"erase the part before", "aaa\r\nbbb\r\nccc\x1b[2;2H\x1b[1J", []string{"", "  b", "ccc", ""}},
		{"insert and delete characters", "abcdef\x1b[3G\x1b[2@\x1b[6G\x1b[P", []string{"ab  cef", "", "", ""}},
		{"insert mode", "abc\r\x1b[4hx\x1b[4ly", []string{"xybc", "", "", ""}},
		{"erase characters", "abcdef\x1b[2G\x1b[2X", []string{"a  def", "", "", ""}},
		{"insert and delete lines", "a\r\nb\r\nc\r\nd\x1b[2H\x1b[Lx\x1b[H\x1b[M", []string{"x", "b", "c", ""}},
		{"scroll", "a\r\nb\r\nc\r\nd\r\ne", []string{"b", "c", "d", "e"}},
		{"scroll region", "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[3H\nx", []string{"a", "c", "x", "d"}},
		{"reverse index", "a\r\nb\x1b[H\x1bMx", []string{"x", "a", "b", ""}},
		{"scroll by sequence", "a\r\nb\r\nc\x1b[S\x1b[2T", []string{"", "", "b", "c"}},
		{"origin mode", "\x1b[2;3r\x1b[?6h\x1b[9;1Hx\x1b[1;1Hy", []string{"", "y", "x", ""}},
		{"tabs", "a\tb\x1b[2g", []string{"a       b", "", "", ""}},
		{"own tabs", "\x1b[3g   \x1bH\ra\tb\tc", []string{"a  b     c", "", "", ""}},
		{"repetition", "=\x1b[4b+", []string{"=====+", "", "", ""}},
		{"line drawing", "\x1b(0lqk\x1b(Blqk\x1b)0\x0ex\x0fx", []string{"┌─┐lqk│x", "", "", ""}},
		{"colours and titles leave nothing", "\x1b[1;38;5;200;4:3mred\x1b]0;title\x07\x1bPq#\x1b\\.\x1b[m", []string{"red.", "", "", ""}},
		{"alternate screen", "main\x1b[?1049h\x1b[Hother\x1b[?1049l.", []string{"main.", "", "", ""}},
		{"save and restore", "ab\x1b7\x1b[4Hx\x1b8c", []string{"abc", "", "", "x"}},
		{"reset", "abc\x1bcx", []string{"x", "", "", ""}},
		{"a sequence that is cut off", "a\x1b[12\x18b\x1b[3\x1b[Cc", []string{"ab c", "", "", ""}},
		{"huge numbers", "a\x1b[99999999999;99999999999Hb\x1b[99999Dc", []string{"a", "", "", "c        b"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			whole, parts := screen.New(10, 4), screen.New(10, 4)
			_, _ = whole.Write([]byte(c.bytes))
			for i := range len(c.bytes) {
				_, _ = parts.Write([]byte{c.bytes[i]})
			}
			if diff := cmp.Diff(c.want, whole.Rows()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(whole.Rows(), parts.Rows()); diff != "" {
				t.Errorf("byte by byte it is something else: %s", diff)
			}
		})
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	s := screen.New(20, 3)
	for range 6000 {
		_, _ = s.Write([]byte("line\r\n"))
	}
	total, last := s.History()
	if total != 5998 || len(last) == 0 || len(last) > 5000 || last[0].Text != "line" {
		t.Errorf("%d rows left the screen, %d kept: want 5998 and some", total, len(last))
	}
	_, _ = s.Write([]byte("\x1b[?1049h\n\n\n\n\n\n\n\n"))
	if after, _ := s.History(); after != total {
		t.Error("rows of the alternate screen count as history")
	}
}

func TestLinesThatGoOn(t *testing.T) {
	t.Parallel()
	s := screen.New(5, 3)
	_, _ = s.Write([]byte("ab cd efgh明\r\nend\r\n"))
	total, gone := s.History()
	want := []screen.Line{{Text: "ab cd", GoesOn: true}, {Text: " efgh", GoesOn: true}}
	if diff := cmp.Diff(want, gone); diff != "" || total != 2 {
		t.Errorf("%d rows: %s", total, diff)
	}
	if got := s.Line(0); got != (screen.Line{Text: "明"}) {
		t.Errorf("the last row: %+v", got)
	}
	_, _ = s.Write([]byte("\x1b[2J\x1b[H1234明"))
	if got := s.Line(0); got != (screen.Line{Text: "1234", GoesOn: true}) {
		t.Errorf("without place for a wide character: %+v", got)
	}
}

func TestAnswersAndModes(t *testing.T) {
	t.Parallel()
	s := screen.New(20, 3)
	_, _ = s.Write([]byte("ab\x1b[6n\x1b[5n\x1b[c\x1b[?2004h\x1b[?1h\x1b]2;a title\x1b\\"))
	if got, want := string(s.Replies()), "\x1b[1;3R\x1b[0n\x1b[?62;22c"; got != want {
		t.Errorf("answers %q, want %q", got, want)
	}
	if len(s.Replies()) != 0 || !s.BracketedPaste() || !s.AppCursor() || s.Title() != "a title" || !s.Settled() {
		t.Error("answers come twice, or a mode or the title is missing")
	}
	_, _ = s.Write([]byte("\x1b[?2004l\x1b[3"))
	if s.BracketedPaste() || s.Settled() {
		t.Error("want no bracketed paste, and an unfinished sequence")
	}
}

func TestResizeKeepsWhatFits(t *testing.T) {
	t.Parallel()
	s := screen.New(10, 4)
	_, _ = s.Write([]byte("a\r\nb\r\nccccccc明\r\nd"))
	s.Resize(8, 2)
	if diff := cmp.Diff([]string{"ccccccc", "d"}, s.Rows()); diff != "" {
		t.Error(diff)
	}
	s.Resize(12, 3)
	_, _ = s.Write([]byte("e"))
	if diff := cmp.Diff([]string{"ccccccc", "de", ""}, s.Rows()); diff != "" {
		t.Error(diff)
	}
}

func TestTextByColumns(t *testing.T) {
	t.Parallel()
	s := screen.New(20, 2)
	_, _ = s.Write([]byte("[明天] x y "))
	if got := s.Text(0, 7, 11); got != "x y " {
		t.Errorf("Text %q, want %q", got, "x y ")
	}
	if got := s.Column(0, len("[明天] ")); got != 7 {
		t.Errorf("the text after the prompt begins in column %d, want 7", got)
	}
	if x, y := s.Cursor(); x != 11 || y != 0 {
		t.Errorf("cursor at %d,%d, want 11,0", x, y)
	}
	if screen.Columns("明e\u0301x") != 4 {
		t.Errorf("Columns: %d, want 4", screen.Columns("明e\u0301x"))
	}
}

// FuzzScreen: whatever a program writes, nothing breaks, and what is seen
// does not depend on how the bytes were cut.
func FuzzScreen(f *testing.F) {
	for _, seed := range []string{"abc\x1b[2J\x1b[3;3Hx", "明\x1b[?1049h\x1b[5b\x1b[2;9r\n\n\x1bM", "\x1b]0;t\x07\x1b[6n\xff\xc3", "\x1b[4h\x1b[99P\x1b[99@\t\x1b[3g\t", "a\u0301\u200d\x1b[1000000b"} {
		f.Add([]byte(seed), 7, 3)
	}
	f.Fuzz(func(t *testing.T, b []byte, width, height int) {
		if len(b) > 1<<12 {
			return
		}
		width, height = min(width, 200), min(height, 50)
		whole, parts := screen.New(width, height), screen.New(width, height)
		_, _ = whole.Write(b)
		for i := range b {
			_, _ = parts.Write(b[i : i+1])
		}
		if diff := cmp.Diff(whole.Rows(), parts.Rows()); diff != "" {
			t.Fatalf("cut into bytes it is something else: %s", diff)
		}
		w, h := whole.Size()
		for y, row := range whole.Rows() {
			if screen.Columns(row) > w+strings.Count(row, "\ufffd") {
				t.Fatalf("row %d is wider than %d columns: %q", y, w, row)
			}
		}
		if x, y := whole.Cursor(); x < 0 || x > w || y < 0 || y >= h {
			t.Fatalf("the cursor is at %d,%d of %d,%d", x, y, w, h)
		}
		whole.Resize(height, width)
		_, _ = whole.Write(b)
	})
}
