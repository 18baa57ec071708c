package merge

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
)

// Into writes joined records and the signed logs of their sources into a case
// that was just made. What follows from them has to be stated behind.
func Into(c *casefile.Case, joined *telltale.Record, plan *telltale.Plan, sources []*casefile.Reader) error {
	if err := copyBlobs(c, joined, sources); err != nil {
		return err
	}
	if err := errors.Join(c.PutScenario(joined.Scenario), c.PutApp(joined.App)); err != nil {
		return err
	}
	if plan != nil {
		if err := c.PutPlan(*plan); err != nil {
			return err
		}
	}
	for i, s := range sources {
		if err := putSource(c, i+1, s); err != nil {
			return err
		}
	}
	return putFacts(c, joined)
}

// putFacts writes the raw records, so that nothing stands before what it
// names.
func putFacts(c *casefile.Case, r *telltale.Record) error {
	err := c.PutCoverage(r.Coverage)
	err = errors.Join(err, each(r.Listening, c.PutSpan), each(r.Probes, c.PutProbe), each(r.Receipts, c.PutReceipt))
	err = errors.Join(err, each(r.Flows, func(f telltale.Flow) error { return putFlow(c, f) }))
	return errors.Join(err, each(r.Layers, c.PutLayer), each(r.Isolations, c.PutIsolation), each(r.Visits, c.PutVisit), each(r.Stages, c.PutStage))
}

func each[T any](list []T, put func(T) error) error {
	for _, x := range list {
		if err := put(x); err != nil {
			return err
		}
	}
	return nil
}

func putFlow(c *casefile.Case, f telltale.Flow) error {
	id, err := c.RecordFlow(f)
	if err == nil && id != f.ID {
		return fmt.Errorf("flow %s became %s: the case to merge into is not a new one", f.ID, id)
	}
	return err
}

// copyBlobs takes each blob from the first source that has it.
func copyBlobs(c *casefile.Case, r *telltale.Record, sources []*casefile.Reader) error {
	for _, d := range casefile.Digests(r) {
		b, err := fromAny(d, sources)
		if err != nil {
			return err
		}
		if _, err := c.Keep(b); err != nil {
			return err
		}
	}
	return nil
}

func fromAny(d telltale.Digest, sources []*casefile.Reader) ([]byte, error) {
	var errs []error
	for _, s := range sources {
		b, err := s.Blob(d)
		if err == nil {
			return b, nil
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("no case has the bytes that are named %s: %w", d, errors.Join(errs...))
}

// signedFiles are what of a source is kept: its log, and what vouches for it.
func signedFiles() []string {
	return []string{format.FormatFile, format.PublicKeyFile, format.CheckpointFile, format.LogFile}
}

func putSource(c *casefile.Case, n int, s *casefile.Reader) error {
	for _, name := range signedFiles() {
		err := c.PutFile(fmt.Sprintf("%s/%d/%s", format.SourceDir, n, name), func(w io.Writer) error {
			f, err := os.Open(filepath.Join(s.Dir, filepath.FromSlash(name)))
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = io.Copy(w, f)
			return err
		})
		if err != nil {
			return fmt.Errorf("taking over case %d: %w", n, err)
		}
	}
	return nil
}
