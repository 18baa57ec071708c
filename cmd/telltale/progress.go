package main

import (
	"fmt"
	"io"
	"os"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// stageTitles say in plain words what a stage does.
var stageTitles = map[string]string{
	"start":      "starting sensors and app",
	"background": "listening with nobody typing",
	"contact":    "harmless messages",
	"screen":     "trying the words",
	"isolate":    "isolating the exact words",
	"follow":     "waiting for late copies",
	"expose":     "looking at the collectors",
	"state":      "stating the findings",
}

// progress shows how far one run is: bars on a terminal, a line a stage
// elsewhere, and nothing where out is nil.
type progress struct {
	out   io.Writer
	label string
	bars  *mpb.Progress
	bar   *mpb.Bar
	owned bool
}

// newProgress makes the display of a single run. On quiet nothing is shown.
func newProgress(out io.Writer, quiet bool) *progress {
	if quiet {
		return &progress{}
	}
	p := &progress{out: out, owned: true}
	p.bars = newBars(out)
	return p
}

// newBars makes the container for several displays; nil without a terminal.
func newBars(out io.Writer) *mpb.Progress {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return mpb.New(mpb.WithOutput(f), mpb.WithWidth(30))
}

// Stage begins a part of the run.
func (p *progress) Stage(name string, total int) {
	p.end()
	title := stageTitles[name]
	if title == "" {
		title = name
	}
	switch {
	case p.out == nil:
	case p.bars == nil:
		fmt.Fprintf(p.out, "%s%s\n", p.prefix(), title)
	default:
		p.bar = p.bars.AddBar(int64(total), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(p.prefix()+title, decor.WCSyncSpaceR)),
			mpb.AppendDecorators(decor.CountersNoUnit("%d/%d"), decor.Elapsed(decor.ET_STYLE_GO, decor.WCSyncSpace)))
	}
}

func (p *progress) prefix() string {
	if p.label == "" {
		return ""
	}
	return p.label + ": "
}

// Step says that n of total steps are done.
func (p *progress) Step(n, total int) {
	if p.bar == nil {
		return
	}
	p.bar.SetTotal(int64(max(total, n+1)), false)
	p.bar.SetCurrent(int64(n))
}

func (p *progress) end() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.bar = nil
	}
}

// finish ends the display.
func (p *progress) finish() {
	p.end()
	if p.owned && p.bars != nil {
		p.bars.Wait()
	}
}
