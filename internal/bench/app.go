package bench

import (
	"fmt"
	"path/filepath"
	"runtime"

	"example.org/telltale"
)

// maxHarvest bounds the files that keys are looked for in.
const maxHarvest = 16 << 20

// maxKeys bounds the candidates taken from one file.
const maxKeys = 400

// describeApp joins what the scenario declares with what the driver says,
// digests the app's files and takes candidate keys from them.
func (e *engine) describeApp(said telltale.App) (telltale.App, error) {
	app := e.Scenario.App
	if app.Name == "" {
		app.Name = said.Name
	}
	if app.Version == "" {
		app.Version = said.Version
	}
	if app.Platform == "" {
		app.Platform = runtime.GOOS + "/" + runtime.GOARCH
	}
	app.Places = said.Places
	files := app.Files
	app.Files = nil
	seen := map[string]bool{}
	for _, f := range append(files, said.Files...) {
		if seen[f.Path] {
			continue
		}
		seen[f.Path] = true
		digested, err := e.takeFile(f)
		if err != nil {
			return app, err
		}
		app.Files = append(app.Files, digested)
	}
	return app, nil
}

func (e *engine) takeFile(f telltale.AppFile) (telltale.AppFile, error) {
	b, err := e.ReadFile(f.Path)
	if err != nil {
		return f, fmt.Errorf("a file of the app cannot be read: %w", err)
	}
	f.Size, f.Digest = int64(len(b)), telltale.DigestOf(b)
	f.Harvest = f.Harvest && len(b) <= maxHarvest
	if !f.Harvest {
		return f, nil
	}
	if _, err := e.Case.Keep(b); err != nil {
		return f, err
	}
	return f, e.harvest(filepath.Base(f.Path), b)
}
