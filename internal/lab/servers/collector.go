package servers

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path"
	"strings"
	"sync"

	"example.org/telltale"
	"example.org/telltale/internal/lab/profile"
)

// Base is the directory of the collectors that uploads go to and that is
// open to everybody.
const Base = "/installer/agent/"

// The families of log files: captured messages, calls, logins. A day's file
// is the family, the day as YYYYMMDD, and ".log".
const (
	FamilyMessages = "contentfilter"
	FamilyCalls    = "skypecallinfo"
	FamilyLogins   = "skypelogininfo"
)

// KeyFile is the name of the file with the key, beside the logs.
const KeyFile = "key.txt"

const (
	recordBytes   = 128 << 10
	recordsAtOnce = 64
	logBytes      = 32 << 20
)

// collector takes encrypted records by GET, appends them to the day's log
// file, and lists its directory to everybody, the key included.
type collector struct {
	clock telltale.Clock
	log   *slog.Logger
	root  *os.Root

	// mu guards appending.
	mu sync.Mutex
}

func newCollector(plan profile.Plan, number int, env Env) (*collector, error) {
	if err := furnish(plan, number, env.Dir, env.Clock()); err != nil {
		return nil, fmt.Errorf("collector %d: %w", number, err)
	}
	root, err := os.OpenRoot(env.Dir)
	if err != nil {
		return nil, fmt.Errorf("collector %d: %w", number, err)
	}
	return &collector{clock: env.Clock, log: env.Log, root: root}, nil
}

// Close lets go of the directory.
func (c *collector) Close() error { return c.root.Close() }

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if onlyGet(w, r) {
		return
	}
	w.Header().Set("Server", "Apache")
	switch place := r.URL.Path; {
	case place == Base+"up":
		c.take(w, r, FamilyMessages)
	case place == Base+"login":
		c.take(w, r, FamilyLogins)
	case place != path.Clean(place) && place != path.Clean(place)+"/" || strings.Contains(place, "\\"):
		http.NotFound(w, r)
	case place+"/" == Base:
		http.Redirect(w, r, Base, http.StatusMovedPermanently)
	case strings.HasPrefix(place, Base):
		c.serve(w, r, strings.TrimPrefix(place, Base))
	case place == "/" || strings.HasPrefix(Base, place):
		http.Error(w, "Forbidden", http.StatusForbidden)
	default:
		http.NotFound(w, r)
	}
}

// take appends the records of a request to the family's log of today, a line
// each, encrypted as they came.
func (c *collector) take(w http.ResponseWriter, r *http.Request, family string) {
	records := r.URL.Query()["r"]
	if len(records) == 0 || len(records) > recordsAtOnce {
		http.Error(w, "Bad Request", http.StatusBadRequest)
		return
	}
	for _, record := range records {
		if !wellFormed(record) {
			http.Error(w, "Bad Request", http.StatusBadRequest)
			return
		}
	}
	if err := c.append(logName(family, c.clock()), strings.Join(records, "\n")+"\n"); err != nil {
		c.log.Error("record lost", "error", err)
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintln(w, "ok")
}

// wellFormed accepts hex and base64url.
func wellFormed(record string) bool {
	for i := range len(record) {
		c := record[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return len(record) > 0 && len(record) <= recordBytes
}

func (c *collector) append(name, lines string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, err := c.root.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size()+int64(len(lines)) > logBytes {
		return errors.Join(err, fmt.Errorf("%s is full: at most %d bytes a day", name, logBytes))
	}
	_, err = f.WriteString(lines)
	return err
}

// serve gives out a file, or the listing of a directory. name is relative to
// Base; the root refuses names that lead out of it.
func (c *collector) serve(w http.ResponseWriter, r *http.Request, name string) {
	f, err := c.root.Open(path.Join(".", name))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		http.NotFound(w, r)
	case info.IsDir() && name != "" && !strings.HasSuffix(name, "/"):
		http.Redirect(w, r, r.URL.Path+"/", http.StatusMovedPermanently)
	case info.IsDir():
		c.list(w, r, f)
	default:
		w.Header().Set("Content-Type", contentType(name))
		http.ServeContent(w, r, "", info.ModTime(), f)
	}
}

func contentType(name string) string {
	if strings.HasSuffix(name, ".log") || strings.HasSuffix(name, ".txt") {
		return "text/plain"
	}
	return "application/octet-stream"
}

func (c *collector) list(w http.ResponseWriter, r *http.Request, dir fs.ReadDirFile) {
	entries, err := dir.ReadDir(-1)
	if err != nil {
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html;charset=UTF-8")
	fmt.Fprint(w, listing(r.URL.Path, entries))
}
