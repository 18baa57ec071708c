package peel_test

import (
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the driver

	"example.org/telltale/internal/peel"
)

// TestReadsDatabases: files that SQLite wrote, with a text that takes many
// pages, with an index, without numbers of rows, in UTF-16, and the log.
func TestReadsDatabases(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 6))
	long := string(b64([]byte(prose(r, 5000) + marked + prose(r, 300))))
	for name, c := range map[string]struct{ setup, file string }{
		"pages":  {"pragma page_size=512; create table m(id integer primary key, body text)", "x.db"},
		"index":  {"pragma page_size=1024; create table m(id integer, body text); create index i on m(body)", "x.db"},
		"no row": {"create table m(id integer, body text, primary key(id, body)) without rowid", "x.db"},
		"utf-16": {"pragma encoding='UTF-16le'; create table m(id integer, body text)", "x.db"},
		"log":    {"pragma journal_mode=wal; create table m(id integer, body text)", "x.db-wal"},
	} {
		dir := t.TempDir()
		db, err := sql.Open("sqlite", filepath.Join(dir, "x.db"))
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		text := long
		if name == "log" {
			text = long[len(long)-3000:]
		}
		if _, err := db.ExecContext(t.Context(), c.setup); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, body := range []string{"nothing", text, strings.Repeat("more ", 50)} {
			if _, err := db.ExecContext(t.Context(), "insert into m(id, body) values(?, ?)", i, body); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		b, err := os.ReadFile(filepath.Join(dir, c.file))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		got := open(t, peel.Job{Bytes: b, Needles: markNeedles()})
		if len(got.Finds) == 0 || !strings.HasPrefix(got.Finds[0].Path[0], "sqlite:") {
			t.Errorf("%s: %d finds in %d bytes, notes %v", name, len(got.Finds), len(b), got.Notes)
		}
	}
}
