package bench

import (
	"context"
	"fmt"
	"path/filepath"

	"example.org/telltale/internal/peel"
)

// Restate opens what a case holds with the keys in the app's own files, as the
// case keeps them, and states what follows. It needs no app.
func Restate(ctx context.Context, cfg Config) error {
	e := &engine{Config: cfg, began: cfg.Clock(), settle: cfg.Scenario.Window}
	e.answers = newAnswers(cfg.Case.Snapshot(), cfg.Scenario.Window)
	e.follow = newFollower(cfg)
	if err := e.keptFiles(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrStopped, context.Cause(ctx))
	}
	return e.state()
}

// keptFiles takes candidate keys from the app's files that the case keeps.
func (e *engine) keptFiles() error {
	for _, f := range e.Case.Snapshot().App.Files {
		if !f.Harvest {
			continue
		}
		b, err := e.Case.Blob(f.Digest)
		if err != nil {
			return fmt.Errorf("reading back a file of the app: %w", err)
		}
		if err := e.harvest(filepath.Base(f.Path), b); err != nil {
			return err
		}
	}
	return nil
}

// harvest takes candidate keys from a file of the app.
func (e *engine) harvest(name string, b []byte) error {
	source := "app-file:" + name
	e.keys = append(e.keys, peel.Harvest(source, b, maxKeys)...)
	e.keyFiles = append(e.keyFiles, peel.KeyFile{Name: source, Bytes: b})
	return e.takeParts(source, b)
}
