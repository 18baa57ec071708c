package tape

import (
	"errors"
	"time"
)

// Tee is a Sink that hands everything to all of its sinks.
type Tee []Sink

// Open opens the connection in every sink. If one fails, those opened before
// are closed again. Of a single sink it is the tape itself.
func (t Tee) Open(c Conn) (Tape, error) {
	if len(t) == 1 {
		return t[0].Open(c)
	}
	all := make(teed, 0, len(t))
	for _, sink := range t {
		one, err := sink.Open(c)
		if err != nil {
			_ = all.Close(c) // the first error is the one that counts
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

type teed []Tape

func (t teed) Octets(out bool, at time.Time, b []byte) error {
	for _, one := range t {
		if err := one.Octets(out, at, b); err != nil {
			return err
		}
	}
	return nil
}

func (t teed) Turn(proto string) {
	for _, one := range t {
		if turner, ok := one.(Turner); ok {
			turner.Turn(proto)
		}
	}
}

func (t teed) Learn(c Conn) {
	for _, one := range t {
		if learner, ok := one.(Learner); ok {
			learner.Learn(c)
		}
	}
}

func (t teed) End(out bool, why string) {
	for _, one := range t {
		if ender, ok := one.(Ender); ok {
			ender.End(out, why)
		}
	}
}

func (t teed) Close(c Conn) error {
	var errs []error
	for _, one := range t {
		errs = append(errs, one.Close(c))
	}
	return errors.Join(errs...)
}
