package scenario

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

func TestNeutralWordsAreOfTheirClass(t *testing.T) {
	t.Parallel()
	seen, lengths := map[string]bool{}, map[class]map[int]int{}
	for c := range other {
		lengths[c] = map[int]int{}
		for _, f := range []bool{true, false} {
			for _, w := range neutralWords(c, f) {
				if seen[w] {
					t.Errorf("%q is listed twice", w)
				}
				seen[w] = true
				if rs := runs(w); len(rs) != 1 || rs[0].class != c {
					t.Errorf("%q is not of class %d", w, c)
				}
				if c == han && frequent(w) != f {
					t.Errorf("%q is on the wrong list", w)
				}
				lengths[c][utf8.RuneCountInString(w)]++
			}
		}
	}
	for n := 1; n <= 4; n++ {
		if lengths[han][n] < 20 {
			t.Errorf("%d Han words of %d characters", lengths[han][n], n)
		}
	}
	for n := 3; n <= 10; n++ {
		if lengths[latin][n] < 9 {
			t.Errorf("%d Latin words of %d letters", lengths[latin][n], n)
		}
	}
}

func TestHanWordsAreSharedByBothWritings(t *testing.T) {
	t.Parallel()
	for _, w := range append(strings.Fields(hanFrequent), strings.Fields(hanSeldom)...) {
		for _, c := range w {
			gb := encode(simplifiedchinese.HZGB2312, c)
			if len(gb) == 0 || len(encode(traditionalchinese.Big5, c)) != 2 {
				t.Errorf("%q: %c is not in both GB 2312 and Big5", w, c)
			}
		}
	}
}

func TestFrequent(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]bool{"桌子": true, "麒麟": false, "國家": true, "kettle": true, "Kettle": true, "zorvaxil": false, "山 kettle": true, "12": true} {
		if frequent(word) != want {
			t.Errorf("frequent(%q) = %v", word, !want)
		}
	}
}
