package xmpp_test

import (
	"strings"
	"testing"

	"example.org/telltale/internal/driver/xmpp"
)

// The exchange of RFC 5802, section 5.
const (
	rfcNonce     = "fyko+d2lbbFgONRv9qkxdawL"
	rfcChallenge = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"
	rfcFinal     = "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="
)

func TestScram(t *testing.T) {
	t.Parallel()
	proof, err := xmpp.Proof("user", "pencil", rfcNonce, rfcChallenge, rfcFinal)
	if err != nil || proof != "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=" {
		t.Errorf("%q, %v", proof, err)
	}
}

func TestScramWithAnImpostor(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, challenge, final, want string }{
		{"another nonce", strings.Replace(rfcChallenge, "r=f", "r=g", 1), rfcFinal, "nonce"},
		{"our nonce alone", "r=" + rfcNonce + ",s=QSXCR+Q6sek8bf92,i=4096", rfcFinal, "nonce"},
		{"no salt", strings.Replace(rfcChallenge, "QSXCR+Q6sek8bf92", "", 1), rfcFinal, "no sense"},
		{"rounds below one", strings.Replace(rfcChallenge, "4096", "-1", 1), rfcFinal, "no sense"},
		{"an extension", "m=x," + rfcChallenge, rfcFinal, "extension"},
		{"a wrong signature", rfcChallenge, "v=AAAA", "somebody else"},
		{"no signature", rfcChallenge, "", "somebody else"},
		{"an error", rfcChallenge, "e=other-error", "other-error"},
	}
	for _, test := range tests {
		if _, err := xmpp.Proof("user", "pencil", rfcNonce, test.challenge, test.final); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func FuzzScram(f *testing.F) {
	f.Add(rfcChallenge, rfcFinal)
	f.Add("r=,s=,i=", "e=")
	f.Fuzz(func(t *testing.T, challenge, final string) {
		_, err := xmpp.Proof("user", "pencil", rfcNonce, challenge, final)
		if err == nil && !strings.Contains(final, "v=") {
			t.Errorf("%q was taken for the server's proof", final)
		}
	})
}
