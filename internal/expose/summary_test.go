package expose_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"example.org/telltale/internal/expose"
	"example.org/telltale/internal/peel"
)

// masked are the signs that a sample may hold.
const masked = "x0口· |…/:.-+@"

func TestNothingOfOthersGetsOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		field := rapid.OneOf(
			rapid.String(), rapid.StringMatching(`[a-z]{3,9}\.[a-z]{2,5}[0-9]{0,2}`), rapid.StringMatching(`\+[0-9]{8,12}`),
			rapid.StringMatching(`[一-龥]{1,12}`), rapid.StringMatching(`192\.0\.2\.[0-9]{1,3}`), rapid.SampledFrom([]string{"xxx", "000", "...", "!!!!", "😀😀😀"}),
		)
		rows := rapid.SliceOfN(rapid.SliceOfN(field, 1, 6), 1, 8).Draw(rt, "rows")
		var records []string
		for _, row := range rows {
			records = append(records, strings.Join(row, "\t"))
		}
		sum := expose.Summarise([]expose.Log{{Name: "msg", Records: records}}, expose.Known{})[0]
		if sum.Records != len(records) || len(sum.Sample) > 3 {
			rt.Fatalf("%d records, %d samples of %d", sum.Records, len(sum.Sample), len(records))
		}
		for i, line := range sum.Sample {
			if strings.ContainsFunc(line, func(r rune) bool { return !strings.ContainsRune(masked, r) }) {
				rt.Fatalf("sample %q", line)
			}
			for _, cell := range strings.Split(records[i], "\t") {
				// A value of three signs or more that is not made of masks.
				telling := strings.ContainsFunc(cell, func(r rune) bool { return !strings.ContainsRune(masked, r) && !unicode.IsSpace(r) })
				if utf8.RuneCountInString(cell) >= 3 && telling && strings.Contains(line, cell) {
					rt.Fatalf("sample %q lets out %q", line, cell)
				}
			}
		}
	})
}

func TestSummaryLearnsTheTextFromOwnRecords(t *testing.T) {
	t.Parallel()
	// Texts of one word look like names; only our own record tells.
	var records []string
	for i := range 20 {
		records = append(records, fmt.Sprintf("2011-04-24 10:00:%02d\tword%d\tuser%d", i, i, i%4))
	}
	own := append(slices.Clone(records), "2011-04-24 11:00:00\tqwertyui\talice")
	known := expose.Known{Own: []peel.Needle{{Probe: "p", Text: "qwertyui"}}, Words: []string{"WORD1"}}
	sum := expose.Summarise([]expose.Log{{Name: "x", Records: own}}, known)[0]
	if sum.Family != "messages" || sum.Own != 1 || sum.Users != 5 || sum.Explained != 11 || sum.Unexplained != 10 || sum.Scripts["latin"] != 21 {
		t.Errorf("%+v", sum)
	}
	if sum := expose.Summarise([]expose.Log{{Name: "x", Records: records}}, known)[0]; sum.Family == "messages" {
		t.Errorf("names are taken for texts: %+v", sum)
	}
}

func TestOutsidersNeedLogins(t *testing.T) {
	t.Parallel()
	messages := expose.Log{Name: "msg", Records: []string{
		"ann\tzoe\tgood morning to you\t4/24/2011 2:25:53 AM\t0", "zed\tann\t早上好，今天天气很好啊\t4/25/2011 2:25:53 AM\t1", "ann\tann\tне сегодня, завтра\t4/25/2011 2:25:53 PM\t1",
	}}
	logins := expose.Log{Name: "login", Records: []string{"ann\t192.0.2.1\t3.8.4.188\t4/24/2011 2:25:53 AM", "bea\t192.0.2.2\t3.8.4.188\t4/24/2011 2:25:53 AM"}}
	both := expose.Summarise([]expose.Log{messages, logins}, expose.Known{})
	if m := both[0]; m.Family != "messages" || m.Outsiders != 2 || m.Users != 3 || m.FirstDay != "2011-04-24" || m.LastDay != "2011-04-25" ||
		m.Scripts["han"] != 1 || m.Scripts["latin"] != 1 || m.Scripts["other"] != 1 || m.Explained+m.Unexplained != 0 {
		t.Errorf("messages %+v", m)
	}
	if l := both[1]; l.Family != "logins" || l.Users != 2 || l.Addresses != 2 {
		t.Errorf("logins %+v", l)
	}
	if alone := expose.Summarise([]expose.Log{messages}, expose.Known{})[0]; alone.Outsiders != 0 {
		t.Errorf("outsiders without any login: %+v", alone)
	}
}

func TestTwoFamiliesOfOneKindKeepTheirNames(t *testing.T) {
	t.Parallel()
	text := []string{"ann\tzoe\tgood morning to you\t4/24/2011 2:25:53 AM"}
	sums := expose.Summarise([]expose.Log{{Name: "chat", Records: text}, {Name: "room", Records: text}}, expose.Known{})
	if sums[0].Family != "chat" || sums[1].Family != "room" {
		t.Errorf("%q and %q", sums[0].Family, sums[1].Family)
	}
}

func FuzzSummarise(f *testing.F) {
	f.Add("ann\tzoe\thello there\t4/24/2011 2:25:53 AM\t0\nbob\tann\t你好\t4/24/2011 2:25:53 AM\t1")
	f.Fuzz(func(t *testing.T, text string) {
		records := strings.Split(text, "\n")
		sum := expose.Summarise([]expose.Log{{Name: "x", Records: records}}, expose.Known{Words: records})[0]
		if sum.Records != len(records) || sum.Own != 0 || sum.Users > len(records)*len(text)+1 {
			t.Fatalf("%+v of %d records", sum, len(records))
		}
		_, unread := expose.Decode([][]byte{[]byte(text)}, expose.Scheme{Path: []string{"hex", "gb18030"}})
		if unread > 1 {
			t.Fatalf("%d lines unread of one", unread)
		}
	})
}
