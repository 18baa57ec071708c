package ends

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// OptionError is a setting that an End cannot use. Path leads to it from the
// options, as in "places.post.url"; empty for the options as a whole.
type OptionError struct {
	Path string
	What string
	// Fix says what to write instead.
	Fix string
}

// Error names the setting and the remedy.
func (e *OptionError) Error() string {
	where := "options"
	if e.Path != "" {
		where += "." + e.Path
	}
	if e.Fix == "" {
		return where + ": " + e.What
	}
	return where + ": " + e.What + "; " + e.Fix
}

// Duration is a time span that is written as in "250ms" or "1m30s".
type Duration time.Duration

// UnmarshalText reads a span.
func (d *Duration) UnmarshalText(text []byte) error {
	span, err := time.ParseDuration(string(text))
	if err != nil {
		return errors.New(`write a time span such as "250ms", "6s" or "1m30s"`)
	}
	*d = Duration(span)
	return nil
}

// MarshalText writes a span.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Decode reads options into the struct that into points to. What is not
// there keeps its value. The errors are [OptionError]s, all at once: unknown
// settings (the nearest known one is named) and values of the wrong kind.
func Decode(raw json.RawMessage, into any) error {
	if len(raw) == 0 {
		return nil
	}
	if errs := check("", raw, reflect.TypeOf(into).Elem()); len(errs) > 0 {
		return errors.Join(errs...)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return &OptionError{What: err.Error()}
	}
	return nil
}

// check holds a JSON value against the type that it is to be read into.
func check(path string, raw json.RawMessage, t reflect.Type) []error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) || reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return one(path, raw, t)
	}
	switch t.Kind() {
	case reflect.Struct:
		return checkStruct(path, raw, t)
	case reflect.Map:
		var m map[string]json.RawMessage
		if json.Unmarshal(raw, &m) != nil {
			return wrong(path, "write names with values under it")
		}
		var errs []error
		for name, v := range m {
			errs = append(errs, check(under(path, name), v, t.Elem())...)
		}
		return errs
	case reflect.Slice:
		return checkList(path, raw, t)
	default:
		return one(path, raw, t)
	}
}

func checkStruct(path string, raw json.RawMessage, t reflect.Type) []error {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return wrong(path, "write settings under it, as in name: value")
	}
	known := map[string]reflect.Type{}
	fields(t, known)
	var errs []error
	for name, v := range m {
		if ft, ok := known[name]; ok {
			errs = append(errs, check(under(path, name), v, ft)...)
			continue
		}
		errs = append(errs, &OptionError{Path: under(path, name), What: "there is no such setting", Fix: nearest(name, known)})
	}
	return errs
}

func checkList(path string, raw json.RawMessage, t reflect.Type) []error {
	if t.Elem().Kind() == reflect.Uint8 {
		return one(path, raw, t)
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return wrong(path, "write a list, as in [one, two]")
	}
	var errs []error
	for i, v := range list {
		errs = append(errs, check(fmt.Sprintf("%s[%d]", path, i), v, t.Elem())...)
	}
	return errs
}

// fields collects the JSON names of a struct, those of embedded ones too.
func fields(t reflect.Type, into map[string]reflect.Type) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			fields(f.Type, into)
		case f.IsExported() && name != "-" && name != "":
			into[name] = f.Type
		}
	}
}

// one reads a single value to see whether it is of the type.
func one(path string, raw json.RawMessage, t reflect.Type) []error {
	err := json.Unmarshal(raw, reflect.New(t).Interface())
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind):
		return wrong(path, fmt.Sprintf("a %s stands where %s is wanted", kind.Value, kindName(t)))
	default:
		return wrong(path, err.Error())
	}
}

func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	default:
		return "a number"
	}
}

func wrong(path, what string) []error { return []error{&OptionError{Path: path, What: what}} }

func under(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// nearest names the setting that was probably meant, or all that there are.
func nearest(name string, known map[string]reflect.Type) string {
	names := slices.Sorted(maps.Keys(known))
	best, alike := "", 0.65
	for _, k := range names {
		if a := 2 * float64(shared(k, name)) / float64(len(k)+len(name)); a > alike {
			best, alike = k, a
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "there are " + strings.Join(names, ", ")
}

// shared is the length of the longest common subsequence of two names.
func shared(a, b string) int {
	row := make([]int, len(b)+1)
	for i := range len(a) {
		diagonal := 0
		for j := range len(b) {
			above := row[j+1]
			if a[i] == b[j] {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(row[j+1], row[j])
			}
			diagonal = above
		}
	}
	return row[len(b)]
}
