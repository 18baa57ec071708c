package compare

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// each works on all problems, some at once, and returns what came of them in
// their order.
func each[P, R any](ctx context.Context, problems []P, o Options, work func(context.Context, P) ([]R, error)) ([]R, error) {
	results := make([][]R, len(problems))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, o.Jobs))
	var mu sync.Mutex
	done := 0
	for i, p := range problems {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			r, err := work(ctx, p)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			results[i] = r
			if done++; o.Progress != nil {
				o.Progress(done, len(problems))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(results...), nil
}
