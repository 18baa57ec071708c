package witness_test

import (
	"testing"

	"example.org/telltale/internal/signer"
	"example.org/telltale/internal/witness"
)

const text = "telltale/case/0123456789abcdef\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

func TestNoBitOfACosignatureCanBeChanged(t *testing.T) {
	t.Parallel()
	key := newKey(t, "Jane")
	public, err := witness.KeyOf(key.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	file, err := witness.Cosign(text, key, noon())
	if err != nil {
		t.Fatal(err)
	}
	if got, at, err := witness.Check(file, public); err != nil || got != text || !at.Equal(noon()) {
		t.Fatalf("it says %q at %s, %v", got, at, err)
	}
	for i := range file {
		for bit := range 8 {
			altered := append([]byte(nil), file...)
			altered[i] ^= 1 << bit
			if _, _, err := witness.Check(altered, public); err == nil {
				t.Errorf("byte %d, bit %d is not looked at", i, bit)
			}
		}
	}
	for _, altered := range [][]byte{file[:len(file)-1], append(append([]byte(nil), file...), file[len(text)+1:]...), append([]byte("x"), file...), nil} {
		if _, _, err := witness.Check(altered, public); err == nil {
			t.Errorf("%q was taken", altered)
		}
	}
}

func TestKeysOfWitnessesAreReadBack(t *testing.T) {
	t.Parallel()
	key := newKey(t, "Jane")
	public, err := witness.KeyOf(key.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	back, err := witness.ParseKey(public.String() + "\n")
	if err != nil || back.String() != public.String() {
		t.Errorf("it is read back as %s, %v", back, err)
	}
	_, raw, err := signer.Public(key.Verifier())
	if err != nil || !back.Same(raw) {
		t.Errorf("it is another key, %v", err)
	}
	other := public.String()
	for _, bad := range []string{"", "Jane", key.Verifier(), other[:len(other)-1], other + "\n\n", "x" + other, "Jane+00000000" + other[len("Jane+00000000"):]} {
		if k, err := witness.ParseKey(bad); err == nil {
			t.Errorf("%q was taken for the key %s", bad, k)
		}
	}
}

func FuzzCheck(f *testing.F) {
	key := newKey(f, "Jane")
	public, err := witness.KeyOf(key.Verifier())
	if err != nil {
		f.Fatal(err)
	}
	file, err := witness.Cosign(text, key, noon())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, _, err := witness.Check(b, public); err == nil && (got != text || string(b) != string(file)) {
			t.Errorf("%q was taken", b)
		}
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	key := newKey(f, "Jane")
	f.Add([]byte(text + "\n— Jane AAAAAA==\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := witness.ParseCheckpoint(b, key.Verifier()); err == nil {
			t.Errorf("nobody signed %+v", c)
		}
	})
}
