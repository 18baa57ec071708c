package report_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/report"
	"github.com/google/go-cmp/cmp"
)

const schemaFile = "../../docs/report.schema.json"

// schema is the part of JSON Schema 2020-12 that describes the JSON form, its
// members in the order in which they are written.
type schema struct {
	Dialect     string             `json:"$schema,omitempty"`
	Title       string             `json:"title,omitempty"`
	Ref         string             `json:"$ref,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        string             `json:"type,omitempty"`
	Const       int                `json:"const,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	Items       *schema            `json:"items,omitempty"`
	Required    []string           `json:"required,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Defs        map[string]*schema `json:"$defs,omitempty"`
}

// enums are the types of which a report knows all values.
func enums() map[reflect.Type][]string {
	return map[reflect.Type][]string{
		reflect.TypeFor[report.Tone]():  {string(report.ToneAlarm), string(report.ToneQuiet), string(report.ToneOpen)},
		reflect.TypeFor[report.Group](): {string(report.GroupTrigger), string(report.GroupWord), string(report.GroupControl), string(report.GroupContact)},
	}
}

// describer makes a schema of Go types, with their comments.
type describer struct {
	defs     map[string]*schema
	comments map[string]string
}

// of describes a type.
func (d *describer) of(t reflect.Type) *schema {
	switch t.Kind() {
	case reflect.Pointer:
		return d.of(t.Elem())
	case reflect.Slice:
		return &schema{Type: "array", Items: d.of(t.Elem())}
	case reflect.Struct:
		name := t.Name()
		if t.PkgPath() == "example.org/telltale" {
			name = "telltale." + name
		}
		if d.defs[name] == nil {
			d.defs[name] = &schema{Type: "object", Description: d.comments[t.PkgPath()+"."+t.Name()], Properties: map[string]*schema{}}
			d.fields(t, d.defs[name])
		}
		return &schema{Ref: "#/$defs/" + name}
	case reflect.Int:
		return &schema{Type: "integer"}
	case reflect.Float64:
		return &schema{Type: "number"}
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.String:
		return &schema{Type: "string", Enum: enums()[t]}
	}
	panic("no schema for " + t.String() + ": teach it to schema_test.go")
}

// fields adds those of a struct, the embedded ones as its own.
func (d *describer) fields(t reflect.Type, into *schema) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported():
			continue
		case f.Anonymous && name == "":
			d.fields(f.Type, into)
			continue
		}
		one := d.of(f.Type)
		one.Description = d.comments[t.PkgPath()+"."+t.Name()+"."+f.Name]
		into.Properties[name] = one
		if options != "omitempty" {
			into.Required = append(into.Required, name)
		}
	}
}

// commentsOf gathers the comments of all types and fields of a package.
func commentsOf(t *testing.T, path, dir string, into map[string]string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			decl, ok := n.(*ast.GenDecl)
			if !ok || decl.Tok != token.TYPE {
				return true
			}
			for _, s := range decl.Specs {
				if spec, ok := s.(*ast.TypeSpec); ok {
					into[path+"."+spec.Name.Name] = oneLine(decl.Doc, spec.Doc)
					fieldComments(path+"."+spec.Name.Name, spec.Type, into)
				}
			}
			return true
		})
	}
}

func fieldComments(of string, t ast.Expr, into map[string]string) {
	s, ok := t.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range s.Fields.List {
		for _, name := range f.Names {
			into[of+"."+name.Name] = oneLine(f.Doc, f.Comment)
		}
	}
}

func oneLine(groups ...*ast.CommentGroup) string {
	var all []string
	for _, g := range groups {
		all = append(all, strings.Fields(g.Text())...)
	}
	return strings.NewReplacer("[", "", "]", "").Replace(strings.Join(all, " "))
}

func schemaOfReport(t *testing.T) *schema {
	t.Helper()
	d := &describer{defs: map[string]*schema{}, comments: map[string]string{}}
	commentsOf(t, "example.org/telltale/internal/report", ".", d.comments)
	commentsOf(t, "example.org/telltale", "../..", d.comments)
	root := d.of(reflect.TypeFor[report.View]())
	view := d.defs["View"]
	view.Properties["version"].Const = report.SchemaVersion
	return &schema{
		Dialect: "https://json-schema.org/draft/2020-12/schema", Title: "telltale report",
		Ref: root.Ref, Defs: d.defs,
	}
}

// The schema is made of the Go types, so that it cannot drift from what is
// written.
func TestSchemaIsThatOfTheTypes(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(schemaOfReport(t)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("docs/report.schema.json (-want +got; go test -run Schema -update writes it anew):\n%s", diff)
	}
}

// valid lists what of a JSON value is not as a schema says.
func (s *schema) valid(root *schema, v any, where string) (wrong []string) {
	if s.Ref != "" {
		return root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")].valid(root, v, where)
	}
	if !ofType(v, s.Type) {
		return []string{where + " is no " + s.Type}
	}
	if text, ok := v.(string); ok && s.Enum != nil && !slices.Contains(s.Enum, text) {
		wrong = append(wrong, where+" is "+text)
	}
	if n, ok := v.(float64); ok && s.Const != 0 && n != float64(s.Const) {
		wrong = append(wrong, where+" is another constant")
	}
	if list, ok := v.([]any); ok {
		for _, one := range list {
			wrong = append(wrong, s.Items.valid(root, one, where+"[]")...)
		}
	}
	object, _ := v.(map[string]any)
	for _, name := range s.Required {
		if _, ok := object[name]; !ok {
			wrong = append(wrong, where+" has no "+name)
		}
	}
	for name, value := range object {
		if p := s.Properties[name]; p == nil {
			wrong = append(wrong, where+" has "+name+", which the schema does not know")
		} else {
			wrong = append(wrong, p.valid(root, value, where+"."+name)...)
		}
	}
	return wrong
}

func ofType(v any, name string) bool {
	switch v := v.(type) {
	case map[string]any:
		return name == "object"
	case []any:
		return name == "array"
	case string:
		return name == "string"
	case bool:
		return name == "boolean"
	case float64:
		return name == "number" || name == "integer" && v == float64(int64(v))
	}
	return false
}

func TestReportsAreAsTheSchemaSays(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var root schema
	if err := json.Unmarshal(raw, &root); err != nil {
		t.Fatal(err)
	}
	surveyed := tom2011()
	surveyed.surveyed()
	for name, in := range map[string]report.Input{
		"monitored": withReference(), "surveyed": surveyed.input(), "clean": clean().input(),
		"empty": {Record: &telltale.Record{}}, "attacked": sealed(attackedWorld(3, itself), itself),
	} {
		var v any
		if err := json.Unmarshal(printed(t, forms()[1], in), &v); err != nil {
			t.Fatal(err)
		}
		wrong := root.valid(&root, v, name)
		slices.Sort(wrong)
		for _, one := range slices.Compact(wrong) {
			t.Error(one)
		}
	}
	if len(root.valid(&root, map[string]any{"version": "2"}, "x")) < 10 {
		t.Error("a report without anything in it passes")
	}
}
