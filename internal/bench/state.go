package bench

import (
	"context"
	"fmt"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
)

// state opens what came in at the very end, and derives observations and
// findings from the raw record. It needs no app.
func (e *engine) state() error {
	e.Progress.Stage("state", 0)
	// A stopped run is judged as well; only a second signal ends this.
	if err := e.follow.open(context.Background(), e.keys); err != nil {
		return err
	}
	if err := e.unseal(context.Background()); err != nil {
		return err
	}
	if err := e.follow.seal(); err != nil {
		return err
	}
	if err := e.Case.PutStage(telltale.Stage{Name: "state", At: e.Clock()}); err != nil {
		return err
	}
	rec := e.Case.Snapshot()
	observations := attribute.Observe(rec, e.Case.Blob)
	if err := e.Case.PutStatement(observations, attribute.State(rec, observations)); err != nil {
		return fmt.Errorf("stating the findings: %w", err)
	}
	return e.Case.PutStage(telltale.Stage{Name: "state", At: e.Clock(), Done: true})
}
