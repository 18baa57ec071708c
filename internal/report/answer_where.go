package report

import (
	"fmt"
	"slices"
	"strings"

	"example.org/telltale"
)

// whereTo is the third sentence of an alarm: where the copies go, how they
// travel, and who else can read them.
func (x *index) whereTo() string {
	hosts := x.destinations()
	if len(hosts) == 0 {
		return x.noDestination()
	}
	weak, open := x.merged(telltale.KindWeak, hosts), x.merged(telltale.KindExposure, hosts)
	shown := make([]string, len(hosts))
	for i, h := range hosts {
		shown[i] = short(h, 60)
	}
	if x.byOthers() {
		return "The copies arrive at " + andMore(shown, 2) + ", to whom nobody had written."
	}
	s := "The copies go to " + andMore(shown, 2) + " " + x.transport(hosts) + cipherWords(weak)
	switch {
	case weak[telltale.WeakKeyBeside] && (open[telltale.OpenRecords] || open[telltale.OpenListing]):
		return s + ", where anybody can read them."
	case open[telltale.OpenRecords]:
		return s + ", on a server that shows its records to anybody."
	case weak[telltale.WeakHTTP] && (weak[telltale.WeakNone] || weak[telltale.WeakXOR] || weak[telltale.WeakKeyInApp]):
		return s + ", so that others on the way can read them."
	case len(weak) == 0:
		return s + ": hidden from others on the way, open to whoever runs that server."
	}
	return s + "."
}

// destinations are the hosts of supported destination findings, each once.
func (x *index) destinations() []string {
	var hosts []string
	seen := map[string]bool{}
	for _, f := range x.supported(telltale.KindDestination) {
		if !seen[f.Claim.Host] {
			seen[f.Claim.Host] = true
			hosts = append(hosts, f.Claim.Host)
		}
	}
	return hosts
}

// merged details of a kind over several hosts.
func (x *index) merged(kind telltale.Kind, hosts []string) map[string]bool {
	all := x.details(kind)
	out := map[string]bool{}
	for _, h := range hosts {
		for d := range all[h] {
			out[d] = true
		}
	}
	return out
}

func (x *index) transport(hosts []string) string {
	seen := map[string]bool{}
	for _, f := range x.supported(telltale.KindDestination) {
		seen[f.Claim.Detail] = true
	}
	switch {
	case seen["http"] && len(seen) == 1:
		return "over plain HTTP"
	case seen["https"] && len(seen) == 1:
		return "over HTTPS"
	case seen["http"]:
		return "partly over plain HTTP"
	}
	return "over the network"
}

// cipherWords says how the copies are protected, from what is weak about it.
func cipherWords(weak map[string]bool) string {
	var cipher string
	switch {
	case weak[telltale.WeakDES]:
		cipher = " under single DES"
	case weak[telltale.WeakXOR]:
		cipher = " under a cipher that a known sentence breaks"
	case weak[telltale.WeakNone]:
		return " without any cipher"
	case weak[telltale.WeakECB]:
		cipher = " under a cipher in its weakest mode"
	}
	var key string
	switch {
	case weak[telltale.WeakKeyBeside]:
		key = " with a key that lies beside them"
	case weak[telltale.WeakKeyInApp]:
		key = " with a key that stands in every copy of the client"
	}
	if cipher == "" && key != "" {
		return " under a cipher" + key
	}
	return cipher + key
}

// noDestination is the third sentence where no copy was seen to go anywhere.
func (x *index) noDestination() string {
	lists := x.supported(telltale.KindList)
	if len(x.supported(telltale.KindCopy)) > 0 {
		return "Where the copies go could not be settled."
	}
	if len(lists) > 0 {
		return "The words come from a list that it fetches from " + short(lists[0].Claim.Host, 60) + "; no copy of a message was seen to leave it."
	}
	if len(x.supported(telltale.KindSuppression)) > 0 {
		return "No copy of a message was seen to leave the client, and it fetched no word list: whoever runs the way in between may be doing it."
	}
	return ""
}

// quietSentences answer a case without findings. They say what was tested and
// never that an app can be trusted.
func (x *index) quietSentences(t tally) []string {
	s := x.rec.Scenario
	out := []string{
		fmt.Sprintf("We typed %s through %s, %s, to try %s and their harmless twins.", many(t.typed, "message", "messages"), appName(x.app()), goingWords(s.Directions), many(len(s.Words), "text", "texts")),
		fmt.Sprintf("Of the %s that could be followed from end to end, none was copied to anyone but its recipient as far as the sensors saw, and no words made a message stay away.", Count(t.valid)),
		"That is no proof of innocence: it holds for these words, these accounts and this place, and for what could be seen.",
	}
	if t.kept > 0 {
		out[1] = fmt.Sprintf("Of the %s that could be followed from end to end, none was copied to anyone but its recipient as far as the sensors saw; %s lost, no more often with the tested words than without.", Count(t.valid), was(t.kept, "message"))
	}
	return out
}

// openSentences answer a case that could not be decided.
func (x *index) openSentences(t tally) []string {
	if t.valid == 0 {
		return []string{
			fmt.Sprintf("Of %s typed, none could be followed from end to end, so nothing can be said about the app.", many(t.typed, "message", "messages")),
			"A question that was never put has no answer: this is neither a finding nor its absence.",
			"See what could not be seen, mend that, and run the test again.",
		}
	}
	needed := 0
	for _, f := range x.rec.Findings {
		if f.Verdict == telltale.Inconclusive {
			needed = max(needed, f.Needed)
		}
	}
	out := []string{fmt.Sprintf("%s typed, and %s followed from end to end; %s open.", was(t.typed, "message"), Count(t.valid), isOpen(t.open))}
	if needed > 0 {
		out = append(out, fmt.Sprintf("About %s would decide.", many(needed, "further trial", "further trials")))
	}
	return append(out, "Until then this is neither a finding nor its absence.")
}

func isOpen(n int) string {
	switch n {
	case 0:
		return "too many trials failed to leave no question"
	case 1:
		return "1 question stayed"
	}
	return Count(n).String() + " questions stayed"
}

func goingWords(ds []telltale.Direction) string {
	var words []string
	for _, d := range ds {
		words = append(words, directionWords(d))
	}
	return joined(words, "and")
}

// reference compares with the reference build in one sentence.
func reference(in *Input) string {
	if in == nil || in.Record == nil {
		return ""
	}
	x := newIndex(in.Record)
	t := x.tally()
	name := appName(x.app())
	switch x.tone(t) {
	case ToneQuiet:
		return fmt.Sprintf("The clean client (%s), tested the same way with %s, showed none of it.", name, many(t.valid, "message", "messages"))
	case ToneAlarm:
		return fmt.Sprintf("The reference client (%s), tested the same way, is not clean either: it has %s of its own.", name, many(len(x.supportedAll()), "finding", "findings"))
	}
	return fmt.Sprintf("The reference client (%s) was tested the same way, without a clear answer.", name)
}

// sure says how sure the answer is, and on what that rests.
func (x *index) sure(tone Tone, t tally) []string {
	var out []string
	if tone == ToneAlarm && x.anyDirect(telltale.KindCopy) {
		out = append(out, fmt.Sprintf("The copying is seen, not inferred: each of our messages carried a mark of its own, and %s read in copies on their way to somebody else.", was(t.copied, "such mark")))
	}
	if n, all := x.exactTriggers(); all > 0 {
		out = append(out, exactSentence(n, all, x.surveyed()))
	}
	if t.harmless > 0 && x.directions(telltale.Always, telltale.KindCopy) == "" && x.directions(telltale.OnAccount, telltale.KindCopy) == "" {
		out = append(out, fmt.Sprintf("Of %s, %s met with any reaction.", many(t.harmless, "harmless message typed among the others", "harmless messages typed among the others"), none(t.harmlessReacted)))
	}
	out = append(out, fmt.Sprintf("If the app did nothing at all, the chance that this case held any statistical finding would be at most %s.", percent(x.rec.Scenario.Alpha)))
	if t.void > 0 {
		out = append(out, fmt.Sprintf("%s void: the question was not put, or its answer could not be seen. Void trials count neither way.", was(t.void, "trial")))
	}
	if tone == ToneAlarm && t.open > 0 {
		out = append(out, isOpen(t.open)+" open; see the findings.")
	}
	return out
}

func none(n int) string {
	if n == 0 {
		return "none"
	}
	return Count(n).String()
}

// exactTriggers counts the supported triggers and those with a full proof.
func (x *index) exactTriggers() (exact, all int) {
	for _, f := range x.supported(telltale.KindTrigger) {
		all++
		for i := range x.rec.Isolations {
			if iso := &x.rec.Isolations[i]; iso.Exact && sameWords(f.Claim, iso) {
				exact++
				break
			}
		}
	}
	return exact, all
}

// surveyed reports whether a survey found the words, among others.
func (x *index) surveyed() bool {
	return slices.ContainsFunc(x.supported(telltale.KindTrigger), func(f telltale.Finding) bool { return f.Claim.Rule != nil })
}

// byOthers reports whether copies were seen at accounts alone, so that not the
// client makes them but somebody on the way.
func (x *index) byOthers() bool {
	places := x.supported(telltale.KindDestination)
	return len(places) > 0 && !slices.ContainsFunc(places, func(f telltale.Finding) bool { return f.Claim.Detail != "account" })
}

func exactSentence(exact, all int, surveyed bool) string {
	const proof = "with nothing else in the message it sets the client off; with a piece of it cut away, nothing happens"
	switch {
	case exact == all && surveyed:
		return "Each word or combination is proven with fresh messages: it reacts with nothing else in the message, and harmless words in its place do not. Whole words of the list were tried, not parts of them."
	case exact == all && all == 1:
		return "The word is proven to the letter: " + proof + "."
	case exact == all:
		return fmt.Sprintf("All %s are proven to the letter: %s.", Count(all), strings.Replace(proof, "it sets", "each sets", 1))
	}
	return fmt.Sprintf("%s of %s are proven to the letter; the others react, but their exact borders are not settled.", Count(exact), Count(all))
}
