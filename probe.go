package telltale

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"
)

// Arm is the part of the experiment a probe belongs to. Sensors never learn it.
type Arm string

// The arms.
const (
	// ArmContact probes are harmless: they show that the way is open, and
	// what happens to messages without any candidate word.
	ArmContact Arm = "contact"
	// ArmTreatment probes hold a candidate word.
	ArmTreatment Arm = "treatment"
	// ArmControl probes hold a harmless word matched to the treatment's.
	ArmControl Arm = "control"
	// ArmIsolate probes are questions of the search for the exact words.
	ArmIsolate Arm = "isolate"
)

// Probe is one message to type. It is written to the case before it is typed.
type Probe struct {
	// ID is unique in the case, as in "p000042", in order of planning.
	ID string `json:"id"`
	// Key says which question of the plan the probe answers, as in
	// "screen/2/sent/3/treatment". A resumed run finds the answers it
	// already has by Key. A replacement for a void probe repeats the Key.
	Key string `json:"key"`
	Arm Arm    `json:"arm"`
	// Block is the randomisation block; probes are exchangeable only within it.
	Block string `json:"block,omitempty"`
	// From and To are account names.
	From string `json:"from"`
	To   string `json:"to"`
	// Direction as seen from the app under test.
	Direction Direction `json:"direction"`
	// Place is where the message is put; empty for the usual one.
	Place string `json:"place,omitempty"`
	// Word is the candidate or control word inside Text; empty for contact.
	Word string `json:"word,omitempty"`
	// Text is what is typed, canaries included.
	Text string `json:"text"`
	// Canary marks the copies of this probe.
	Canary Canary `json:"canary"`
	// Planned is when the probe was committed to the case.
	Planned time.Time `json:"planned"`
}

// Canary is a token unique to a probe. It is keyed, so nobody without the
// case's key can forge a hit, and whoever holds the key can check one.
type Canary struct {
	// Latin is eight letters a-z. Filters that star out long Latin runs eat it.
	Latin string `json:"latin"`
	// CJK is six harmless Chinese characters, for filters that eat Latin runs.
	CJK string `json:"cjk"`
}

// canaryHan are the 32 characters of CJK canaries: common, concrete,
// identical in traditional and simplified writing, in GB2312 and in Big5.
var canaryHan = []rune("山水火木石田土竹米羊牛果花草茶瓜刀弓衣巾舟白青天玉耳豆瓦井泉早禾")

// NewCanary derives the canary of a probe: HMAC-SHA-256 of the probe's id
// under the case's canary key, written in two alphabets of 32 signs (one
// rune in 5 bits; 40 bits of Latin, 30 of CJK).
func NewCanary(key []byte, probeID string) Canary {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("telltale canary 1\x00" + probeID))
	sum := mac.Sum(nil)
	// Base32's digits would look like noise to word filters; letters only.
	latin := strings.Map(digitToLetter, strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5])))
	var cjk strings.Builder
	for _, b := range sum[8:14] {
		cjk.WriteRune(canaryHan[b&31])
	}
	return Canary{Latin: latin, CJK: cjk.String()}
}

// digitToLetter folds base32's six digits onto letters. The collisions cost
// under 0.2 bits a letter, which 40 bits can spare.
func digitToLetter(r rune) rune {
	if r >= '2' && r <= '7' {
		return rune("qxzjkv"[r-'2'])
	}
	return r
}
