package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maildir reads a directory in which each mail is a file: new ones in "new",
// those that somebody has seen in "cur", and folders beside them, as in
// ".Junk".
type maildir struct {
	end  *End
	root string
	// seen are the names of mails read, without the flags behind them.
	seen map[string]bool
	was  bool
}

func (m *maildir) open(ctx context.Context) error {
	if _, err := os.Stat(m.root); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("options.maildir: %w", err)
	}
	// What lies there before the first open is not news; what came between
	// two sessions is.
	if m.was {
		return nil
	}
	m.was = true
	return m.walk(ctx, func(string, string) error { return nil })
}

func (m *maildir) close() error { return nil }

func (m *maildir) pull(ctx context.Context) error {
	return m.walk(ctx, func(path, folder string) error {
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err != nil {
			return fmt.Errorf("options.maildir: %w", err)
		}
		defer f.Close()
		raw, err := io.ReadAll(io.LimitReader(f, mostBytes))
		if err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		m.end.found(raw, folder, m.end.cfg.Clock())
		return nil
	})
}

// walk visits every mail not seen before. A mailbox that nobody has written
// to yet may not exist.
func (m *maildir) walk(ctx context.Context, visit func(path, folder string) error) error {
	for _, folder := range m.folders() {
		for _, sub := range []string{"new", "cur"} {
			dir := filepath.Join(m.root, folder, sub)
			entries, err := os.ReadDir(dir)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("options.maildir: %w", err)
			}
			for _, e := range entries {
				if err := m.one(filepath.Join(dir, e.Name()), strings.TrimPrefix(folder, "."), visit); err != nil {
					return err
				}
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// one visits a mail unless it was seen. One that is moved from new to cur
// just now is found there the next time.
func (m *maildir) one(path, folder string, visit func(path, folder string) error) error {
	name := filepath.Base(path)
	if i := strings.IndexAny(name, ":;"); i > 0 {
		name = name[:i]
	}
	key := folder + "/" + name
	if m.seen[key] || strings.HasPrefix(name, ".") {
		return nil
	}
	err := visit(path, folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		m.seen[key] = true
	}
	return err
}

// folders are the mailbox itself and those beside it.
func (m *maildir) folders() []string {
	out := []string{""}
	entries, err := os.ReadDir(m.root)
	if err != nil {
		return out
	}
	for _, e := range entries {
		if name := e.Name(); e.IsDir() && strings.HasPrefix(name, ".") && len(out) < mostFolders {
			out = append(out, name)
		}
	}
	return out
}
