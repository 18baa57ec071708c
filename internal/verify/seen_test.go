package verify_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/signer"
	"example.org/telltale/internal/stamp/tsa"
	"example.org/telltale/internal/verify"
	"example.org/telltale/internal/witness"
)

// witnessed is an ordinary case whose newest checkpoint a witness has seen.
func witnessed(t testing.TB) (f *forge, file, public string) {
	t.Helper()
	f = ordinary(t)
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat("w", 32)))
	b, public := cosign("witness.example", key, f.text(), began.Add(time.Hour))
	file = fmt.Sprintf("witness/%08d-witness.example", f.n)
	f.write(file, b)
	f.write("witness/witness.example.pub", []byte(public+"\n"))
	return f, file, public
}

func TestWitnesses(t *testing.T) {
	t.Parallel()
	f, file, public := witnessed(t)
	r := holds(t, f.dir, verify.Options{})
	if len(r.Witnesses) != 1 || r.Witnesses[0].Known || r.Witnesses[0].Sealed || !r.Witnesses[0].At.Equal(began.Add(time.Hour)) || r.Witnesses[0].Size != f.n ||
		!says(r.Notes, file+": is not sealed: it was added later") || !says(r.Notes, "by a key that nobody vouches for here") {
		t.Errorf("%+v %v", r.Witnesses, r.Notes)
	}
	r = holds(t, f.dir, verify.Options{Witnesses: []string{public + "\n"}})
	if len(r.Witnesses) != 1 || !r.Witnesses[0].Known {
		t.Errorf("%+v", r.Witnesses)
	}
	f.seal(file, f.read(file))
	f.seal("witness/witness.example.pub", f.read("witness/witness.example.pub"))
	f.sign()
	if r = holds(t, f.dir, verify.Options{}); !r.Witnesses[0].Sealed || says(r.Notes, "added later") {
		t.Errorf("%+v %v", r.Witnesses, r.Notes)
	}
}

// What internal/witness writes is what the document says.
func TestWitnessesOfTheProgram(t *testing.T) {
	t.Parallel()
	f := ordinary(t)
	key, err := signer.New(rand.Reader, "carol")
	if err != nil {
		t.Fatal(err)
	}
	k, err := witness.KeyOf(key.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	b, err := witness.Cosign(f.text(), key, began)
	if err != nil {
		t.Fatal(err)
	}
	f.write(witness.FileName(f.n, k.Name), b)
	f.write(witness.KeyFileName(k.Name), []byte(k.String()+"\n"))
	if r := holds(t, f.dir, verify.Options{Witnesses: []string{k.String()}}); len(r.Witnesses) != 1 || !r.Witnesses[0].Known {
		t.Errorf("%+v", r.Witnesses)
	}
}

func TestDamageToWitnessesIsNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want string
		do   func(f *forge, file string)
	}{
		{"the cosignature does not hold", func(f *forge, file string) { f.letter(file, -20) }},
		{"the cosignature does not hold", func(f *forge, file string) {
			b, _ := cosign("witness.example", ed25519.NewKeyFromSeed([]byte(strings.Repeat("w", 32))), f.text(), began)
			// The time of one and the signature of another.
			at := strings.LastIndex(string(b), " ") + 1
			other := f.read(file)
			f.write(file, append(append([]byte{}, b[:at+20]...), other[at+20:]...))
		}},
		{"is of another case", func(f *forge, file string) { f.replaced(file, f.id, "fedcba9876543210") }},
		{"the first 20 lines of the log are not those that were signed", func(f *forge, file string) {
			b, _ := cosign("witness.example", ed25519.NewKeyFromSeed([]byte(strings.Repeat("w", 32))),
				fmt.Sprintf("telltale/case/%s\n20\n%s\n", f.id, f.rootAt(19)), began)
			f.write(file, b)
		}},
		{"which its name does not say", func(f *forge, file string) {
			f.write("witness/00000003-witness.example", f.read(file))
		}},
		{"cannot be checked: witness/witness.example.pub: missing", func(f *forge, _ string) { f.remove("witness/witness.example.pub") }},
		{"cannot be checked: witness/witness.example.pub", func(f *forge, _ string) { f.letter("witness/witness.example.pub", -6) }},
		{"is not a witness's key of that name", func(f *forge, _ string) { f.write("witness/witness.example.pub", []byte(f.public+"\n")) }},
		{"is cut: want a key and a newline", func(f *forge, _ string) {
			f.write("witness/witness.example.pub", []byte(strings.TrimSuffix(string(f.read("witness/witness.example.pub")), "\n")))
		}},
		{"is signed by", func(f *forge, file string) { f.write(file, f.newest) }},
		{"has 2 signatures", func(f *forge, file string) {
			b := f.read(file)
			at := strings.LastIndex(string(b), "\n—")
			f.write(file, append(b, b[at+1:]...))
		}},
	} {
		t.Run(tt.want, func(t *testing.T) {
			t.Parallel()
			f, file, _ := witnessed(t)
			tt.do(f, file)
			named(t, f.dir, verify.Options{}, tt.want)
		})
	}
}

// stamped is an ordinary case whose newest checkpoint was stamped.
func stamped(t testing.TB, usage []x509.ExtKeyUsage) (*forge, string, *tsa.Authority) {
	t.Helper()
	f := ordinary(t)
	authority, err := tsa.New(tsa.Options{Clock: func() time.Time { return began.Add(time.Hour) }, Random: rand.Reader, Usage: usage})
	if err != nil {
		t.Fatal(err)
	}
	file := fmt.Sprintf("stamps/%08d-1.tsr", f.n)
	f.write(file, stampOf(t, authority, f.newest))
	return f, file, authority
}

func stampOf(t testing.TB, authority *tsa.Authority, b []byte) []byte {
	t.Helper()
	digest := sha256.Sum256(b)
	request, err := (&timestamp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: digest[:], Certificates: true}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := authority.Answer(request)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestStamps(t *testing.T) {
	t.Parallel()
	f, file, authority := stamped(t, nil)
	r := holds(t, f.dir, verify.Options{})
	if len(r.Stamps) != 1 || r.Stamps[0].Trusted || r.Stamps[0].Sealed || !r.Stamps[0].At.Equal(began.Add(time.Hour)) || r.Stamps[0].Size != f.n ||
		!says(r.Notes, "whose certificate nobody vouches for here") || !says(r.Notes, file+": is not sealed") {
		t.Errorf("%+v %v", r.Stamps, r.Notes)
	}
	if r = holds(t, f.dir, verify.Options{Roots: authority.Pool()}); !r.Stamps[0].Trusted {
		t.Errorf("%+v", r.Stamps)
	}
	other, err := tsa.New(tsa.Options{Clock: func() time.Time { return began }, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	named(t, f.dir, verify.Options{Roots: other.Pool()}, file+": is signed by")
	f.write(file, stampOf(t, authority, []byte("something else")))
	named(t, f.dir, verify.Options{}, file+": is over something else than checkpoints/")
	f.write(file, []byte("no stamp"))
	named(t, f.dir, verify.Options{}, file+": it is no time stamp")
	f.remove(file)
	f.write("stamps/00000099-1.tsr", stampOf(t, authority, f.newest))
	named(t, f.dir, verify.Options{}, "there is no checkpoint to it")

	f, file, _ = stamped(t, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth})
	named(t, f.dir, verify.Options{}, file+": the certificate of")
}

// A bent bit in what an authority signed is noticed even if nobody sealed it;
// once it is sealed, every bit is.
func TestBentStampsAreNamed(t *testing.T) {
	t.Parallel()
	f, file, authority := stamped(t, nil)
	f.seal(file, f.read(file))
	f.sign()
	whole := f.read(file)
	for at := 0; at < len(whole); at += 37 {
		f.write(file, whole)
		f.flip(file, at)
		named(t, f.dir, verify.Options{Roots: authority.Pool(), SkipReplay: true}, file)
	}
}

// merged is a case made of another one.
func merged(t testing.TB) *forge {
	t.Helper()
	source := ordinary(t)
	f := newForge(t)
	for _, name := range []string{"format", "key.pub", "checkpoint", "log/entries.jsonl"} {
		f.file("sources/1/"+name, source.read(name))
	}
	f.add(format.TypeScenario, f.scenario())
	f.rec.Scenario = f.scenario()
	f.message("p000001")
	f.statement()
	f.finish()
	return f
}

func TestMergedCases(t *testing.T) {
	t.Parallel()
	f := merged(t)
	if r := holds(t, f.dir, verify.Options{}); r.Sources != 1 || r.Files != 5 {
		t.Errorf("%+v", *r)
	}
	f.message("p000002")
	f.sign()
	holds(t, f.dir, verify.Options{SkipReplay: true})
	f.message("p000003")
	f.sign()
	named(t, f.dir, verify.Options{}, "probe p000003 stands in none of the cases that were merged")

	f = merged(t)
	f.write("sources/1/more", []byte("x"))
	named(t, f.dir, verify.Options{}, "sources/1/more: does not belong")
	f = merged(t)
	f.flip("sources/1/log/entries.jsonl", 100)
	named(t, f.dir, verify.Options{}, "sources/1/log/entries.jsonl: was changed")
	f = merged(t)
	f.write("sources/2/format", []byte("telltale case 2\n"))
	named(t, f.dir, verify.Options{}, "sources/2/format: is not sealed")
	named(t, f.dir, verify.Options{}, "sources/2/key.pub: missing")

	// A log that was never signed, sealed all the same.
	source := ordinary(t)
	f = newForge(t)
	f.file("sources/1/format", source.read("format"))
	f.file("sources/1/key.pub", source.read("key.pub"))
	f.file("sources/1/checkpoint", source.read("checkpoint"))
	source.replaced("log/entries.jsonl", "good morning", "good evening")
	f.file("sources/1/log/entries.jsonl", source.read("log/entries.jsonl"))
	f.sign()
	named(t, f.dir, verify.Options{}, "sources/1/checkpoint: the first 20 lines of the log are not those that were signed")
}
