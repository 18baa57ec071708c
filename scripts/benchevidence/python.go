package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"

	"example.org/telltale/internal/mutate"
)

// mostLines is what the second reader of the format must stay under.
const mostLines = 300

// pythonPart holds docs/verify.py, written from the document alone, against
// the program: on a whole case, and on damaged ones.
func pythonPart(ctx context.Context, o options) ([]row, error) {
	script := filepath.Join("docs", "verify.py")
	text, err := os.ReadFile(script)
	if err != nil {
		return nil, fmt.Errorf("it is started where the project lies: %w", err)
	}
	lines := bytes.Count(text, []byte("\n"))
	rows := []row{{measure: "a second implementation of the format", must: "verifies", goal: fmt.Sprintf("under %d lines", mostLines),
		measured: fmt.Sprintf("docs/verify.py: %d lines of Python", lines), holds: lines < mostLines}}
	bed, err := newMutationBed()
	if err != nil {
		return nil, err
	}
	defer bed.remove()
	second, err := newSecondReader(bed.dir, script)
	if err != nil {
		return nil, err
	}
	whole, err := second.verify(filepath.Join(bed.dir, "case"), "", "")
	if err != nil {
		return nil, err
	}
	rows = append(rows, row{measure: "a whole case, read by it", must: "holds", measured: fmt.Sprintf("%d problems or notes", len(whole)), holds: !mutate.Wrong(whole)})
	drawn := 300
	if o.short {
		drawn = 50
	}
	rng := rand.New(rand.NewPCG(2, 2))
	r, err := bed.measure(ctx, o, "mutations, read by it", bed.plain, func() (mutate.Mutation, bool) {
		drawn--
		return mutate.Random(rng, bed.plain, bed.other), drawn >= 0
	}, second.verify)
	if err != nil {
		return rows, err
	}
	apart := second.apart.Load()
	return append(rows, r, row{measure: "mutations that only one of the two finds", must: "0", measured: fmt.Sprint(apart), holds: apart == 0}), nil
}

// secondReader counts where it differs from the first.
type secondReader struct {
	python mutate.Verifier
	apart  atomic.Int64
}

func newSecondReader(dir, script string) (*secondReader, error) {
	folder := filepath.Join(dir, "checkpoints")
	return &secondReader{python: mutate.Python(script, folder)}, os.Mkdir(folder, 0o700)
}

func (s *secondReader) verify(dir, key, checkpoint string) ([]mutate.Saying, error) {
	said, err := s.python(dir, key, checkpoint)
	if err != nil {
		// It broke down, which is no way to say that a case does not hold.
		return nil, errors.Join(err, errors.New("the second reader broke down"))
	}
	first, err := mutate.Checked(false)(dir, key, checkpoint)
	if wrong := err != nil || mutate.Wrong(first); wrong != mutate.Wrong(said) {
		s.apart.Add(1)
	}
	return said, nil
}
