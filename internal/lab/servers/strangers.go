package servers

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// Invented film titles, and what pirated copies of films were called.
var (
	titleStart = []string{"Harbour", "Lantern", "Orchard", "Ferry", "Glacier", "Railway", "Meadow", "Observatory"}
	titleEnd   = []string{"of.Mist", "at.Midnight", "without.Snow", "in.Winter", "and.the.Tailor", "beyond.the.Pier"}
	copyKinds  = []string{"DVDRip.XviD", "TS.XviD", "DVDSCR"}
)

const strangersDir = "warez"

// leaveStrangers puts down what intruders stored years ago: files named like
// films and torrents, a few bytes each.
func leaveStrangers(rng *rand.Rand, dir string, now time.Time) error {
	if err := os.MkdirAll(filepath.Join(dir, strangersDir), 0o700); err != nil {
		return err
	}
	old := now.AddDate(-1, 0, -rng.IntN(200))
	for i := range 4 {
		title := fmt.Sprintf("%s.%s.2006.%s", titleStart[rng.IntN(len(titleStart))], titleEnd[rng.IntN(len(titleEnd))], copyKinds[rng.IntN(len(copyKinds))])
		files := map[string]string{
			title + ".avi":     fmt.Sprintf("RIFF\x10\x00\x00\x00AVI LIST%08x", rng.Uint32()),
			title + ".torrent": fmt.Sprintf("d8:announce%d:%s4:infod6:lengthi24e4:name%d:%see", len(tracker), tracker, len(title), title),
		}
		for name, content := range files {
			place := filepath.Join(dir, strangersDir, name)
			if i == 0 {
				place = filepath.Join(dir, name)
			}
			if err := os.WriteFile(place, []byte(content), 0o600); err != nil {
				return err
			}
			if err := os.Chtimes(place, now, old); err != nil {
				return err
			}
		}
	}
	return os.Chtimes(filepath.Join(dir, strangersDir), now, old)
}

const tracker = "http://tracker.strangers.test/announce"
