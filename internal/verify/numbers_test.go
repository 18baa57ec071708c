package verify_test

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/mutate"
)

// TestThreeAgreeOnNumbersAndTexts: writer, reader and second reader have the
// canonical form each from a library of its own.
func TestThreeAgreeOnNumbersAndTexts(t *testing.T) {
	t.Parallel()
	python := second(t)
	random := rand.NewChaCha8([32]byte{4})
	key, err := mutate.NewSigner(4)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 999_999_990, time.UTC)
	dir := filepath.Join(t.TempDir(), "case")
	c, err := casefile.Create(dir, casefile.Options{Random: random, Signer: key, Clock: func() time.Time { at = at.Add(time.Nanosecond); return at }})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.PutStatement(observed(rand.New(random)), nil); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if err := c.PutResume("again"); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.PutEnd("\x00\x7f\u2028\U0001f600\"\\"); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	agree(t, python, dir)
}

// observed are observations of numbers and texts of all sorts.
func observed(rng *rand.Rand) []telltale.Observation {
	values := []float64{0, math.Copysign(0, -1), 1, -1, 0.1, 1e20, 1e21, 123456789012345678901, 1e-6, 1e-7, 9.5e-7, 1e300, math.MaxFloat64,
		math.SmallestNonzeroFloat64, 1 << 53, 1<<53 + 2, 5e-324, 1.5e22, 0.000001234, 333333333.3333333, 1e15, 1e16, 1e17}
	for len(values) < 600 {
		if f := math.Float64frombits(rng.Uint64()); !math.IsNaN(f) && !math.IsInf(f, 0) {
			values = append(values, f)
		}
	}
	out := make([]telltale.Observation, len(values))
	for i, v := range values {
		out[i] = telltale.Observation{Feature: "x", Value: v, Text: text(rng)}
	}
	return out
}

// text draws runes from all that JSON writes in its own way, and from all.
func text(rng *rand.Rand) string {
	var out []rune
	for range rng.IntN(8) {
		switch rng.IntN(3) {
		case 0:
			out = append(out, rune(rng.IntN(0xa0)))
		case 1:
			out = append(out, rune(0x2020+rng.IntN(16)))
		default:
			out = append(out, rune(rng.IntN(0x110000)))
		}
	}
	return string(out)
}
