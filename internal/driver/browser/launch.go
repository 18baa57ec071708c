package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"example.org/telltale/internal/environ"
)

// process is a browser that runs, and the link to it.
type process struct {
	cmd    *exec.Cmd
	link   link
	exited chan struct{}
	said   *tail
	// remove is the profile to be removed in the end; empty for one to keep.
	remove string
	once   sync.Once
	failed error
}

// grace is how long a browser may take to end by itself.
const grace = 5 * time.Second

// launch starts the browser.
func (e *End) launch(ctx context.Context) (*process, error) {
	p := &process{exited: make(chan struct{}), said: &tail{}}
	profile, err := e.profile(p)
	if err != nil {
		return nil, err
	}
	words, env, err := e.commandLine(profile)
	if err == nil {
		p.cmd = exec.Command(words[0], words[1:]...) //nolint:noctx // it outlives the call; Close ends it
		p.cmd.Env, p.cmd.Dir, p.cmd.Stderr = env, e.cfg.Dir, p.said
		p.cmd.WaitDelay = grace
		apart(p.cmd)
		if e.socket {
			err = p.connectSocket(ctx)
		} else {
			err = p.connectPipes()
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the browser: %w", err), p.clean())
	}
	return p, nil
}

// profile makes the directory that the browser keeps its own things in.
func (e *End) profile(p *process) (string, error) {
	if e.opts.Profile != "" {
		return filepath.Abs(e.fill(e.opts.Profile, nil))
	}
	dir, err := os.MkdirTemp("", "telltale-browser-")
	p.remove = dir
	return dir, err
}

// run starts the program and waits for its end on one thread, because Linux
// ends the child with the thread that started it.
func (p *process) run() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ended stands in ProcessState
			kill(p.cmd.Process)
			close(p.exited)
		}
	}()
	return <-started
}

// close ends the browser: by asking it, and by force after a while.
func (p *process) close(c *client) error {
	p.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		if c != nil {
			c.mu.Lock()
			c.session = ""
			c.mu.Unlock()
			_, _, _ = c.start("Browser.close", arguments{}) // or it is killed
		}
		select {
		case <-p.exited:
		case <-ctx.Done():
			kill(p.cmd.Process)
			<-p.exited
		}
		_ = p.link.Close()
		if c != nil {
			<-c.done
		}
		p.failed = p.clean()
	})
	return p.failed
}

// clean removes the profile. Processes of the browser that are ending may
// still write into it.
func (p *process) clean() (err error) {
	for range 200 {
		if p.remove == "" {
			return nil
		}
		if err = os.RemoveAll(p.remove); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

// commandLine is the browser with its arguments, in the sandbox if there is
// one for it, and its environment.
func (e *End) commandLine(profile string) (words, env []string, err error) {
	program, err := e.program()
	if err != nil {
		return nil, nil, err
	}
	env = slices.Clone(e.cfg.Env)
	box, err := environ.Command(env)
	switch {
	case err != nil:
		return nil, nil, err
	case e.opts.Box != nil && !*e.opts.Box:
		box, env = nil, environ.Unwatched(env)
	case e.opts.Box != nil && box == nil:
		return nil, nil, errors.New("options.box: there is no sandbox to start it in: use the sandbox sensor")
	}
	args, err := e.flags(profile, env, box != nil)
	if err != nil {
		return nil, nil, err
	}
	command := append([]string{program}, args...)
	if e.socket {
		return ported(command), env, nil
	}
	command = piped(command)
	if box == nil {
		return command, env, nil
	}
	words = append(slices.Clone(box), "--writable", profile, "--")
	return append(words, command...), env, nil
}

// program finds a browser.
func (e *End) program() (string, error) {
	if e.opts.Browser != "" {
		return e.opts.Browser, nil
	}
	for _, name := range places() {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrMissing
}

// ErrMissing says that no browser is installed.
var ErrMissing = errors.New("no Chromium, Chrome or Edge is installed: install one (Debian package chromium), or name the program with options.browser")

func places() []string {
	names := []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge", "msedge"}
	switch runtime.GOOS {
	case "darwin":
		for _, app := range []string{"Chromium", "Google Chrome", "Microsoft Edge"} {
			names = append(names, "/Applications/"+app+".app/Contents/MacOS/"+app)
		}
	case "windows":
		for _, base := range []string{os.Getenv("ProgramFiles"), os.Getenv("ProgramFiles(x86)"), os.Getenv("LocalAppData")} {
			names = append(names, filepath.Join(base, "Google", "Chrome", "Application", "chrome.exe"), filepath.Join(base, "Chromium", "Application", "chrome.exe"),
				filepath.Join(base, "Microsoft", "Edge", "Application", "msedge.exe"))
		}
	}
	return names
}

// tail keeps the last of what the browser says on its standard error.
type tail struct {
	mu   sync.Mutex
	text []byte
	// line is told of each line, if set.
	line func(string)
}

const maxTail = 4096

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if t.line != nil {
		for line := range strings.Lines(string(b)) {
			t.line(line)
		}
	}
	t.text = t.text[max(0, len(t.text)-maxTail):]
	return len(b), nil
}

// String is what was said last, without the noise of systems without a
// desktop.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines []string
	for line := range strings.Lines(string(t.text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.Contains(line, "dbus") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-3):], " / ")
}
