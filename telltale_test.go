package telltale_test

import (
	"regexp"
	"testing"
	"unicode/utf8"

	"example.org/telltale"
)

func TestCanaryIsKeyedUniqueAndWellFormed(t *testing.T) {
	t.Parallel()
	latin := regexp.MustCompile(`^[a-z]{8}$`)
	seen := map[telltale.Canary]bool{}
	for i := range 2000 {
		c := telltale.NewCanary([]byte("k"), string(rune('a'+i%26))+string(rune('0'+i/26)))
		if !latin.MatchString(c.Latin) || utf8.RuneCountInString(c.CJK) != 6 {
			t.Fatalf("canary %+v: want 8 letters and 6 characters", c)
		}
		if seen[c] {
			t.Fatalf("canary %+v came twice", c)
		}
		seen[c] = true
	}
	a, b := telltale.NewCanary([]byte("k"), "p1"), telltale.NewCanary([]byte("K"), "p1")
	if a.Latin == b.Latin || a.CJK == b.CJK {
		t.Errorf("another key gives the same canary: %+v, %+v", a, b)
	}
}

func TestDigestHexRefusesWhatIsNoDigest(t *testing.T) {
	t.Parallel()
	good := telltale.DigestOf([]byte("x"))
	if h, err := good.Hex(); err != nil || len(h) != 64 {
		t.Errorf("Hex(%q) = %q, %v", good, h, err)
	}
	bad := []telltale.Digest{"", "sha256:", "sha256:" + "../../../../../../../../../../../../../../../../../../../../../../etc", "md5:00", good[:70], good + "0"}
	for _, d := range bad {
		if _, err := d.Hex(); err == nil {
			t.Errorf("Hex(%q): want an error", d)
		}
	}
}

func TestCellOfJoinsDeliveryAndCopy(t *testing.T) {
	t.Parallel()
	cases := []struct {
		outcome telltale.Outcome
		copied  bool
		want    telltale.Cell
	}{
		{telltale.Delivered, false, telltale.CellDelivered},
		{telltale.Delivered, true, telltale.CellDeliveredCopied},
		{telltale.Dropped, false, telltale.CellDropped},
		{telltale.Refused, true, telltale.CellDroppedCopied},
		{telltale.Altered, false, telltale.CellDropped},
		{telltale.Void, true, telltale.CellVoid},
		{"", false, telltale.CellVoid},
	}
	for _, c := range cases {
		if got := telltale.CellOf(c.outcome, c.copied); got != c.want {
			t.Errorf("CellOf(%q, %v) = %q, want %q", c.outcome, c.copied, got, c.want)
		}
	}
}

func TestClaimKeyIgnoresTheOrderOfWords(t *testing.T) {
	t.Parallel()
	a := telltale.Claim{Kind: telltale.KindTrigger, Words: []string{"x", "y"}}
	b := telltale.Claim{Kind: telltale.KindTrigger, Words: []string{"y", "x"}}
	if a.Key() != b.Key() {
		t.Errorf("%q and %q differ", a.Key(), b.Key())
	}
	if a.Words[0] != "x" || b.Words[0] != "y" {
		t.Error("Key sorted the caller's words")
	}
	b.Cell = telltale.CellDropped
	if a.Key() == b.Key() {
		t.Error("claims with different cells have one key")
	}
}

func TestLastReceiptCounts(t *testing.T) {
	t.Parallel()
	r := telltale.Record{Receipts: []telltale.Receipt{
		{Probe: "p1", Outcome: telltale.Dropped},
		{Probe: "p1", Outcome: telltale.Delivered, Late: true},
	}}
	if got := r.LastReceipts()["p1"].Outcome; got != telltale.Delivered {
		t.Errorf("outcome %q, want delivered", got)
	}
}
