package index_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/index"
)

func TestBuildCopiesTheRecordAndReplacesAnOlderIndex(t *testing.T) {
	t.Parallel()
	r := &casefile.Reader{Dir: t.TempDir(), Record: &telltale.Record{
		Probes:   []telltale.Probe{{ID: "p1", Arm: telltale.ArmTreatment, Word: "w'; drop table probe"}, {ID: "p2"}},
		Receipts: []telltale.Receipt{{Probe: "p1", Outcome: telltale.Dropped}},
		Flows:    []telltale.Flow{{ID: "f1", Host: "a.test", Messages: []telltale.Message{{Out: true, Size: 5}, {Size: 7}}}},
		Layers:   []telltale.Layer{{Flow: "f1", Path: []string{"http", "hex"}, Probes: []string{"p1"}}},
		Findings: []telltale.Finding{{ID: "F01", Claim: telltale.Claim{Kind: telltale.KindCopy}, Verdict: telltale.Supported}},
	}}
	var built [][]byte
	for range 2 {
		path, err := index.Build(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		built = append(built, b)
	}
	if !bytes.Equal(built[0], built[1]) {
		t.Error("the same record gave other bytes")
	}
	if left, err := os.ReadDir(r.Dir); err != nil || len(left) != 1 {
		t.Errorf("left beside the index: %v, %v", left, err)
	}
	db, err := sql.Open("sqlite", filepath.Join(r.Dir, "index.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const query = `select p.word, r.outcome, l.path, (select sum(size) from message where flow = l.flow)
		from probe p join receipt r on r.probe = p.id join layer l on l.probes = p.id`
	var word, outcome, path string
	var size int
	if err := db.QueryRow(query).Scan(&word, &outcome, &path, &size); err != nil {
		t.Fatal(err)
	}
	if word != "w'; drop table probe" || outcome != "dropped" || path != "http › hex" || size != 12 {
		t.Errorf("got %q, %q, %q, %d", word, outcome, path, size)
	}
}

// TestLibcIsTheOneThatSQLiteNames guards a trap: another version of libc
// builds and then corrupts memory.
func TestLibcIsTheOneThatSQLiteNames(t *testing.T) {
	t.Parallel()
	gomod, err := os.ReadFile(filepath.Join("..", "..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := modfile.Parse("go.mod", gomod, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"modernc.org/sqlite": "v1.60.1", "modernc.org/libc": "v1.77.1"}
	for _, r := range parsed.Require {
		if v, ok := want[r.Mod.Path]; ok && v != r.Mod.Version {
			t.Errorf("%s %s: want %s (sqlite's own go.mod names the libc it was made for)", r.Mod.Path, r.Mod.Version, v)
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if v, ok := want[dep.Path]; ok && v != dep.Version {
				t.Errorf("linked %s %s, want %s", dep.Path, dep.Version, v)
			}
		}
	}
}

// TestTheSameRecordGivesTheSameBytes: a large index is compared with one made
// elsewhere and later.
func TestTheSameRecordGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	rec := &telltale.Record{}
	for i := range 700 {
		id := fmt.Sprintf("p%06d", i)
		rec.Probes = append(rec.Probes, telltale.Probe{ID: id, Text: strings.Repeat(id, i%7)})
		rec.Flows = append(rec.Flows, telltale.Flow{ID: "f" + id, Host: id + ".test", Messages: make([]telltale.Message, i%5)})
		rec.Observations = append(rec.Observations, telltale.Observation{Probe: id, Feature: "bytes", Value: float64(i) / 3})
	}
	var first []byte
	for range 2 {
		path := filepath.Join(t.TempDir(), "index")
		if err := index.BuildAt(t.Context(), path, rec); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && !bytes.Equal(b, first) {
			t.Fatal("the same record gave other bytes")
		}
		first = b
	}
}
