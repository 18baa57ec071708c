// Package chromium shows a page to a headless Chromium and asks what became of
// it, for the tests and measures of the report. The browser has no network: no
// name resolves, and every address that a page asks for is noted.
package chromium

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// ErrMissing says that no browser is installed.
var ErrMissing = errors.New("no Chromium is installed: install the Debian package chromium")

// maxTime is how long the browser may take to end.
const maxTime = 30 * time.Second

// Browser is one that runs, with one page. One goroutine uses it.
type Browser struct {
	cmd     *exec.Cmd
	link    *link
	profile string
	said    tail
	session string
	// asked are the addresses of all requests of the page.
	asked []string
	// opened are windows and dialogs that the page opened.
	opened []string
	loads  int
}

// Find names the program.
func Find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrMissing
}

// Start starts a browser with an empty page. It ends with ctx, or by Close.
func Start(ctx context.Context) (b *Browser, err error) {
	program, err := Find()
	if err != nil {
		return nil, err
	}
	b = &Browser{}
	if b.profile, err = os.MkdirTemp("", "telltale-page-"); err != nil {
		return nil, err
	}
	b.cmd = exec.CommandContext(ctx, program, flags(b.profile)...)
	// Waiting for the end of what is said waits for all processes of the
	// browser, and nobody writes to the profile any more.
	b.cmd.Stderr, b.cmd.WaitDelay = &b.said, maxTime
	if err = b.launch(ctx); err == nil {
		err = b.attach()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", program, err), b.Close())
	}
	return b, nil
}

// flags keep the browser from the network and from questions.
func flags(profile string) []string {
	all := []string{
		"--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + profile, "--window-size=1280,900", "--force-device-scale-factor=1",
		"--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-extensions", "--disable-default-apps", "--disable-breakpad", "--disable-crash-reporter", "--disable-field-trial-config",
		"--disable-dev-shm-usage", "--disable-gpu", "--no-pings", "--mute-audio", "--password-store=basic", "--use-mock-keychain",
		"--disable-features=Translate,MediaRouter,OptimizationHints,InterestFeedContentSuggestions", "--lang=en-US",
		"--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND",
	}
	if os.Geteuid() == 0 {
		// Chromium's own sandbox refuses to work for root.
		all = append(all, "--no-sandbox")
	}
	return append(all, "about:blank")
}

// launch starts the program with its two pipes, which it wants as files 3 and 4.
func (b *Browser) launch(ctx context.Context) error {
	inRead, inWrite, err := os.Pipe()
	if err != nil {
		return err
	}
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		return errors.Join(err, inRead.Close(), inWrite.Close())
	}
	b.cmd.ExtraFiles = []*os.File{inRead, outWrite}
	err = b.cmd.Start()
	err = errors.Join(err, inRead.Close(), outWrite.Close())
	b.link = newLink(inWrite, outRead)
	b.link.stop = context.AfterFunc(ctx, func() { _ = outRead.Close() }) // whoever reads is told
	return err
}

// attach finds the page and asks to be told what it does.
func (b *Browser) attach() error {
	var targets struct {
		TargetInfos []struct{ TargetID, Type string }
	}
	if err := b.call("Target.getTargets", nil, &targets); err != nil {
		return err
	}
	for _, t := range targets.TargetInfos {
		if t.Type != "page" {
			continue
		}
		var attached struct{ SessionID string }
		if err := b.call("Target.attachToTarget", args{"targetId": t.TargetID, "flatten": true}, &attached); err != nil {
			return err
		}
		b.session = attached.SessionID
		for _, domain := range []string{"Page.enable", "Runtime.enable", "Network.enable"} {
			if err := b.call(domain, nil, nil); err != nil {
				return err
			}
		}
		return b.call("Page.setBypassCSP", args{"enabled": true}, nil)
	}
	return errors.New("the browser has no page")
}

// Open shows the page of an address and returns when it has loaded.
func (b *Browser) Open(address string) error {
	before := b.loads
	var shown struct{ ErrorText string }
	if err := b.call("Page.navigate", args{"url": address}, &shown); err != nil {
		return err
	}
	if shown.ErrorText != "" {
		return fmt.Errorf("%s: %s", address, shown.ErrorText)
	}
	for b.loads == before {
		m, err := b.link.read()
		if err != nil {
			return b.ended(err)
		}
		b.note(m)
	}
	return nil
}

// Eval computes an expression in the page, waits for it if it is a promise, and
// reads its value as JSON into the value that into points to.
func (b *Browser) Eval(expression string, into any) error {
	var out struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	if err := b.call("Runtime.evaluate", args{"expression": expression, "returnByValue": true, "awaitPromise": true}, &out); err != nil {
		return err
	}
	if e := out.ExceptionDetails; e != nil {
		return fmt.Errorf("%s: %s", e.Text, e.Exception.Description)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(out.Result.Value, into)
}

// Requests are the addresses that pages have asked for, those of the pages that
// Open showed among them.
func (b *Browser) Requests() []string { return b.asked }

// Opened are the dialogs and windows that pages have opened.
func (b *Browser) Opened() []string { return b.opened }

// Close ends the browser. It may be called twice.
func (b *Browser) Close() error {
	if b.link != nil {
		b.session = ""
		_ = b.call("Browser.close", nil, nil) // or the closed pipe ends it
		b.link.close()
		b.link = nil
	}
	if b.cmd.Process != nil && b.cmd.ProcessState == nil {
		_ = b.cmd.Wait() // how it ended is of no interest
	}
	return os.RemoveAll(b.profile)
}
