package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"

	"example.org/telltale/internal/flow/reassemble"
	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/peel/match"
	"example.org/telltale/internal/peel/sweep"
)

// smallCapture is the size up to which every stream of a capture is peeled
// with all that peel can do; larger ones are swept.
const smallCapture = 4 << 20

// captureSize returns the size of a file that is a capture, 0 for others.
func captureSize(name string) (int64, error) {
	if name == "-" {
		return 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var magic [4]byte
	if _, err := io.ReadFull(f, magic[:]); err != nil || !reassemble.IsCapture(magic[:]) {
		return 0, nil // too short, or something else
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// peelCapture opens the streams of a capture.
func peelCapture(ctx context.Context, name string, job peel.Job, out *peelPrinter) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := captureSize(name)
	if err != nil {
		return err
	}
	if size <= smallCapture {
		return peelStreams(ctx, name, f, job, out)
	}
	if len(job.Keys)+len(job.KeyFiles) > 0 || job.ExpectList {
		out.unsure = true
		if err := out.note(out.w, name, peel.Note{Kind: peel.NoteLimit, Detail: fmt.Sprintf("keys and lists are not tried on captures of more than %d MiB; cut the streams that matter out", smallCapture>>20)}); err != nil {
			return err
		}
	}
	return sweepCapture(name, f, job, out)
}

func streamName(d reassemble.Direction) string { return d.From.String() + ">" + d.To.String() }

// keptStream holds the bytes of a stream.
type keptStream struct {
	name string
	bytes.Buffer
}

func (k *keptStream) Data(b []byte) { k.Write(b) }
func (*keptStream) Gap(int)         {}
func (*keptStream) End()            {}

// peelStreams opens each stream as if it were a file.
func peelStreams(ctx context.Context, name string, r io.Reader, job peel.Job, out *peelPrinter) error {
	var kept []*keptStream
	stats, err := reassemble.Read(r, func(d reassemble.Direction) reassemble.Stream {
		kept = append(kept, &keptStream{name: streamName(d)})
		return kept[len(kept)-1]
	})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	opener := peel.New(peelers())
	for _, k := range kept {
		job.Bytes = k.Bytes()
		if err := out.print(name+" "+k.name, opener.Open(ctx, job)); err != nil {
			return err
		}
	}
	return captureNotes(name, stats, out)
}

// sweepCapture searches a large capture.
func sweepCapture(name string, r io.Reader, job peel.Job, out *peelPrinter) error {
	s := sweep.New(job.Needles, runtime.GOMAXPROCS(0))
	stats, err := reassemble.Read(r, func(d reassemble.Direction) reassemble.Stream { return s.Stream(streamName(d)) })
	finds, swept := s.Close()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, f := range finds {
		out.found = true
		line := peelFind{File: name + " " + f.Stream, Find: job.Needles[f.Needle].Text, Offset: int(f.Offset), Path: append([]string{}, f.Path...), Coats: append([]string{}, f.Path...), Score: sweptScore(f, job.Needles)}
		if err := out.line(out.w, line); err != nil {
			return err
		}
	}
	if n := swept.Limited + swept.Missed; n > 0 {
		out.unsure = true
		if err := out.note(out.w, name, peel.Note{Kind: peel.NoteLimit, Detail: fmt.Sprintf("%d messages were too large to be opened to the end, %d copies were not listed", swept.Limited, swept.Missed)}); err != nil {
			return err
		}
	}
	return captureNotes(name, stats, out)
}

// sweptScore: nothing was guessed on the way; only short texts may be chance.
func sweptScore(f sweep.Find, needles []match.Needle) float64 {
	if len(needles[f.Needle].Text) < 8 {
		return 0.9
	}
	return 0.99
}

// captureNotes says what of a capture was not seen.
func captureNotes(name string, stats reassemble.Stats, out *peelPrinter) error {
	for _, n := range []struct {
		bad    bool
		detail string
	}{
		{stats.Missing > 0, fmt.Sprintf("%d bytes are missing in the streams", stats.Missing)},
		{stats.Truncated, "the capture ends within a packet"},
	} {
		if !n.bad {
			continue
		}
		out.unsure = true
		if err := out.note(out.w, name, peel.Note{Kind: peel.NoteLimit, Detail: n.detail}); err != nil {
			return err
		}
	}
	return nil
}
