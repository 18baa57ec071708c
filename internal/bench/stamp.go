package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/attach"
)

// Stages in which checkpoints are stamped.
const (
	stagePlanStamp     = "stamp-plan"
	stageFindingsStamp = "stamp-findings"
)

// How long one authority may take, and all of them together.
const (
	stampPatience = 20 * time.Second
	stampsTake    = time.Minute
)

// stampPlan has the plan stamped before anything is typed, also on a resumed
// run that did not come to it. What is stamped later than the first message
// says so by its time.
func (e *engine) stampPlan(ctx context.Context) error {
	for _, s := range e.Case.Snapshot().Stages {
		if s.Name == stagePlanStamp && s.Done {
			return nil
		}
	}
	return e.stamp(ctx, stagePlanStamp)
}

// stamp has the newest checkpoint stamped by each authority of the scenario. One
// that fails is noted, and the run goes on.
func (e *engine) stamp(ctx context.Context, stage string) error {
	if len(e.Scenario.Timestamp) == 0 || e.Stamp == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, stampsTake)
	defer cancel()
	checkpoint := e.Case.Reader().Checkpoint
	size, err := sizeOf(checkpoint)
	if err != nil {
		return err
	}
	if err := e.Case.PutStage(telltale.Stage{Name: stage, At: e.Clock()}); err != nil {
		return err
	}
	for _, authority := range e.Scenario.Timestamp {
		if err := e.stampBy(ctx, authority, []byte(checkpoint), size); err != nil {
			if e.Case.Failed() != nil {
				return err
			}
			// Only the end of a stage that was cut short has a note.
			note := telltale.Stage{Name: stage, At: e.Clock(), Note: fmt.Sprintf("%.500s", err.Error())}
			if err := e.Case.PutStage(note); err != nil {
				return err
			}
		}
	}
	return e.Case.PutStage(telltale.Stage{Name: stage, At: e.Clock(), Done: true})
}

// stampBy puts one authority's stamp into the case.
func (e *engine) stampBy(ctx context.Context, authority string, checkpoint []byte, size int64) error {
	ctx, cancel := context.WithTimeout(ctx, stampPatience)
	defer cancel()
	response, err := e.Stamp(ctx, authority, checkpoint)
	if err != nil {
		return err
	}
	name, err := attach.StampName(e.Case.Dir(), size)
	if err != nil {
		return err
	}
	return e.Case.PutFile(name, func(w io.Writer) error {
		_, err := w.Write(response)
		return err
	})
}

// sizeOf is how many entries a checkpoint vouches for.
func sizeOf(checkpoint string) (int64, error) {
	lines := strings.SplitN(checkpoint, "\n", 3)
	if len(lines) < 3 {
		return 0, errors.New("there is no checkpoint to stamp")
	}
	return strconv.ParseInt(lines[1], 10, 64)
}
