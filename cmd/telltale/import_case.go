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
	if err := errors.Join(err, into.begin(files)); err != nil {
		return nil, errors.Join(err, into.Close())
	}
	return into, nil
}

// begin writes down what is imported. A case of an audit keeps its scenario.
func (c *importCase) begin(files []string) error {
	record := c.Snapshot()
	if record.Scenario.Name == "" {
		names := make([]string, 0, len(files))
		for _, f := range files {
			names = append(names, filepath.Base(f))
		}
		app := telltale.App{Name: strings.Join(names, ", ")}
		err := c.PutScenario(telltale.Scenario{
			Name: "import", App: app, Driver: telltale.DriverSpec{Kind: "none"}, Sensors: []telltale.SensorSpec{{Kind: "import"}},
		})
		if err := errors.Join(err, c.PutApp(app)); err != nil {
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
func (c *importCase) done(s imports.Summary) error {
	if c == nil {
		return nil
	}
	if err := c.views.Finish(); err != nil {
		return err
	}
	digest, err := fileDigest(s.File)
	if err != nil {
		return err
	}
	note := fmt.Sprintf("%s (%s, %s): %d flows, TLS taken off %d, left on %d", filepath.Base(s.File), s.Kind, digest, s.Flows, s.Opened, s.Opaque)
	for _, n := range s.Notes[:min(20, len(s.Notes))] {
		note += "; " + n.What
	}
	if left := len(s.Notes) - 20 + s.NotesLeft; len(s.Notes) > 20 {
		note += fmt.Sprintf("; and %d notes more", left)
	}
	return c.PutStage(telltale.Stage{Name: "import", At: c.app.clock(), Note: note})
}

// fileDigest names a file by its content.
func fileDigest(name string) (telltale.Digest, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return telltale.Digest("sha256:" + hex.EncodeToString(h.Sum(nil))), nil
}

// close signs the case and writes its reports.
func (c *importCase) close() error {
	if c == nil {
		return nil
	}
	err := c.views.Finish()
	if err == nil {
		err = errors.Join(c.PutStage(telltale.Stage{Name: "import", At: c.app.clock(), Done: true}), c.Checkpoint())
	}
	if err = errors.Join(err, c.Close()); err != nil {
		return err
	}
	return errors.Join(writeReports(c.Dir(), ""), indexCase(context.Background(), c.Dir()))
}
