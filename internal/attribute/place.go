package attribute

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.org/telltale"
)

// place is one host that copies go to, with all of them.
type place struct {
	host    string
	copies  []Copy
	probes  []string
	schemes map[string][]Copy
}

// places states where copies go, what else they hold, and who can read them.
func (s *statement) places() {
	byHost := map[string]*place{}
	for _, t := range s.list {
		for _, c := range t.copies {
			p := byHost[c.Host]
			if p == nil {
				p = &place{host: c.Host, schemes: map[string][]Copy{}}
				byHost[c.Host] = p
			}
			p.copies, p.probes = append(p.copies, c), append(p.probes, t.ID)
			p.schemes[c.Scheme] = append(p.schemes[c.Scheme], c)
		}
	}
	for _, host := range slices.Sorted(maps.Keys(byHost)) {
		p := byHost[host]
		s.destination(p)
		s.content(p)
		s.weakCopies(p)
	}
}

func (s *statement) destination(p *place) {
	for _, scheme := range slices.Sorted(maps.Keys(p.schemes)) {
		f := telltale.Finding{
			Claim:  telltale.Claim{Kind: telltale.KindDestination, Host: p.host, Detail: scheme},
			Direct: true, Method: methodCanary, Probes: p.probes,
		}
		for _, c := range p.schemes[scheme] {
			addCopy(&f, c)
		}
		f.Trials.Treated, f.Trials.TreatedReacted = len(p.schemes[scheme]), len(p.schemes[scheme])
		f.Statement = fmt.Sprintf("Copies of messages go to %s over %s: %d were found there.", p.host, strings.ToUpper(scheme), len(p.schemes[scheme]))
		if scheme == accountScheme {
			f.Statement = fmt.Sprintf("Copies of messages arrive at the account %s, to which nobody had written: %d were found there.", p.host, len(p.schemes[scheme]))
		}
		s.state(f)
	}
}

// content states what at least half of the copies hold besides the text.
func (s *statement) content(p *place) {
	for _, field := range []string{telltale.FieldRecipient, telltale.FieldSender, telltale.FieldTime} {
		f := telltale.Finding{
			Claim:  telltale.Claim{Kind: telltale.KindContent, Host: p.host, Detail: field},
			Direct: true, Method: methodFields,
		}
		copies := len(s.cells[rowKey{featCopy, p.host}])
		for _, row := range s.cells[rowKey{featContent, p.host}] {
			if row.Text == field {
				f.Trials.TreatedReacted++
				f.Probes, f.Flows = append(f.Probes, row.Probe), append(f.Flows, row.Flow)
			}
		}
		f.Trials.Treated = copies
		if f.Trials.TreatedReacted == 0 || 2*f.Trials.TreatedReacted < copies {
			continue
		}
		f.Statement = fmt.Sprintf("The copies that go to %s also hold the %s of the message (%d of %d copies).",
			p.host, map[string]string{telltale.FieldSender: "sender", telltale.FieldRecipient: "recipient", telltale.FieldTime: "time"}[field],
			f.Trials.TreatedReacted, copies)
		s.state(f)
	}
}

// weakCopies states why others can read the copies.
func (s *statement) weakCopies(p *place) {
	weak := map[string][]Copy{}
	for _, c := range p.copies {
		for _, w := range s.weaknesses(c.Layer, c.Host, c.Scheme) {
			weak[w] = append(weak[w], c)
		}
		if c.Scheme == "http" && !enciphered(c.Layer.Path) {
			weak[telltale.WeakNone] = append(weak[telltale.WeakNone], c)
		}
	}
	if s.keyBeside(p.host) {
		weak[telltale.WeakKeyBeside] = p.copies
	}
	for _, w := range slices.Sorted(maps.Keys(weak)) {
		f := weakFinding(p.host, w, "the copies of messages")
		for _, c := range weak[w] {
			addCopy(&f, c)
		}
		f.Trials.Treated, f.Trials.TreatedReacted = len(p.copies), len(weak[w])
		s.nameKeys(&f, layersOf(weak[w]))
		s.state(f)
	}
}

func weakFinding(host, weak, what string) telltale.Finding {
	why := map[string]string{
		telltale.WeakHTTP:      "they go over plain HTTP, readable on the whole way",
		telltale.WeakNone:      "no cipher protects them",
		telltale.WeakXOR:       "a byte-wise cipher protects them that falls to known plaintext",
		telltale.WeakDES:       "single DES protects them, with a key of 56 bits",
		telltale.WeakECB:       "the cipher runs in electronic codebook mode, in which equal blocks show",
		telltale.WeakKeyInApp:  "the key stands in the app's own files",
		telltale.WeakKeyBeside: "the key can be fetched from the same server",
	}[weak]
	return telltale.Finding{
		Claim:     telltale.Claim{Kind: telltale.KindWeak, Host: host, Detail: weak},
		Statement: fmt.Sprintf("Others can read %s (%s): %s.", what, host, why),
		Direct:    true, Method: methodCoats,
	}
}

// weaknesses lists what the path of one layer says of its protection.
func (s *statement) weaknesses(l telltale.Layer, host, scheme string) []string {
	var out []string
	if scheme == "http" {
		out = append(out, telltale.WeakHTTP)
	}
	for _, coat := range l.Path {
		coat, _, _ = strings.Cut(coat, ":")
		switch {
		case bytewise(coat):
			out = append(out, telltale.WeakXOR)
		case strings.HasPrefix(coat, "des-"):
			out = append(out, telltale.WeakDES)
		}
		if strings.HasSuffix(coat, "-ecb") {
			out = append(out, telltale.WeakECB)
		}
	}
	if s.keyInApp(l) {
		out = append(out, telltale.WeakKeyInApp)
	}
	if keyFrom(l.KeySource, host) {
		out = append(out, telltale.WeakKeyBeside)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func bytewise(coat string) bool {
	name, _, _ := strings.Cut(coat, ":")
	return name == "xor" || name == "xor-chain" || name == "add"
}

// enciphered reports whether a coat of the path hides the text: a cipher, or
// a hash, from which nobody reads the text back.
func enciphered(path []string) bool {
	return slices.ContainsFunc(path, func(coat string) bool {
		for _, prefix := range []string{"des-", "3des-", "aes-", "chacha20", "rc4", "hash:"} {
			if strings.HasPrefix(coat, prefix) {
				return true
			}
		}
		return bytewise(coat)
	})
}

// shortKey is the length in hex digits under which finding a key's bytes in
// some file of the app says nothing.
const shortKey = 10

// keyInApp reports whether the key of a layer stands in the app's files: it
// was found there for this layer or for another one.
func (s *statement) keyInApp(l telltale.Layer) bool {
	if l.Key == "" || len(l.Key) < shortKey {
		return false
	}
	inApp := func(key, source string) bool { return key == l.Key && strings.HasPrefix(source, "app-file:") }
	if slices.ContainsFunc(s.rec.Layers, func(other telltale.Layer) bool { return inApp(other.Key, other.KeySource) }) {
		return true
	}
	return slices.ContainsFunc(s.rec.Visits, func(v telltale.Visit) bool {
		return slices.ContainsFunc(v.Recovered, func(r telltale.Recovered) bool { return inApp(r.Key, r.KeySource) })
	})
}

// keyBeside reports whether a visit to host found a key that opens the
// records kept there.
func (s *statement) keyBeside(host string) bool {
	return slices.ContainsFunc(s.rec.Visits, func(v telltale.Visit) bool {
		return strings.EqualFold(v.Host, host) && opened(v)
	})
}

// opened reports whether records were read with a key fetched from the same
// host.
func opened(v telltale.Visit) bool {
	return slices.ContainsFunc(v.Recovered, func(r telltale.Recovered) bool {
		return r.Records > 0 && keyFrom(r.KeySource, v.Host)
	})
}

// keyFrom reports whether a key source, as in "http:a1.tom.test/log/key.txt",
// is on the host.
func keyFrom(source, host string) bool {
	scheme, rest, ok := strings.Cut(source, ":")
	if !ok || scheme != "http" && scheme != "https" {
		return false
	}
	rest = strings.TrimPrefix(rest, "//")
	if i := strings.IndexAny(rest, "/:"); i >= 0 {
		rest = rest[:i]
	}
	return strings.EqualFold(rest, host)
}

// visits lists the visits in order of host and directory.
func (s *statement) visits() []telltale.Visit {
	out := slices.Clone(s.rec.Visits)
	slices.SortStableFunc(out, func(a, b telltale.Visit) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Base, b.Base))
	})
	return out
}
