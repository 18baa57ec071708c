package file_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/file"
	"example.org/telltale/internal/sensor/sensortest"
)

func watch(t *testing.T, path string, rec *sensortest.Recorder) *file.Sensor {
	t.Helper()
	s, err := file.New(file.Config{Path: path, Name: "log.test", Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Start(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return s
}

func add(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func lines(rec *sensortest.Recorder, flows []telltale.Flow) string {
	var all []string
	for _, f := range flows {
		all = append(all, string(rec.Bytes(f.Messages[0].Bytes)))
	}
	return strings.Join(all, "|")
}

func TestEachNewLineIsAFlow(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	add(t, path, "before\n")
	rec := &sensortest.Recorder{}
	s := watch(t, path, rec)
	add(t, path, "one\ntwo\nthr")
	s.Quiet(t.Context())
	if got := lines(rec, rec.Flows()); got != "one|two" {
		t.Errorf("after two lines and a half: %q", got)
	}
	if f := rec.Flows()[0]; f.Host != "log.test" || f.Sensor != file.Kind || f.Visibility != telltale.Clear || f.BytesOut != 3 {
		t.Errorf("the flow: %+v", f)
	}
	add(t, path, "ee\nfour")
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := lines(rec, rec.Flows()); got != "one|two|three|four" {
		t.Errorf("in the end: %q", got)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Errorf("a second stop: %v", err)
	}
}

// It looks by itself, without being asked.
func TestItLooksByItself(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	rec := &sensortest.Recorder{}
	watch(t, path, rec)
	add(t, path, "there later\n")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if got := lines(rec, rec.Wait(ctx, 1)); got != "there later" {
		t.Errorf("got %q", got)
	}
}

func TestALogThatIsPutAside(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	rec := &sensortest.Recorder{}
	s := watch(t, path, rec)
	add(t, path, "first\n")
	s.Quiet(t.Context())
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	add(t, path, "second\n")
	s.Quiet(t.Context())
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	s.Quiet(t.Context())
	add(t, path, "3\n")
	s.Quiet(t.Context())
	if got := lines(rec, rec.Flows()); got != "first|second|3" {
		t.Errorf("got %q", got)
	}
}

func TestAHugeLineIsCut(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	rec := &sensortest.Recorder{}
	s := watch(t, path, rec)
	add(t, path, strings.Repeat("x", 5<<20)+"\n")
	s.Quiet(t.Context())
	flows := rec.Flows()
	if len(flows) != 1 || flows[0].BytesOut != 5<<20 || !flows[0].Messages[0].Cut || len(rec.Bytes(flows[0].Messages[0].Bytes)) != 4<<20 {
		t.Errorf("got %d flows", len(flows))
	}
}

func TestWhatCannotBeKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	full := errors.New("the disk is full")
	s := watch(t, path, &sensortest.Recorder{Fail: full})
	add(t, path, "line\n")
	s.Quiet(t.Context())
	if !errors.Is(s.Failed(), full) {
		t.Errorf("the watch goes on: %v", s.Failed())
	}
	if _, err := file.New(file.Config{}); err == nil {
		t.Error("a sensor without a file was made")
	}
	directory, err := file.New(file.Config{Path: t.TempDir(), Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := directory.Start(t.Context(), &sensortest.Recorder{}); err == nil {
		t.Error("a directory was watched")
	}
}
