package report_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"example.org/telltale/internal/report"
)

// fields of a type and of the types below it, by their JSON names.
func fields(t reflect.Type, into map[string]bool, seen map[reflect.Type]bool) {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t] || t.PkgPath() == "example.org/telltale" {
		return
	}
	seen[t] = true
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if name != "" {
			into[name] = true
		}
		fields(f.Type, into, seen)
	}
}

func TestEveryFieldIsDocumented(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/report-json.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	fields(reflect.TypeFor[report.View](), all, map[reflect.Type]bool{})
	for name := range all {
		if !strings.Contains(string(doc), "`"+name+"`") {
			t.Errorf("docs/report-json.md does not describe the field %q", name)
		}
	}
}
