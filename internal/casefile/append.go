package casefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
)

// append writes one entry as one line. With sync it is on the disk when
// append returns. The record is brought up from the written bytes, so that
// what is reasoned upon is what a reader will find.
func (c *Case) append(kind string, body any, sync bool) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("writing a %s entry: %w", kind, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.appendLocked(kind, raw, sync)
}

func (c *Case) appendLocked(kind string, raw json.RawMessage, sync bool) error {
	if c.failed != nil {
		return c.failed
	}
	if len(raw) > maxEntry {
		return c.failLocked(tooLong(kind, len(raw)))
	}
	entry := format.Entry{N: c.entries, At: c.opts.Clock().UTC().Round(0), Type: kind, Body: raw, Salt: make([]byte, format.SaltSize)}
	if _, err := io.ReadFull(c.opts.Random, entry.Salt); err != nil {
		return c.failLocked(fmt.Errorf("salting a %s entry: %w", kind, err))
	}
	x, err := c.encoder.entry(entry)
	if err != nil {
		return fmt.Errorf("writing a %s entry: %w", kind, err)
	}
	if len(x.line) > maxEntry {
		return c.failLocked(tooLong(kind, len(x.line)))
	}
	if err := c.writeLine(append(x.line, '\n'), sync); err != nil {
		return err
	}
	if err := c.grow(x.sum); err != nil {
		return err
	}
	entry.Body = x.body
	return c.state.apply(entry)
}

func tooLong(kind string, n int) error {
	return fmt.Errorf("a %s entry of %d bytes is larger than a case takes (%d)", kind, n, maxEntry)
}

// writeLine adds a line to the log. When it fails, whatever part was written
// is cut off again; the case takes no more entries.
func (c *Case) writeLine(line []byte, sync bool) error {
	_, err := c.log.WriteAt(line, c.size)
	if err == nil && sync {
		err = c.log.Sync()
	}
	if err != nil {
		return c.failLocked(errors.Join(err, c.log.Truncate(c.size)))
	}
	c.size += int64(len(line))
	return nil
}

// grow adds an entry's commitment to the Merkle tree.
func (c *Case) grow(commitment sum) error {
	hashes, err := tlog.StoredHashes(c.entries, commitment[:], tlog.HashReaderFunc(c.readHashes))
	if err != nil {
		return fmt.Errorf("hashing entry %d: %w", c.entries, err)
	}
	c.hashes = append(c.hashes, hashes...)
	c.entries++
	return nil
}

func (c *Case) readHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index < 0 || index >= int64(len(c.hashes)) {
			return nil, fmt.Errorf("no hash %d", index)
		}
		out[i] = c.hashes[index]
	}
	return out, nil
}

// PutScenario records the question, before anything is typed.
func (c *Case) PutScenario(s telltale.Scenario) error { return c.append(format.TypeScenario, s, true) }

// PutApp records what is tested.
func (c *Case) PutApp(a telltale.App) error { return c.append(format.TypeApp, a, true) }

// PutCoverage records what the sensors see and do not see.
func (c *Case) PutCoverage(v []telltale.Coverage) error {
	return c.append(format.TypeCoverage, v, false)
}

// PutSpan records a time during which all sensors watched.
func (c *Case) PutSpan(s telltale.Span) error { return c.append(format.TypeListening, s, true) }

// PutProbe commits a probe. It is on the disk when PutProbe returns.
func (c *Case) PutProbe(p telltale.Probe) error { return c.append(format.TypeProbe, p, true) }

// PutReceipt settles a probe.
func (c *Case) PutReceipt(r telltale.Receipt) error { return c.append(format.TypeReceipt, r, false) }

// PutLayer records a peeled coat.
func (c *Case) PutLayer(l telltale.Layer) error { return c.append(format.TypeLayer, l, false) }

// PutIsolation records a search for exact words with its certificate.
func (c *Case) PutIsolation(i telltale.Isolation) error {
	return c.append(format.TypeIsolation, i, true)
}

// PutVisit records an active check.
func (c *Case) PutVisit(v telltale.Visit) error { return c.append(format.TypeVisit, v, true) }

// PutStage marks the begin or the end of a stage; the end is signed.
func (c *Case) PutStage(s telltale.Stage) error {
	if !s.Done {
		return c.append(format.TypeStage, s, true)
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("writing a stage entry: %w", err)
	}
	if err := c.SealFiles(); err != nil {
		return err
	}
	return c.putSigned(format.TypeStage, raw)
}

// PutPlan records what was settled beforehand, and signs it.
func (c *Case) PutPlan(p telltale.Plan) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("writing a plan entry: %w", err)
	}
	return c.putSigned(format.TypePlan, raw)
}

// PutEnd records that the run is over, and signs it. stopped says why, if it
// ended before its plan did.
func (c *Case) PutEnd(stopped string) error {
	raw, err := json.Marshal(format.End{Stopped: stopped})
	if err != nil {
		return fmt.Errorf("writing an end entry: %w", err)
	}
	if err := c.SealFiles(); err != nil {
		return err
	}
	return c.putSigned(format.TypeEnd, raw)
}

// putSigned writes an entry that is signed at once.
func (c *Case) putSigned(kind string, raw json.RawMessage) error {
	if err := c.blobs.sync(); err != nil {
		return c.fail(err)
	}
	// Mark and signature belong together: nobody writes between them.
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.appendLocked(kind, raw, true); err != nil {
		return err
	}
	return c.checkpointLocked()
}

// PutResume notes that the run goes on after a break.
func (c *Case) PutResume(program string) error { return c.append(format.TypeResume, program, true) }

// PutStatement records what was derived: all observations and findings.
func (c *Case) PutStatement(o []telltale.Observation, f []telltale.Finding) error {
	if err := c.append(format.TypeObservations, o, false); err != nil {
		return err
	}
	return c.append(format.TypeFindings, f, true)
}

// Keep stores bytes and names them; part of telltale.Recorder.
func (c *Case) Keep(b []byte) (telltale.Digest, error) {
	if err := c.Failed(); err != nil {
		return "", err
	}
	d, err := c.blobs.put(b)
	if err != nil {
		// What was not kept would later look as if it had never been there.
		return "", c.fail(err)
	}
	return d, nil
}

// Blob returns bytes that were kept.
func (c *Case) Blob(d telltale.Digest) ([]byte, error) { return c.blobs.get(d) }

// Record stores a flow and gives it its ID; part of telltale.Recorder.
func (c *Case) Record(f telltale.Flow) error {
	_, err := c.RecordFlow(f)
	return err
}

// RecordFlow is Record, and tells the ID.
func (c *Case) RecordFlow(f telltale.Flow) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.ID = fmt.Sprintf("f%06d", len(c.state.record.Flows)+1)
	raw, err := json.Marshal(f)
	if err != nil {
		return "", fmt.Errorf("writing a flow: %w", err)
	}
	return f.ID, c.appendLocked(format.TypeFlow, raw, false)
}

var _ telltale.Recorder = (*Case)(nil)
