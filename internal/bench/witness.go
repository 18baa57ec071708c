package bench

import (
	"cmp"
	"context"
	"fmt"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
)

// sight records what arrived at witness accounts, each message as a flow to
// the account. What of it is a copy of a probe is found as in any other flow.
func (e *engine) sight(ctx context.Context) error {
	seen, err := e.sightings(ctx)
	if err != nil {
		e.Log.Warn("a witness is not to be read", "error", err)
	}
	return e.recordSightings(seen)
}

// sightings reads the witness accounts. Behind an error what they did not show
// is no silence.
func (e *engine) sightings(ctx context.Context) ([]telltale.Sighting, error) {
	witness, ok := e.driver.(telltale.Witness)
	if !ok {
		return nil, nil
	}
	seen, err := witness.Sightings(ctx)
	if err != nil {
		err = fmt.Errorf("reading the witness accounts: %w", err)
	}
	return seen, err
}

func (e *engine) recordSightings(seen []telltale.Sighting) error {
	for _, s := range seen {
		if err := e.recordSighting(s); err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) recordSighting(s telltale.Sighting) error {
	digest, err := e.Case.Keep(s.Body)
	if err != nil {
		return err
	}
	at, now := s.At, e.Clock()
	if at.IsZero() || at.Before(e.began) || at.After(now) {
		at = now
	}
	size := int64(len(s.Body))
	return e.Case.Record(telltale.Flow{
		Sensor: attribute.WitnessSensor, Protocol: "account", Client: s.From, Host: cmp.Or(s.Address, s.Account),
		Visibility: telltale.Clear, Start: at, End: at, BytesOut: size,
		Messages: []telltale.Message{{Leg: telltale.LegApp, Out: true, At: at, Size: size, Bytes: digest}},
	})
}

// mayCopy reports whether copies could be seen, so that they must be waited
// for: somebody watches the app's line, or an account that should get nothing.
func (e *engine) mayCopy() bool {
	if len(e.Sensors) > 0 {
		return true
	}
	for _, a := range e.Scenario.Accounts {
		if a.Side == telltale.SideWitness {
			return true
		}
	}
	return false
}
