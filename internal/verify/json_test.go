package verify_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"example.org/telltale/internal/verify"
)

// TestEveryMemberIsDescribed: docs/verify-json.md names all that is printed.
func TestEveryMemberIsDescribed(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", "verify-json.md"))
	if err != nil {
		t.Fatal(err)
	}
	members := 0
	for _, of := range []reflect.Type{
		reflect.TypeFor[verify.Result](), reflect.TypeFor[verify.Problem](), reflect.TypeFor[verify.Stamp](), reflect.TypeFor[verify.Sighting](),
	} {
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			if name == "-" {
				continue
			}
			if members++; !strings.Contains(string(b), "`"+name+"`") {
				t.Errorf("%s.%s is printed as %q and not described", of.Name(), of.Field(i).Name, name)
			}
		}
	}
	if members < 30 {
		t.Errorf("only %d members were looked at", members)
	}
}
