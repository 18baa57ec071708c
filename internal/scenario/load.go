package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"example.org/telltale"
)

// Load reads a scenario file. Relative paths in it start from its folder.
func Load(path string) (telltale.Scenario, error) { return load(path, nil) }

func load(path string, check Checker) (telltale.Scenario, error) {
	data, err := readBounded(path)
	if err != nil {
		return telltale.Scenario{}, Problems{{File: path, What: reason(err), Fix: "name a scenario file; docs/scenario.md describes it"}}
	}
	return parse(path, data, filepath.Dir(path), check)
}

// Parse reads a scenario from YAML. The name is used in problems; relative
// paths start from dir, and the files that words_file and names_file name are
// read. The error is a [Problems] that holds everything wrong at once.
func Parse(name string, data []byte, dir string) (telltale.Scenario, error) {
	return parse(name, data, dir, nil)
}

func parse(name string, data []byte, dir string, check Checker) (telltale.Scenario, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return telltale.Scenario{}, Problems{{File: name, What: "the folder " + dir + " cannot be found: " + err.Error()}}
	}
	root, err := parseTree(name, data)
	if err != nil {
		return telltale.Scenario{}, err
	}
	r := &reader{file: name, dir: abs, places: map[string]place{"": {name, 1, 1}}}
	s, named := Defaults(), files{}
	r.scenario(&s, &named)(root, "")
	r.readWords(&s, named.words)
	r.readNames(&s, named.names)
	r.finish(&s)
	if check != nil {
		r.problems = append(r.problems, check(s)...)
	}
	if err := r.place(Validate(s)); err != nil {
		return telltale.Scenario{}, err
	}
	return s, nil
}

// finish makes paths absolute and names the case.
func (r *reader) finish(s *telltale.Scenario) {
	r.usual(s)
	if _, ok := r.places["channel"]; !ok && len(s.Sensors) > 0 {
		r.fail("", "list the hosts that the message is supposed to pass through; channel: [] says that there are none", `the field "channel" is missing`)
	}
	for i, path := range s.Authorities {
		s.Authorities[i] = r.resolve(path)
	}
	if s.Name == "" {
		s.Name = fileName(s.App.Name)
	}
	for i, f := range s.App.Files {
		s.App.Files[i].Path = r.resolve(f.Path)
	}
	s.Driver.AccountsFile = r.resolve(s.Driver.AccountsFile)
	for i := range s.Sensors {
		s.Sensors[i].Path = r.resolve(s.Sensors[i].Path)
	}
	s.Driver.Dir = r.resolve(cmpOr(s.Driver.Dir, "."))
	for i, path := range s.Driver.Writable {
		s.Driver.Writable[i] = r.resolve(path)
	}
	// A bare name is looked up on the search path; anything longer is a path.
	if c := s.Driver.Command; len(c) > 0 && strings.ContainsAny(c[0], `/\`) && !filepath.IsAbs(c[0]) {
		c[0] = filepath.Join(s.Driver.Dir, c[0])
	}
}

// usual watches what an app under test sends. A driver that speaks
// the service's protocol itself is no app: what it sends is known.
func (r *reader) usual(s *telltale.Scenario) {
	app := slices.Contains([]string{"exec", "human", "terminal", "browser"}, s.Driver.Kind)
	if _, named := r.places["sensors"]; !named && app {
		s.Sensors = []telltale.SensorSpec{{Kind: "proxy"}}
	}
	// A service treats either end alike, and asking once is enough.
	if _, named := r.places["directions"]; !named && !app {
		s.Directions = []telltale.Direction{telltale.Sent}
	}
}

func cmpOr(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func (r *reader) resolve(path string) string {
	if path == "" {
		return ""
	}
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(r.dir, path)
}

// fileName makes a file name out of an app's name: "Chat 3.6" gives "chat-3.6".
func fileName(app string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(app) {
		switch {
		case fileNameRune(c):
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	name := strings.Trim(b.String(), "-.")
	if name == "" {
		return "case"
	}
	return name[:min(len(name), 64)]
}

// readWords adds the words of a file, one a line.
func (r *reader) readWords(s *telltale.Scenario, file string) {
	if file == "" {
		return
	}
	data, err := readBounded(r.resolve(file))
	if err != nil {
		r.fail("words_file", "name a text file with one word a line", "%s", reason(err))
		return
	}
	for i, line := range strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		r.places[fmt.Sprintf("words[%d]", len(s.Words))] = place{file, i + 1, 1}
		s.Words = append(s.Words, line)
	}
}

// names reads the mapping of host names that stands in the file itself.
func (r *reader) names(s *telltale.Scenario) field {
	return func(n ast.Node, path string) {
		m, ok := n.(*ast.MappingNode)
		if !ok {
			r.mismatch(n, path, `names, as in {host.test: "127.0.0.1:8080"}`)
			return
		}
		for _, kv := range m.Values {
			host := kv.Key.GetToken().Value
			at := fmt.Sprintf("names[%q]", host)
			r.note(at, kv.Key)
			var address string
			r.text(&address)(kv.Value, at)
			r.addName(s, at, host, address)
		}
	}
}

func (r *reader) addName(s *telltale.Scenario, path, host, address string) {
	if s.Names == nil {
		s.Names = map[string]string{}
	}
	if _, twice := s.Names[host]; twice {
		r.fail(path, "take one of them out", "the name %q is set twice", clip(host))
	}
	s.Names[host] = address
}

// readNames adds the names of a JSON file.
func (r *reader) readNames(s *telltale.Scenario, file string) {
	if file == "" {
		return
	}
	data, err := readBounded(r.resolve(file))
	if err != nil {
		r.fail("names_file", "name a JSON file such as {\"host.test\": \"127.0.0.1:8080\"}", "%s", reason(err))
		return
	}
	var names map[string]string
	if err := json.Unmarshal(data, &names); err != nil {
		r.fail("names_file", "write one JSON object, host to address", "%s: %v", file+offsetOf(data, err), err)
		return
	}
	for _, host := range slices.Sorted(maps.Keys(names)) {
		at := fmt.Sprintf("names[%q]", host)
		r.places[at] = place{file: file}
		r.addName(s, at, host, names[host])
	}
}

// offsetOf tells the line of a JSON error, as ":3".
func offsetOf(data []byte, err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	at := int64(-1)
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at = kind.Offset
	}
	if at < 0 || at > int64(len(data)) {
		return ""
	}
	return fmt.Sprintf(":%d", 1+bytes.Count(data[:at], []byte("\n")))
}

// place joins the reader's problems with those of the checks and gives each
// its place. A value that could not be read is not complained of again.
func (r *reader) place(err error) error {
	all := r.problems
	for _, p := range asProblems(err) {
		if !slices.ContainsFunc(r.problems, func(q Problem) bool { return q.Path != "" && strings.HasPrefix(p.Path, q.Path) }) {
			all = append(all, p)
		}
	}
	for i, p := range all {
		at := r.find(p.Path)
		all[i].File, all[i].Line, all[i].Column = at.file, at.line, at.column
	}
	slices.SortStableFunc(all, func(a, b Problem) int {
		switch {
		case a.File != b.File && (a.File == r.file || b.File != r.file && a.File < b.File):
			return -1
		case a.File != b.File:
			return 1
		case a.Line != b.Line:
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return all.orNil()
}

// find returns the place of a value, or of the nearest thing around it.
func (r *reader) find(path string) place {
	for {
		if at, ok := r.places[path]; ok {
			return at
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return r.places[""]
		}
		path = path[:cut]
	}
}

// readBounded reads a file of at most 1 MiB.
func readBounded(path string) ([]byte, error) {
	// Looked at before opening: opening a pipe would wait for its writer.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, &os.PathError{Op: "read", Path: path, Err: errors.New("it is not a plain file")}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxBytes {
		return nil, fmt.Errorf("read %s: the file is larger than 1 MiB", path)
	}
	return data, nil
}

// reason says why a file could not be read, without the system call's name.
func reason(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return fmt.Sprintf("%s cannot be read: %v", p.Path, p.Err)
	}
	return err.Error()
}
