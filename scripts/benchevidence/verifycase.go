package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/signer"
)

// copyEvery is how many flows there are for each copy of a message.
const copyEvery = 50

// sized is a case of many flows under way.
type sized struct {
	*casefile.Case
	random *rand.ChaCha8
	at     time.Time
}

// writeSized writes a sound case with some flows whose bodies have size bytes
// together; of every fiftieth flow the body is a copy of a message. It returns
// the number of layers.
func writeSized(dir string, flows, size int) (layers int, err error) {
	s := &sized{random: rand.NewChaCha8([32]byte{9}), at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	key, err := signer.New(s.random, "bench")
	if err != nil {
		return 0, err
	}
	if s.Case, err = casefile.Create(dir, casefile.Options{Clock: s.tick, Random: s.random, Signer: key}); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	// Messages that were typed before there was a case need no plan.
	scenario := telltale.Scenario{
		Name: "sized", Driver: telltale.DriverSpec{Kind: telltale.DriverReplay}, Window: time.Second, Alpha: 0.01,
		Accounts:   []telltale.Account{{Name: "alice", Side: telltale.SideApp}, {Name: "bob", Side: telltale.SidePeer}},
		Directions: []telltale.Direction{telltale.Sent}, Channel: []string{"peer.test"},
	}
	if err := errors.Join(s.PutScenario(scenario), s.PutApp(telltale.App{Name: "app"})); err != nil {
		return 0, err
	}
	for i := range flows {
		if i%copyEvery == 0 {
			err = s.message(fmt.Sprintf("p%06d", i))
			layers++
		} else {
			_, err = s.flow("page.test", s.page(size/flows*copyEvery/(copyEvery-1)+1))
		}
		if err != nil {
			return 0, err
		}
	}
	return layers, s.state()
}

func (s *sized) tick() time.Time {
	s.at = s.at.Add(time.Millisecond)
	return s.at
}

// page is a body as pages are: it packs to about three quarters.
func (s *sized) page(size int) []byte {
	raw := make([]byte, size*3/4+3)
	// A ChaCha8 always fills what it is given.
	_, _ = s.random.Read(raw)
	return []byte(base64.StdEncoding.EncodeToString(raw))
}

func (s *sized) flow(host string, body []byte) (string, error) {
	d, err := s.Keep(body)
	if err != nil {
		return "", err
	}
	at := s.tick()
	return s.RecordFlow(telltale.Flow{
		Sensor: "proxy", Protocol: "tcp", Host: host, Port: 80, Visibility: telltale.Clear, Start: at, End: s.tick(), BytesOut: int64(len(body)),
		Messages: []telltale.Message{{Leg: telltale.LegApp, Out: true, At: at, Size: int64(len(body)), Bytes: d}},
	})
}

// message types a message that is copied.
func (s *sized) message(id string) error {
	canary := s.Canary(id)
	p := telltale.Probe{ID: id, Key: "typed/" + id, Arm: telltale.ArmContact, From: "alice", To: "bob", Direction: telltale.Sent,
		Text: "good morning " + canary.Latin + " " + canary.CJK, Canary: canary, Planned: s.tick()}
	body := []byte(base64.StdEncoding.EncodeToString([]byte(p.Text)))
	at := s.tick()
	if err := errors.Join(s.PutProbe(p), s.PutReceipt(telltale.Receipt{Probe: id, Typed: p.Text, Got: p.Text, Outcome: telltale.Delivered, Sent: at, Settled: s.tick()})); err != nil {
		return err
	}
	flow, err := s.flow("spy.test", body)
	if err != nil {
		return err
	}
	opened, err := s.Keep([]byte(p.Text))
	if err != nil {
		return err
	}
	return s.PutLayer(telltale.Layer{Flow: flow, Path: []string{"base64"}, Score: 1, Bytes: opened, Steps: []telltale.Digest{telltale.DigestOf(body)}, Probes: []string{id}})
}

// state derives what follows and ends the case.
func (s *sized) state() error {
	if err := s.PutSpan(telltale.Span{From: s.at.Add(-time.Hour), To: s.at.Add(time.Hour)}); err != nil {
		return err
	}
	rec := s.Snapshot()
	observations := attribute.Observe(rec, s.Blob)
	return errors.Join(
		s.PutStatement(observations, attribute.State(rec, observations)),
		s.PutStage(telltale.Stage{Name: "state", At: s.tick(), Done: true}), s.PutEnd(""),
	)
}
