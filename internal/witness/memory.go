package witness

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Memory is what a witness remembers of the cases seen: for each the newest
// checkpoint, in a file of a folder.
type Memory struct {
	Dir string
}

// Sight is what was last seen of a case.
type Sight struct {
	Case string `json:"case"`
	// PublicKey is the investigator's.
	PublicKey string `json:"public_key"`
	// Checkpoint is the signed note.
	Checkpoint string    `json:"checkpoint"`
	At         time.Time `json:"at"`
}

// Last returns what was last seen of a case, nil if nothing was.
func (m Memory) Last(id string) (*Sight, error) {
	if !isID(id) {
		return nil, fmt.Errorf("%.40q is no id of a case", id)
	}
	path := m.path(id)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what was seen of the case: %w", err)
	}
	var s Sight
	if err := json.Unmarshal(text, &s); err != nil || s.Case != id {
		return nil, fmt.Errorf("%s does not tell what was seen of the case (%w): put it back from a backup; without it nobody can tell whether the case is still the same", path, errors.Join(err, errors.New("it is damaged")))
	}
	return &s, nil
}

// Keep remembers what was seen. It is on the disk when Keep returns.
func (m Memory) Keep(s Sight) error {
	if !isID(s.Case) {
		return fmt.Errorf("%.40q is no id of a case", s.Case)
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("remembering the case: %w", err)
	}
	if err := os.MkdirAll(m.Dir, 0o700); err != nil {
		return fmt.Errorf("remembering the case: %w", err)
	}
	f, err := os.CreateTemp(m.Dir, s.Case+".*.new")
	if err != nil {
		return fmt.Errorf("remembering the case: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), m.path(s.Case))
	}
	if err != nil {
		return fmt.Errorf("remembering the case: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

func (m Memory) path(id string) string { return filepath.Join(m.Dir, id+".json") }
