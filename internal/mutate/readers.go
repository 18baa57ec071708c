package mutate

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"example.org/telltale/internal/verify"
)

// Checked is what internal/verify says. Without replay nothing is derived
// again: for mutations that a hash shows.
func Checked(replay bool) Verifier {
	return func(dir, key, checkpoint string) ([]Saying, error) {
		r, err := verify.Case(dir, verify.Options{Key: key, Checkpoint: checkpoint, SkipReplay: !replay})
		if err != nil {
			return nil, err
		}
		return Sayings(r), nil
	}
}

// Sayings are those of a result.
func Sayings(r *verify.Result) []Saying {
	var out []Saying
	for _, p := range r.Problems {
		out = append(out, Saying{File: p.File, Line: p.Line, What: p.What, Problem: true})
	}
	for _, p := range r.Notes {
		out = append(out, Saying{File: p.File, Line: p.Line, What: p.What})
	}
	return out
}

// Wrong reports whether there is a problem among what is said.
func Wrong(said []Saying) bool {
	for _, s := range said {
		if s.Problem {
			return true
		}
	}
	return false
}

// Python is what docs/verify.py says, the second reader of the format. Folder
// is for checkpoints that it is handed.
func Python(script, folder string) Verifier {
	return func(dir, key, checkpoint string) ([]Saying, error) {
		args := []string{script, dir, key}
		if checkpoint != "" {
			file := filepath.Join(folder, filepath.Base(dir))
			if err := os.WriteFile(file, []byte(checkpoint), 0o600); err != nil {
				return nil, err
			}
			args = append(args, file)
		}
		return python(args)
	}
}

func python(args []string) ([]Saying, error) {
	var failed bytes.Buffer
	cmd := exec.CommandContext(context.Background(), "python3", args...)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONIOENCODING=utf-8")
	cmd.Stderr = &failed
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) || strings.Contains(failed.String(), "Traceback") {
		return nil, errors.Join(err, errors.New("docs/verify.py: "+failed.String()))
	}
	said := heard(string(out))
	if holds := strings.HasSuffix(string(out), ": holds\n"); holds != (err == nil) || holds == Wrong(said) {
		return nil, errors.New("docs/verify.py: exit code, last line and problems do not agree: " + string(out))
	}
	return said, nil
}

// heard takes apart what the script says, but for the last line, which counts.
func heard(out string) []Saying {
	spoken := regexp.MustCompile(`^(note: )?(.*?):(?:([0-9]+):)? (.*)$`)
	var said []Saying
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	for _, line := range lines[:len(lines)-1] {
		m := spoken.FindStringSubmatch(line)
		if m == nil {
			m = []string{"", "", "", "", line}
		}
		number, err := strconv.Atoi(m[3])
		if err != nil {
			number = 0 // it names no line
		}
		said = append(said, Saying{File: strings.Trim(m[2], "'"), Line: number, What: m[4], Problem: m[1] == ""})
	}
	return said
}
