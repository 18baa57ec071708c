package watch_test

import (
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/watch"
)

func TestRecordLine(t *testing.T) {
	t.Parallel()
	r := watch.Record{
		Sender: "alice", Recipient: "bob", Text: "tab\there\nand 山", Received: true,
		At: time.Date(2011, 4, 24, 2, 25, 53, 0, time.UTC),
	}
	const want = "alice\tbob\ttab here and 山\t4/24/2011 2:25:53 AM\t1"
	if got := r.Line(); got != want {
		t.Errorf("Line() = %q, want %q", got, want)
	}
	got, err := watch.ParseRecord(want)
	r.Text = "tab here and 山"
	if err != nil || got != r {
		t.Errorf("ParseRecord = %+v, %v, want %+v", got, err, r)
	}
	for _, bad := range []string{"", "a\tb\tc", "a\tb\tc\t4/24/2011 2:25:53 AM\t2", "a\tb\tc\tyesterday\t0"} {
		if _, err := watch.ParseRecord(bad); err == nil {
			t.Errorf("ParseRecord(%q): want an error", bad)
		}
	}
}

// The block was computed with openssl enc -des-ecb and the published key.
func TestEncodeIsPlainDES(t *testing.T) {
	t.Parallel()
	u := plan(t, "tom-2008", 1).Build.Upload
	got, err := watch.Encode(u, "hello")
	if err != nil || got != "e635dc1df1158995" {
		t.Errorf("Encode = %q, %v: want what openssl gives", got, err)
	}
	han, err := watch.Encode(u, "麒麟")
	if err != nil || len(han) != 16 {
		t.Errorf("Encode of two characters = %q, %v: want one block, as gb18030 needs 4 bytes", han, err)
	}
}

func TestEncodeDecode(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"tom-2008", "tom-2011"} {
		u := plan(t, name, 1).Build.Upload
		rapid.Check(t, func(t *rapid.T) {
			text := rapid.StringOf(rapid.RuneFrom(nil, unicode.Han, unicode.Latin, unicode.Cyrillic, unicode.Digit)).Draw(t, "text") + "."
			coded, err := watch.Encode(u, text)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := watch.Decode(u, coded); err != nil || got != text {
				t.Fatalf("%s: Decode(Encode(%q)) = %q, %v", name, text, got, err)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	uploads := []profile.Upload{plan(f, "tom-2008", 1).Build.Upload, plan(f, "tom-2011", 1).Build.Upload}
	for _, u := range uploads {
		coded, err := watch.Encode(u, "a\tb\tc\t4/24/2011 2:25:53 AM\t0")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(coded)
	}
	f.Fuzz(func(t *testing.T, coded string) {
		for _, u := range uploads {
			text, err := watch.Decode(u, coded)
			if err != nil {
				continue
			}
			r, err := watch.ParseRecord(text)
			if err != nil {
				continue
			}
			if again, err := watch.ParseRecord(r.Line()); err != nil || again != r {
				t.Errorf("record %+v became %+v, %v", r, again, err)
			}
		}
	})
}

func FuzzParseList(f *testing.F) {
	boxes := plan(f, "tom-2008", 1).Lists
	boxes = append(boxes, plan(f, "tom-2011", 1).Lists...)
	for _, list := range boxes {
		sealed, err := list.Box.Seal([]byte("one\ntwo\n"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(sealed)
	}
	f.Fuzz(func(t *testing.T, sealed []byte) {
		for _, list := range boxes {
			if lines, err := watch.ParseList(list.Box, sealed); err == nil && (len(lines) == 0 || len(lines) > len(sealed)) {
				t.Errorf("%d bytes gave %d lines", len(sealed), len(lines))
			}
		}
	})
}
