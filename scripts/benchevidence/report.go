package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"example.org/telltale/internal/report"
	"example.org/telltale/internal/report/chromium"
	"example.org/telltale/internal/report/reporttest"
)

// What a report has to keep to: bytes, and time until it is on the screen.
const (
	reportProbes, reportFlows = 10_000, 20_000

	reportMust, reportGoal = 5 << 20, 2 << 20
	reportShown            = time.Second
	reportRounds           = 5
)

// reportPart measures the page of a large case: how many bytes, and how long a
// browser takes from the address to the picture.
func reportPart(ctx context.Context, o options) ([]row, error) {
	rec, blob := reporttest.Big(reportProbes, reportFlows)
	var page bytes.Buffer
	start := time.Now()
	if err := report.HTML(&page, report.Input{Record: rec, Blob: blob}); err != nil {
		return nil, err
	}
	what := fmt.Sprintf("report of %d probes and %d flows", reportProbes, reportFlows)
	rows := []row{{
		measure: what + ": size", must: "5 MB", goal: "2 MB", holds: page.Len() <= reportMust,
		measured: fmt.Sprintf("%.2f MB, made in %v", float64(page.Len())/(1<<20), time.Since(start).Round(time.Millisecond)),
	}}
	took, err := shownIn(ctx, page.Bytes(), o)
	if err != nil {
		return rows, err
	}
	slices.Sort(took)
	median := took[len(took)/2]
	return append(rows, row{
		measure: what + ": loaded and painted in Chromium", must: "1 s", holds: median <= reportShown,
		measured: fmt.Sprintf("median %v of %d, longest %v", median, len(took), took[len(took)-1]),
	}), nil
}

// timing is when a page was loaded and when something of it was first painted,
// in milliseconds after the address was given, whichever is later.
const timing = `new Promise(done => {
	const loaded = () => performance.getEntriesByType("navigation")[0].loadEventEnd;
	new PerformanceObserver((list, me) => {
		me.disconnect();
		const painted = list.getEntries()[0].startTime;
		const look = () => loaded() > 0 ? done(Math.max(painted, loaded())) : setTimeout(look, 0);
		look();
	}).observe({type: "paint", buffered: true});
})`

// shownIn opens a page several times in a browser that runs already.
func shownIn(ctx context.Context, page []byte, o options) (took []time.Duration, err error) {
	dir, err := os.MkdirTemp("", "benchevidence-report-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "report.html")
	if err := os.WriteFile(path, page, 0o600); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	b, err := chromium.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	rounds := reportRounds
	if o.short {
		rounds = 1
	}
	for range rounds {
		// Another page between, so that nothing of the one before is at hand.
		if err := b.Open("data:text/html,x"); err != nil {
			return took, err
		}
		if err := b.Open((&url.URL{Scheme: "file", Path: path}).String()); err != nil {
			return took, err
		}
		var ms float64
		if err := b.Eval(timing, &ms); err != nil {
			return took, err
		}
		took = append(took, time.Duration(ms*float64(time.Millisecond)).Round(time.Millisecond))
	}
	return took, nil
}
