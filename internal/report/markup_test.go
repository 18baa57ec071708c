package report_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/report"
	"pgregory.net/rapid"
)

func TestProse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Messages that are sent never arrive.":      "Messages that are sent never arrive.",
		"Copies go to a3.tom.test over HTTP.":       "Copies go to `a3.tom.test` over HTTP.",
		"“麒麟璇” sets it off: 12 of 1,284 (0.5 %).":   "“麒麟璇” sets it off: 12 of 1,284 (0.5 %).",
		"ask @admin or #12 now":                     "ask `@admin` or `#12` now",
		"see http://evil.test/ [x](y) now":          "see `http://evil.test/ [x](y)` now",
		"*a* _b_ ~c~ <b> &amp; |":                   "`*a* _b_ ~c~ <b> &amp; ⟨U+007C⟩`",
		"a `tick` and \\":                           "a `⟨U+0060⟩tick⟨U+0060⟩` and `\\`",
		"1. first 2. second":                        "`1.` first 2. second",
		"in byte-wise order, don't":                 "in byte-wise order, don't",
		"at deadbeef and 1a2b3c4 and www.evil.test": "at `deadbeef` and `1a2b3c4` and `www.evil.test`",
		"GH-12 ABC-1 :smile: ~~~":                   "`GH-12 ABC-1 :smile: ~~~`",
		"mail a@b.test, x\ny":                       "mail `a@b.test, x⟨LF⟩y`",
		"- item":                                    "`-` item",
	} {
		if got := report.Prose(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// alive finds what any dialect of Markdown makes something of.
var alive = regexp.MustCompile("[*_~`<>&@#\\[\\]|\\\\^$+={}/]|[[:alpha:]][.:][[:alpha:]]|^[-0-9]+[.)]? *$|^---")

func TestNothingComesAliveOutsideCodeSpans(t *testing.T) {
	t.Parallel()
	spans := regexp.MustCompile("`[^`]+`")
	rapid.Check(t, func(t *rapid.T) {
		texts := append([]string{"@x", "#1", "a|b", "``", "www.a.test", "x", "1.", "-"}, attacks()[:20]...)
		s := strings.Join(rapid.SliceOf(rapid.SampledFrom(texts)).Draw(t, "texts"), " ") + rapid.String().Draw(t, "text")
		if len(s) > 10_000 {
			s = s[:10_000]
		}
		for _, out := range []string{report.Prose(s), report.Code(s)} {
			for _, rest := range spans.Split(out, -1) {
				for _, word := range strings.Fields(rest) {
					if alive.MatchString(word) && word != "=" && !regexp.MustCompile(`^[(“‘«]*[0-9.,]*[.,;:!?)”’»%…]*$`).MatchString(word) {
						t.Errorf("%q becomes %q, in which %q may come alive", s, out, word)
					}
				}
			}
			harmless(t, out)
		}
	})
}

func FuzzProse(f *testing.F) {
	f.Add("see [x](http://evil.test) @you `a` | b")
	f.Fuzz(func(t *testing.T, s string) {
		harmless(t, report.Prose(s))
		if span := report.Code(s); strings.Count(span, "`") != 2 {
			t.Errorf("%q is no single span", span)
		}
	})
}

// markdownIsDead fails if anything that was captured is alive in a document:
// outside code spans, indented code and our own headings, lists and tables there
// are words alone.
func markdownIsDead(t *testing.T, doc string) {
	t.Helper()
	harmless(t, strings.ReplaceAll(doc, "\n", ""))
	frame := regexp.MustCompile(`^(#{1,3} |> |- |[0-9]\. |\| | {2,3})?`)
	spans := regexp.MustCompile("`[^`]+`")
	for paragraph := range strings.SplitSeq(doc, "\n\n") {
		if strings.HasPrefix(paragraph, "    ") {
			for line := range strings.Lines(paragraph) {
				if !strings.HasPrefix(line, "    ") {
					t.Errorf("%q has left its block of code", line)
				}
			}
			continue
		}
		if strings.Count(paragraph, "`")%2 == 1 {
			t.Errorf("a code span is open in %.300q", paragraph)
		}
		for line := range strings.Lines(paragraph) {
			line = strings.TrimRight(line, "\n")
			if strings.Trim(line, "|-: ") == "" {
				continue
			}
			rest := spans.ReplaceAllString(frame.ReplaceAllString(line, ""), "")
			for _, word := range strings.Fields(rest) {
				if !slices.Contains([]string{"|", "+", "/"}, word) && strings.ContainsAny(word, "`*_<>@#|~\\{}&=/+$^") || strings.Contains(word, "](") || strings.Contains(word, "![") || strings.Contains(word, "www.") {
					t.Errorf("%q is alive in %.300q", word, line)
				}
			}
		}
	}
}
