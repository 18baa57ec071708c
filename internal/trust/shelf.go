package trust

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Shelf keeps what Make has made, for all programs that look for authorities
// in the same places: making it takes longer than starting most of them. It
// may be used from many goroutines.
type Shelf struct {
	cfg Config

	mu   sync.Mutex
	next int
	made map[string]func() (Trust, error)
}

// NewShelf returns an empty one. Of c, Home and Env are not looked at; what is
// made lies below Dir, which must stay as long as any of the programs runs.
func NewShelf(c Config) *Shelf { return &Shelf{cfg: c, made: map[string]func() (Trust, error){}} }

// For is Make for a program with an environment and, unless it is empty, a
// home of its own. What lies outside of the home is shared, and must not be
// changed.
func (s *Shelf) For(env []string, home string) (Trust, error) {
	key := looks(s.cfg.Root, env)
	made, err := s.take(key, env)()
	if err != nil {
		s.forget(key)
		return made, err
	}
	if home == "" {
		return made, nil
	}
	return Trust{Binds: slices.Clone(made.Binds), Env: slices.Clone(made.Env)}, s.furnish(home)
}

// take returns what has been made for such an environment, or what makes it.
func (s *Shelf) take(key string, env []string) func() (Trust, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made[key] == nil {
		s.next++
		c := s.cfg
		c.Env, c.Home, c.Dir = slices.Clone(env), "", filepath.Join(c.Dir, fmt.Sprint(s.next))
		s.made[key] = sync.OnceValues(func() (Trust, error) {
			if err := os.Mkdir(c.Dir, 0o755); err != nil {
				return Trust{}, fmt.Errorf("trust: %w", err)
			}
			return Make(c)
		})
	}
	return s.made[key]
}

// forget lets the next one try again.
func (s *Shelf) forget(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.made, key)
}

// looks is what of an environment matters: the variables that name files, and
// which state these are in.
func looks(root string, env []string) string {
	var key strings.Builder
	for _, name := range slices.Concat(bundleVariables, extraVariables, []string{"JAVA_TOOL_OPTIONS"}) {
		value := (&maker{Config: Config{Env: env}}).lookup(name)
		fmt.Fprintf(&key, "%s=%q ", name, value)
		if info, err := os.Stat(filepath.Join(root, value)); value != "" && err == nil {
			fmt.Fprint(&key, info.Size(), info.ModTime().UnixNano(), " ")
		}
	}
	return key.String()
}

// furnish puts the database of Chromium into a home. It is the same for all.
func (s *Shelf) furnish(home string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	template := filepath.Join(s.cfg.Dir, "home")
	if _, err := os.Stat(template); err != nil {
		if err := writeHome(s.cfg, template); err != nil {
			_ = os.RemoveAll(template) // half of it would be taken for all
			return fmt.Errorf("trust: %w", err)
		}
	}
	if err := os.CopyFS(home, os.DirFS(template)); err != nil {
		return fmt.Errorf("trust: the home's database: %w", err)
	}
	return nil
}
