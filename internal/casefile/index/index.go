// Package index makes index.sqlite, a copy of a case's log for queries. It is
// a cache: it is made from the log alone, nothing reads it back, and it may be
// deleted at any time.
package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
)

const schema = `
create table probe (id text primary key, key text, arm text, block text, sender text, recipient text,
  direction text, word text, text text, latin text, cjk text, planned text);
create table receipt (probe text, outcome text, typed text, got text, reason text, sent text, settled text, late int);
create table flow (id text primary key, sensor text, conn text, protocol text, host text, port int, process text,
  visibility text, start text, end text, bytes_out int, bytes_in int, error text);
create table message (flow text, number int, leg text, out int, at text, size int, bytes text);
create table layer (flow text, message int, path text, offset int, score real, key text, key_source text, bytes text, probes text);
create table observation (probe text, flow text, host text, feature text, value real, text text);
create table finding (id text primary key, kind text, claim text, statement text, verdict text, direct int);
create index receipt_probe on receipt (probe);
create index flow_host on flow (host);
create index observation_probe on observation (probe);
`

// Build writes index.sqlite into the case and returns its path. An older one
// is replaced.
func Build(ctx context.Context, r *casefile.Reader) (string, error) {
	path := filepath.Join(r.Dir, "index.sqlite")
	if err := BuildAt(ctx, path, r.Record); err != nil {
		return "", err
	}
	return path, nil
}

// BuildAt writes the index of a record as a file. The same record gives the
// same bytes.
func BuildAt(ctx context.Context, path string, record *telltale.Record) error {
	temporary := path + ".new"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("making the index: %w", err)
	}
	db, err := sql.Open("sqlite", temporary)
	if err != nil {
		return fmt.Errorf("making the index: %w", err)
	}
	db.SetMaxOpenConns(1) // its settings are those of one connection
	if err = errors.Join(fill(ctx, db, record), db.Close()); err == nil {
		err = syncFile(temporary)
	}
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return fmt.Errorf("making the index: %w", errors.Join(err, removed(temporary)))
	}
	return nil
}

// removed clears away what could not be finished.
func removed(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// syncFile has a file on the disk, so that its name never stands for a part.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// whole: the file gets its name when it is whole, so that nothing has to be
// undone after a crash, and no journal is left lying about.
const whole = "pragma journal_mode = off; pragma synchronous = off;"

func fill(ctx context.Context, db *sql.DB, rec *telltale.Record) error {
	if _, err := db.ExecContext(ctx, whole+schema); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := insertAll(ctx, tx, rec); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func insertAll(ctx context.Context, tx *sql.Tx, rec *telltale.Record) error {
	return errors.Join(
		insert(ctx, tx, "probe", 12, rec.Probes, func(p telltale.Probe) []any {
			return []any{p.ID, p.Key, p.Arm, p.Block, p.From, p.To, p.Direction, p.Word, p.Text, p.Canary.Latin, p.Canary.CJK, stamp(p.Planned)}
		}),
		insert(ctx, tx, "receipt", 8, rec.Receipts, func(r telltale.Receipt) []any {
			return []any{r.Probe, r.Outcome, r.Typed, r.Got, r.Reason, stamp(r.Sent), stamp(r.Settled), r.Late}
		}),
		insert(ctx, tx, "flow", 13, rec.Flows, func(f telltale.Flow) []any {
			return []any{f.ID, f.Sensor, f.Conn, f.Protocol, f.Host, f.Port, f.Process, f.Visibility, stamp(f.Start), stamp(f.End), f.BytesOut, f.BytesIn, f.Error}
		}),
		insertMessages(ctx, tx, rec.Flows),
		insert(ctx, tx, "layer", 9, rec.Layers, func(l telltale.Layer) []any {
			return []any{l.Flow, l.Message, strings.Join(l.Path, " › "), l.Offset, l.Score, l.Key, l.KeySource, l.Bytes, strings.Join(l.Probes, " ")}
		}),
		insert(ctx, tx, "observation", 6, rec.Observations, func(o telltale.Observation) []any {
			return []any{o.Probe, o.Flow, o.Host, o.Feature, o.Value, o.Text}
		}),
		insert(ctx, tx, "finding", 6, rec.Findings, func(f telltale.Finding) []any {
			claim, err := json.Marshal(f.Claim)
			if err != nil {
				return nil
			}
			return []any{f.ID, f.Claim.Kind, string(claim), f.Statement, f.Verdict, f.Direct}
		}),
	)
}

func insertMessages(ctx context.Context, tx *sql.Tx, flows []telltale.Flow) error {
	for _, f := range flows {
		number := -1
		err := insert(ctx, tx, "message", 7, f.Messages, func(m telltale.Message) []any {
			number++
			return []any{f.ID, number, m.Leg, m.Out, stamp(m.At), m.Size, m.Bytes}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// insert writes one row an item; columns is the number of values of a row.
func insert[T any](ctx context.Context, tx *sql.Tx, table string, columns int, items []T, row func(T) []any) (err error) {
	if len(items) == 0 {
		return nil
	}
	statement, err := tx.PrepareContext(ctx, "insert into "+table+" values (?"+strings.Repeat(",?", columns-1)+")")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, statement.Close()) }()
	for _, item := range items {
		if _, err := statement.ExecContext(ctx, row(item)...); err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
