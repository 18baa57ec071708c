package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/sensor/imports"
	"example.org/telltale/internal/sensor/views"
)

// importHeld bounds the octets of messages that an import holds in memory.
const importHeld = 24 << 20

// importCase is the case that is imported into. A nil one keeps nothing.
type importCase struct {
	*casefile.Case
	app   *app
	views *views.Views
}

// openCase begins a case without probes, or goes on with one.
func (r *importRun) openCase(files []string) (*importCase, error) {
	key, err := r.app.signingKey()
	if err != nil {
		return nil, err
	}
	opts := casefile.Options{Clock: r.app.clock, Random: r.app.random, Signer: key}
	into := &importCase{app: r.app}
	if _, err = os.Stat(filepath.Join(r.options.caseDir, "format")); err == nil {
		into.Case, err = casefile.Open(r.options.caseDir, opts)
		if err != nil {
			return nil, err
		}
		err = into.PutResume("telltale " + telltale.Version)
	} else if into.Case, err = casefile.Create(r.options.caseDir, opts); err != nil {
		return nil, err
	}
	into.views = views.New(views.Config{Recorder: into.Case, Sensor: "import", Clock: r.app.clock, Limits: views.Limits{Held: importHeld, Waiting: 16}})
	if r.typed != nil && into.Snapshot().Scenario.Name != "" {
		return nil, errors.Join(fmt.Errorf("%s holds a question already: name a new case for what was typed", r.options.caseDir), into.Close())
	}
	if err := errors.Join(err, into.begin(r.scenario(into.Snapshot(), files))); err != nil {
		return nil, errors.Join(err, into.Close())
	}
	return into, nil
}

// scenario is what is imported, as a question. A case of an audit keeps its
// own.
func (r *importRun) scenario(record *telltale.Record, files []string) *telltale.Scenario {
	if record.Scenario.Name != "" {
		return nil
	}
	if r.typed != nil {
		s := replayScenario(r.typed, r.options.channel, files)
		return &s
	}
	names := make([]string, 0, len(files))
	for _, f := range files {
		names = append(names, filepath.Base(f))
	}
	return &telltale.Scenario{
		Name: "import", App: telltale.App{Name: strings.Join(names, ", ")},
		Driver: telltale.DriverSpec{Kind: "none"}, Sensors: []telltale.SensorSpec{{Kind: "import"}},
	}
}

// begin writes down what is imported, unless that is known.
func (c *importCase) begin(s *telltale.Scenario) error {
	record := c.Snapshot()
	if s != nil {
		if err := errors.Join(c.PutScenario(*s), c.PutApp(s.App)); err != nil {
			return err
		}
	}
	coverage := slices.Clone(record.Coverage)
	for _, one := range imports.Coverage() {
		if !slices.Contains(coverage, one) {
			coverage = append(coverage, one)
		}
	}
	return errors.Join(c.PutCoverage(coverage), c.PutStage(telltale.Stage{Name: "import", At: c.app.clock()}))
}

// done writes down what was in a file.
func (c *importCase) done(s imports.Summary, digest <-chan digested) error {
	if c == nil {
		return nil
	}
	whole := <-digest
	if err := errors.Join(c.views.Finish(), whole.err); err != nil {
		return err
	}
	note := fmt.Sprintf("%s (%s, %s): %d flows, TLS taken off %d, left on %d", filepath.Base(s.File), s.Kind, whole.name, s.Flows, s.Opened, s.Opaque)
	for _, n := range s.Notes[:min(20, len(s.Notes))] {
		note += "; " + n.What
	}
	if left := len(s.Notes) - 20 + s.NotesLeft; len(s.Notes) > 20 {
		note += fmt.Sprintf("; and %d notes more", left)
	}
	return c.PutStage(telltale.Stage{Name: "import", At: c.app.clock(), Note: note})
}

// digested is a file's name by its content.
type digested struct {
	name telltale.Digest
	err  error
}

// digest names a file by its content, while it is imported.
func (c *importCase) digest(file string) <-chan digested {
	if c == nil {
		return nil
	}
	told := make(chan digested, 1)
	go func() {
		name, err := fileDigest(file)
		told <- digested{name, err}
	}()
	return told
}

func fileDigest(name string) (telltale.Digest, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{f}, make([]byte, 256<<10)); err != nil {
		return "", err
	}
	return telltale.Digest("sha256:" + hex.EncodeToString(h.Sum(nil))), nil
}

// close signs the case and writes its reports. stopped is why the import did
// not come to its end, nil if it did.
func (c *importCase) close(stopped error) error {
	if c == nil {
		return nil
	}
	why := ""
	if stopped != nil {
		why = stopped.Error()
	}
	err := c.views.Finish()
	if err == nil {
		err = c.PutStage(telltale.Stage{Name: "import", At: c.app.clock(), Done: true, Note: why})
	}
	if err == nil {
		err = c.PutEnd(why)
	}
	if err == nil {
		err = finishCase(context.Background(), c.Case)
	}
	return errors.Join(err, c.Close())
}
