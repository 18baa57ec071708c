package realserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Crash ends the server at once, without a word to its clients. Its directory
// stays, for [Server.Again].
func (s *Server) Crash() error {
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("killing %s: %w", s.Name, err)
	}
	<-s.done
	sweep(s.cmd.Process)
	return nil
}

// Again starts a server that has ended on the same ports, with the data that
// it left behind. A port that somebody else holds meanwhile is waited for.
func (s *Server) Again(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startup)
	defer cancel()
	tick := time.NewTicker(grace / 10)
	defer tick.Stop()
	for {
		err := s.again(ctx)
		if !errors.Is(err, errPort) {
			return err
		}
		if err := s.Crash(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// again starts it once. What the old log says of being ready is gone first.
func (s *Server) again(ctx context.Context) error {
	if err := os.Remove(filepath.Join(s.Dir, s.child.log)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := s.child.launch(s); err != nil {
		return err
	}
	return s.child.await(ctx, s)
}
