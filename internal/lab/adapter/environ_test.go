package adapter

import (
	"slices"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/environ"
	"example.org/telltale/internal/lab/roles"
)

func TestOnlyTheAppIsWatched(t *testing.T) {
	t.Parallel()
	variables := []string{"HOME=/h", "http_proxy=http://127.0.0.1:1", `TELLTALE_BOX=["telltale","box","/run/a b"]`}
	box, err := environ.Command(variables)
	if err != nil {
		t.Fatal(err)
	}
	a := &adapter{Config: Config{Dir: "/lab", Environ: variables}, box: box}
	env, command := a.around(telltale.SidePeer)
	if !slices.Equal(env, []string{"HOME=/h"}) || command != nil {
		t.Errorf("a peer runs with %q behind %q", env, command)
	}
	env, command = a.around(telltale.SideApp)
	if want := []string{"telltale", "box", "/run/a b", "--writable", "/lab", "--"}; !slices.Equal(command, want) {
		t.Errorf("the app runs behind %q, want %q", command, want)
	}
	if !slices.Contains(env, roles.Sandboxed+"=1") || !slices.Contains(env, "HOME=/h") {
		t.Errorf("the app runs with %q", env)
	}
	a.box = nil
	if env, command = a.around(telltale.SideApp); !slices.Equal(env, variables) || command != nil {
		t.Errorf("without a sandbox the app runs with %q behind %q", env, command)
	}
}
